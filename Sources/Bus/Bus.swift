// The thread that tells other processes by Redis, and hears from them. Nothing depends on it.

package import ClientTLS
import Crypto
import HookDelivery
package import Loop
package import Nodes
import Synchronization
import Wire

/// What the bus says of itself.
package enum BusChange: Hashable, Sendable {
  case connected
  /// Why, for an operator.
  case disconnected(String)
}

/// Hints to and from other processes, until it is stopped. Whoever tells something never waits.
package final class Bus: Sendable {
  enum Message: Sendable {
    case tell(BusHint)
    case resolved(Int, [SocketAddress])
    case stop
  }

  struct Parts: Sendable {
    let waker: Waker
    let mailbox: Mailbox<Message>
    let address: RedisAddress
    let channel: String
    let context: TLSClientContext
    let resolver: NameResolver
    let heard: @Sendable ([BusHint]) -> Void
    let changed: @Sendable (BusChange) -> Void
    let counters: SharedBusCounters
  }

  private let mailbox: Mailbox<Message>
  private let resolver: NameResolver
  private let board = SharedBusCounters()
  private let thread: Mutex<WorkerThread?>

  /// Starts the thread, which connects and connects again.
  ///
  /// - Parameters:
  ///   - channel: the same for all processes on one database, and for no others on this Redis.
  ///   - heard: called on the thread with hints of others, each once in a while; must not wait.
  ///   - changed: called there once for each change; must not wait.
  package init(
    _ address: RedisAddress, channel: String, context: TLSClientContext,
    heard: @escaping @Sendable ([BusHint]) -> Void,
    changed: @escaping @Sendable (BusChange) -> Void
  ) throws(SystemError) {
    let waker = try Waker()
    mailbox = Mailbox(capacity: BusGathering.waitingMax, waker: waker)
    resolver = try NameResolver()
    let parts = Parts(
      waker: waker, mailbox: mailbox, address: address, channel: channel, context: context,
      resolver: resolver, heard: heard, changed: changed, counters: board)
    thread = Mutex(
      try WorkerThread(name: "bus", config: parts) { parts in
        guard let loop = try? EventLoop(waker: parts.waker) else { return }
        BusLoop(parts, loop: loop).run()
      })
  }

  /// Tells the other processes. One hint too many is left out: they look by themselves, a little later.
  package func tell(_ hint: BusHint) {
    if !mailbox.post(.tell(hint)) { board.value.withLock { $0.discarded += 1 } }
  }

  package var counters: BusCounters { board.value.withLock { $0 } }

  /// Ends the thread and waits for it.
  package func stop() {
    _ = mailbox.post(.stop, reserve: 1)
    resolver.stop()
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
  }
}

/// Counters in their mutex: touched a few times a second.
final class SharedBusCounters: Sendable {
  let value = Mutex(BusCounters())
}

/// The times and bounds of the bus.
enum BusLimits {
  /// From looking the name up to being let in.
  static let connectLimit = TimeSpan.seconds(5)
  /// Without a word from Redis until it is asked whether it is there, and until it counts as gone.
  static let pingInterval = TimeSpan.seconds(5)
  static let silenceMax = TimeSpan.seconds(12)
  /// Between two tries: the first and the longest; doubled each time, and shortened by up to half at random,
  /// so that processes don't come back together.
  static let pauseMin = TimeSpan.milliseconds(100)
  static let pauseMax = TimeSpan.seconds(10)
  /// Bytes that wait for Redis to take them: unanswered hints, and a handshake.
  static let queuedBytesMax = 256 * 1024
  /// Messages looked at in a second: what a channel that is shouted into may cost. The rest is read away.
  static let messagesPerSecond = 2000
}
