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
    var worker: WorkerIndex
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

  /// Datagrams waiting for one thread: a thousand peers' flights; beyond it peers retransmit.
  static let inboxCapacity = 8192
  /// Further places for orders to open and to close, which nobody repeats: a lost `.open` is a peer who
  /// waits in vain, a lost `.close` an endpoint that stays for ever. Each peer has one of both.
  static let inboxReserve = 2 * WorkerLimits.peersMax * WorkerIndex.workersMax

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

  /// Passes on a worker's order; a full mailbox loses a datagram, as a network would, and nothing else.
  package func post(_ order: HandshakeOrder, from worker: Int) {
    let inbox = inboxes[Int(order.peer.rawValue) % inboxes.count]
    let message = Message.order(Order(worker: WorkerIndex(UInt8(worker)), order: order))
    _ = inbox.post(message, reserve: HandshakePool.reserve(for: order))
  }

  /// The places beyond the mailbox's capacity that an order may take.
  static func reserve(for order: HandshakeOrder) -> Int {
    if case .datagram = order { 0 } else { inboxReserve }
  }

  /// Ends the threads after the orders so far.
  package func stop() {
    for inbox in inboxes { _ = inbox.post(.stop, reserve: .max / 2) }
    threads.join()
  }

  // MARK: One thread

  private static func run(_ config: ThreadConfig) {
    guard let loop = try? EventLoop(waker: config.waker) else { return }
    let table = HandshakeTable(identity: config.identity)
    let answer = { (worker: WorkerIndex, news: HandshakeNews) in
      config.answer(Int(worker.rawValue), news)
    }
    var messages: [Message] = []
    while true {
      loop.wait(until: table.nextDeadline)
      config.inbox.drain(into: &messages)
      for message in messages {
        switch message {
        case .stop: return
        case .order(let order):
          table.execute(order.order, from: order.worker, at: loop.now, answer: answer)
        }
      }
      table.advance(at: loop.now, answer: answer)
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
