// The server's DTLS endpoints in virtual time: what the handshake threads do in the shell.

import DTLS
import MediaControl
import MediaWorker
import Wire

/// All endpoints of one server.
final class SimulatedHandshakes {
  private let table: HandshakeTable

  init(identity: DTLSIdentity) { table = HandshakeTable(identity: identity) }

  /// When `advance` must be called next.
  var nextDeadline: Instant { table.nextDeadline }

  /// Carries out one order; the answers go to the worker that gave it.
  func execute(_ order: HandshakeOrder, from worker: WorkerIndex, at now: Instant)
    -> [(WorkerIndex, HandshakeNews)]
  {
    var news: [(WorkerIndex, HandshakeNews)] = []
    table.execute(order, from: worker, at: now) { news.append(($0, $1)) }
    return news
  }

  /// Does what is due at `now`.
  func advance(at now: Instant) -> [(WorkerIndex, HandshakeNews)] {
    var news: [(WorkerIndex, HandshakeNews)] = []
    table.advance(at: now) { news.append(($0, $1)) }
    return news
  }
}
