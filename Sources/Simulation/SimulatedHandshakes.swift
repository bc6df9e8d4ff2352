// The server's DTLS endpoints in virtual time: what the handshake threads do in the shell.

import DTLS
import MediaControl
import MediaWorker
import Wire

/// All endpoints of one server.
final class SimulatedHandshakes {
  private let identity: DTLSIdentity
  private var endpoints: [PeerID: (worker: WorkerIndex, endpoint: DTLSEndpoint)] = [:]

  init(identity: DTLSIdentity) { self.identity = identity }

  /// When `advance` must be called next.
  var nextDeadline: Instant {
    endpoints.values.compactMap { $0.endpoint.nextDeadline }.min() ?? .distantFuture
  }

  /// Carries out one order; the answers go to the worker that gave it.
  func execute(_ order: HandshakeOrder, from worker: WorkerIndex, at now: Instant)
    -> [(WorkerIndex, HandshakeNews)]
  {
    switch order {
    case .open(let id, let role, let fingerprints):
      guard endpoints[id] == nil else { return [] }
      guard
        let endpoint = try? DTLSEndpoint(
          identity: identity, role: role, fingerprints: fingerprints)
      else { return [(worker, .failed(id, .libraryFailure))] }
      endpoints[id] = (worker, endpoint)
      return settle(endpoint.start(at: now), id)
    case .datagram(let id, let bytes):
      guard let entry = endpoints[id] else { return [] }
      return settle(entry.endpoint.receive(bytes.span, at: now), id)
    case .close(let id):
      guard let entry = endpoints.removeValue(forKey: id) else { return [] }
      entry.endpoint.close()
      return entry.endpoint.takeDatagrams().map { (entry.worker, .send(id, $0)) }
    }
  }

  /// Does what is due at `now`.
  func advance(at now: Instant) -> [(WorkerIndex, HandshakeNews)] {
    var news: [(WorkerIndex, HandshakeNews)] = []
    for id in endpoints.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
      guard let entry = endpoints[id], entry.endpoint.nextDeadline.map({ $0 <= now }) ?? false
      else { continue }
      news += settle(entry.endpoint.advance(at: now), id)
    }
    return news
  }

  private func settle(_ outcome: OnDTLS, _ id: PeerID) -> [(WorkerIndex, HandshakeNews)] {
    guard let entry = endpoints[id] else { return [] }
    var news: [(WorkerIndex, HandshakeNews)] = entry.endpoint.takeDatagrams().map {
      (entry.worker, .send(id, $0))
    }
    switch outcome {
    case .inProgress: break
    case .established(let keys): news.append((entry.worker, .established(id, keys)))
    case .failed(let failure):
      endpoints[id] = nil
      news.append((entry.worker, .failed(id, failure)))
    case .closedByPeer:
      endpoints[id] = nil
      news.append((entry.worker, .closed(id)))
    }
    return news
  }
}
