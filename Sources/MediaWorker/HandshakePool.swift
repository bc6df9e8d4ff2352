// The threads that do DTLS handshakes: 1.4–2.1 ms of CPU each, so never on a packet path.

import Crypto
package import DTLS
import Loop
import MediaControl
import Wire

/// Threads that own the DTLS endpoints of all peers, for as long as the peers live.
///
/// Orders come from workers, answers go to the mailbox of the worker that ordered.
package final class HandshakePool: Sendable {
  private struct Order: Sendable {
    var worker: Int
    var order: HandshakeOrder
  }

  /// What stops a thread comes through the same mailbox, so that orders before it are done.
  private enum Message: Sendable {
    case order(Order)
    case stop
  }

  private struct ThreadConfig: Sendable {
    var waker: Waker
    var inbox: Mailbox<Message>
    var identity: DTLSIdentity
    var answer: @Sendable (Int, HandshakeNews) -> Void
  }

  private let inboxes: [Mailbox<Message>]
  private let threads: JoinedThreads

  /// Orders waiting for one thread: a thousand peers' flights; beyond it peers retransmit.
  static let inboxCapacity = 8192

  /// Starts `threads` threads; `answer` is called on them with the worker that ordered.
  package init(
    threads count: Int, identity: DTLSIdentity,
    answer: @escaping @Sendable (Int, HandshakeNews) -> Void
  ) throws {
    var inboxes: [Mailbox<Message>] = []
    var threads: [WorkerThread] = []
    for number in 0..<count {
      let waker = try Waker()
      let inbox = Mailbox<Message>(capacity: HandshakePool.inboxCapacity, waker: waker)
      let config = ThreadConfig(waker: waker, inbox: inbox, identity: identity, answer: answer)
      threads.append(
        try WorkerThread(name: "handshake-\(number)", config: config, body: HandshakePool.run))
      inboxes.append(inbox)
    }
    self.inboxes = inboxes
    self.threads = JoinedThreads(threads)
  }

  /// Passes on a worker's order; a full mailbox loses it, as a network would.
  package func post(_ order: HandshakeOrder, from worker: Int) {
    let inbox = inboxes[Int(order.peer.rawValue) % inboxes.count]
    _ = inbox.post(.order(Order(worker: worker, order: order)))
  }

  /// Ends the threads after the orders so far.
  package func stop() {
    for inbox in inboxes { _ = inbox.post(.stop) }
    threads.join()
  }

  // MARK: One thread

  private struct Endpoint {
    var worker: Int
    var endpoint: DTLSEndpoint
  }

  private static func run(_ config: ThreadConfig) {
    guard let loop = try? EventLoop(waker: config.waker) else { return }
    var endpoints: [PeerID: Endpoint] = [:]
    var messages: [Message] = []
    var deadline = Instant.distantFuture
    while true {
      loop.wait(until: deadline)
      config.inbox.drain(into: &messages)
      for message in messages {
        switch message {
        case .stop: return
        case .order(let order): execute(order, &endpoints, config, at: loop.now)
        }
      }
      for (id, entry) in endpoints
      where entry.endpoint.nextDeadline.map({ $0 <= loop.now }) ?? false {
        settle(entry.endpoint.advance(at: loop.now), id, &endpoints, config)
      }
      deadline = endpoints.values.compactMap { $0.endpoint.nextDeadline }.min() ?? .distantFuture
    }
  }

  private static func execute(
    _ order: Order, _ endpoints: inout [PeerID: Endpoint], _ config: ThreadConfig, at now: Instant
  ) {
    switch order.order {
    case .open(let id, let role, let fingerprints):
      guard endpoints[id] == nil else { return }
      do {
        let endpoint = try DTLSEndpoint(
          identity: config.identity, role: role, fingerprints: fingerprints)
        endpoints[id] = Endpoint(worker: order.worker, endpoint: endpoint)
        settle(endpoint.start(at: now), id, &endpoints, config)
      } catch {
        config.answer(order.worker, .failed(id, .libraryFailure))
      }
    case .datagram(let id, let bytes):
      guard let entry = endpoints[id] else { return }
      settle(entry.endpoint.receive(bytes.span, at: now), id, &endpoints, config)
    case .close(let id):
      guard let entry = endpoints.removeValue(forKey: id) else { return }
      entry.endpoint.close()
      for datagram in entry.endpoint.takeDatagrams() {
        config.answer(entry.worker, .send(id, datagram))
      }
    }
  }

  private static func settle(
    _ outcome: OnDTLS, _ id: PeerID, _ endpoints: inout [PeerID: Endpoint], _ config: ThreadConfig
  ) {
    guard let entry = endpoints[id] else { return }
    for datagram in entry.endpoint.takeDatagrams() {
      config.answer(entry.worker, .send(id, datagram))
    }
    switch outcome {
    case .inProgress: break
    case .established(let keys): config.answer(entry.worker, .established(id, keys))
    case .failed(let failure):
      endpoints[id] = nil
      config.answer(entry.worker, .failed(id, failure))
    case .closedByPeer:
      endpoints[id] = nil
      config.answer(entry.worker, .closed(id))
    }
  }
}

extension HandshakeOrder {
  /// The peer an order is about.
  fileprivate var peer: PeerID {
    switch self {
    case .open(let id, _, _), .datagram(let id, _), .close(let id): id
    }
  }
}
