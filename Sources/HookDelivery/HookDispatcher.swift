// The thread that sends webhooks: deliveries from the disk, and questions whose answer is waited for.

package import ClientTLS
package import Crypto
import HTTP
package import Hooks
package import Loop
package import RoomLog
import Synchronization
import Wire

/// What the thread needs of others. Each is called on it and must not wait.
package struct HookPorts: Sendable {
  /// Reads an endpoint's waiting deliveries, earliest due first; nil when that is not possible.
  package var load:
    @Sendable (
      _ endpoint: Int64, _ limit: Int, _ done: @escaping @Sendable ([HookDeliveryRow]?) -> Void
    ) -> Void
  /// Writes a change down; calls back when it is on the disk, or can't be.
  package var change:
    @Sendable (HookChange, _ done: @escaping @Sendable (HookChanged) -> Void) -> Void
  /// The answer to a question.
  package var answered: @Sendable (_ number: UInt64, SyncAnswer) -> Void
  /// A receiver wants no more.
  package var disabled: @Sendable (_ endpoint: Int64, _ why: String) -> Void

  package init(
    load:
      @escaping @Sendable (
        Int64, Int, @escaping @Sendable ([HookDeliveryRow]?) -> Void
      ) -> Void,
    change: @escaping @Sendable (HookChange, @escaping @Sendable (HookChanged) -> Void) -> Void,
    answered: @escaping @Sendable (UInt64, SyncAnswer) -> Void,
    disabled: @escaping @Sendable (Int64, String) -> Void
  ) {
    self.load = load
    self.change = change
    self.answered = answered
    self.disabled = disabled
  }
}

/// Sends webhooks until it is stopped.
package final class HookDispatcher: Sendable {
  enum Message: Sendable {
    case endpoints([HookEndpointRow])
    case notice(Set<Int64>)
    case call(SyncCall)
    case loaded(endpoint: Int64, [HookDeliveryRow]?)
    case recorded(delivery: Int64, endpoint: Int64)
    case resolved(number: UInt64, [IPAddress])
    case stop
  }

  struct Parts: Sendable {
    let waker: Waker
    let mailbox: Mailbox<Message>
    let rules: AddressRules
    let context: TLSClientContext
    let resolver: NameResolver
    let random: RandomSource
    let ports: HookPorts
    let counters: SharedHookCounters
  }

  private let mailbox: Mailbox<Message>
  private let resolver: NameResolver
  private let board: SharedHookCounters
  private let answered: @Sendable (UInt64, SyncAnswer) -> Void
  private let thread: Mutex<WorkerThread?>

  /// Questions and notices that wait; more are refused, and asked or noticed again.
  private static let mailboxCapacity = 65_536
  /// Places for answers, whose number the queue bounds and which must not be lost.
  static let answersMax = 65_536

  /// Starts the thread.
  package init(
    rules: AddressRules, context: TLSClientContext, random: RandomSource = .system,
    ports: HookPorts
  ) throws(SystemError) {
    let waker = try Waker()
    mailbox = Mailbox(capacity: HookDispatcher.mailboxCapacity, waker: waker)
    resolver = try NameResolver()
    board = SharedHookCounters()
    answered = ports.answered
    let parts = Parts(
      waker: waker, mailbox: mailbox, rules: rules, context: context, resolver: resolver,
      random: random, ports: ports, counters: board)
    thread = Mutex(
      try WorkerThread(name: "hooks", config: parts) { parts in
        guard let loop = try? EventLoop(waker: parts.waker) else { return }
        HookLoop(parts, loop: loop).run()
      })
  }

  /// These are the endpoints from now on.
  package func set(_ endpoints: [HookEndpointRow]) {
    _ = mailbox.post(.endpoints(endpoints), reserve: HookDispatcher.answersMax)
  }

  /// New deliveries to these endpoints are on the disk.
  package func notice(_ endpoints: Set<Int64>) {
    _ = mailbox.post(.notice(endpoints), reserve: HookDispatcher.answersMax)
  }

  /// Asks a shop; the answer comes by `HookPorts.answered`, at the latest a little after the deadline.
  package func call(_ call: SyncCall) {
    if !mailbox.post(.call(call)) { answered(call.number, .failed("too many questions wait")) }
  }

  package var counters: HookCounters { board.value.withLock { $0 } }

  /// Ends the thread and waits for it. What was under way is sent again by the next process.
  package func stop() {
    _ = mailbox.post(.stop, reserve: 1)
    resolver.stop()
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
  }
}

/// Counters in their mutex: touched once a try.
final class SharedHookCounters: Sendable {
  let value = Mutex(HookCounters())
  func add(_ body: (inout HookCounters) -> Void) { value.withLock { body(&$0) } }
}
