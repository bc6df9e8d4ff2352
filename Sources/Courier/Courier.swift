// The thread that passes requests on to other processes on the same database, and brings the answers back.

package import ClientTLS
import HookDelivery
import HTTP
import Hooks
package import Loop
package import Nodes
import Synchronization
import Wire

/// Carries requests until it is stopped. Where they go comes from the database, so the rules for addresses
/// of webhooks are not asked: processes are on private networks.
package final class Courier: Sendable {
  enum Message: Sendable {
    case carry(ForwardOrder)
    case resolved(number: UInt64, [SocketAddress])
    case stop
  }

  struct Parts: Sendable {
    let waker: Waker
    let mailbox: Mailbox<Message>
    let context: TLSClientContext
    let resolver: NameResolver
    let answered: @Sendable (UInt64, ForwardResult) -> Void
  }

  private let mailbox: Mailbox<Message>
  private let resolver: NameResolver
  private let answered: @Sendable (UInt64, ForwardResult) -> Void
  private let thread: Mutex<WorkerThread?>

  /// Starts the thread.
  ///
  /// - Parameter answered: called with each order's number and result, once; must not wait.
  package init(
    context: TLSClientContext, answered: @escaping @Sendable (UInt64, ForwardResult) -> Void
  ) throws(SystemError) {
    let waker = try Waker()
    // Each order may also wait for a name.
    mailbox = Mailbox(capacity: 2 * ForwardLimits.concurrentMax, waker: waker)
    resolver = try NameResolver()
    self.answered = answered
    let parts = Parts(
      waker: waker, mailbox: mailbox, context: context, resolver: resolver, answered: answered)
    thread = Mutex(
      try WorkerThread(name: "courier", config: parts) { parts in
        guard let loop = try? EventLoop(waker: parts.waker) else { return }
        CourierLoop(parts, loop: loop).run()
      })
  }

  /// Passes a request on; its result comes by `answered`.
  package func carry(_ order: ForwardOrder) {
    if !mailbox.post(.carry(order)) {
      answered(order.number, .unreached("too many requests wait"))
    }
  }

  /// Ends the thread and waits for it; what is under way gets no answer.
  package func stop() {
    _ = mailbox.post(.stop, reserve: 1)
    resolver.stop()
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
  }
}
