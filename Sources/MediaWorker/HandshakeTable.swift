// The DTLS endpoints of all peers of a server, or of one handshake thread. Sans-IO.

package import DTLS
import Loop
package import MediaControl
package import Wire

/// Endpoints by peer, and whose news goes to which worker.
///
/// A class: its thread holds it over many turns. A turn costs what is due, however many endpoints live:
/// those that have ended their handshake wait for nothing.
package final class HandshakeTable {
  private struct Entry {
    var worker: WorkerIndex
    var endpoint: DTLSEndpoint
  }

  private let identity: DTLSIdentity
  private var entries: [PeerID: Entry] = [:]
  private var timers = TimerQueue()

  /// A table without endpoints; all that come to be show `identity`.
  package init(identity: DTLSIdentity) { self.identity = identity }

  /// Endpoints alive.
  package var count: Int { entries.count }

  /// When `advance` must be called next; may be early.
  package var nextDeadline: Instant { timers.nextDeadline }

  /// Carries out one order of `worker`'s; `answer` is called with the worker each piece of news is for.
  package func execute(
    _ order: HandshakeOrder, from worker: WorkerIndex, at now: Instant,
    answer: (WorkerIndex, HandshakeNews) -> Void
  ) {
    switch order {
    case .open(let id, let role, let fingerprints):
      guard entries[id] == nil else { return }
      guard
        let endpoint = try? DTLSEndpoint(
          identity: identity, role: role, fingerprints: fingerprints)
      else { return answer(worker, .failed(id, .libraryFailure)) }
      entries[id] = Entry(worker: worker, endpoint: endpoint)
      settle(endpoint.start(at: now), id, answer)
    case .datagram(let id, let bytes):
      guard let entry = entries[id] else { return }
      settle(entry.endpoint.receive(bytes.span, at: now), id, answer)
    case .close(let id):
      guard let entry = entries[id] else { return }
      forget(id)
      entry.endpoint.close()
      for datagram in entry.endpoint.takeDatagrams() { answer(entry.worker, .send(id, datagram)) }
    }
  }

  /// Does what is due at `now`: retransmissions, ends of patience.
  package func advance(at now: Instant, answer: (WorkerIndex, HandshakeNews) -> Void) {
    while let token = timers.popExpired(at: now) {
      let id = PeerID(UInt32(truncatingIfNeeded: token))
      guard let entry = entries[id] else { continue }
      settle(entry.endpoint.advance(at: now), id, answer)
    }
  }

  private func settle(
    _ outcome: OnDTLS, _ id: PeerID, _ answer: (WorkerIndex, HandshakeNews) -> Void
  ) {
    guard let entry = entries[id] else { return }
    for datagram in entry.endpoint.takeDatagrams() { answer(entry.worker, .send(id, datagram)) }
    switch outcome {
    case .inProgress: break
    case .established(let keys): answer(entry.worker, .established(id, keys))
    case .failed(let failure):
      forget(id)
      return answer(entry.worker, .failed(id, failure))
    case .closedByPeer:
      forget(id)
      return answer(entry.worker, .closed(id))
    }
    if let deadline = entry.endpoint.nextDeadline {
      timers.schedule(UInt64(id.rawValue), at: deadline)
    } else {
      timers.cancel(UInt64(id.rawValue))
    }
  }

  private func forget(_ id: PeerID) {
    entries[id] = nil
    timers.cancel(UInt64(id.rawValue))
  }
}
