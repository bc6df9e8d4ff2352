// Where the server's thread and the others meet.

import Loop
import Synchronization

/// What the threads around one web loop share. Sendable by its parts.
final class WebBoard: Sendable {
  /// How the loop is to end; the higher wins.
  enum Ending: UInt8 {
    case none, drain, stop
  }

  let waker: Waker
  let mailbox: Mailbox<WebCommand>
  /// Written by the loop at the end of a turn.
  let counters = Mutex(WebCounters())
  // The loop takes it, so that nobody else keeps the port open once it is closed.
  private let listener: Mutex<TCPListener?>
  // Not a command: it must arrive even when the mailbox is full.
  private let wantedEnding = Atomic<UInt8>(0)

  init(_ listener: TCPListener, commandsMax: Int) throws(SystemError) {
    self.listener = Mutex(listener)
    waker = try Waker()
    mailbox = Mailbox(capacity: commandsMax, waker: waker)
  }

  /// The listening socket; for the loop, once.
  func takeListener() -> TCPListener? {
    listener.withLock { listener in
      defer { listener = nil }
      return listener
    }
  }

  /// Asks the loop to end.
  func end(_ ending: Ending) {
    wantedEnding.max(ending.rawValue, ordering: .releasing)
    waker.wake()
  }

  /// What the loop was asked for.
  var ending: Ending { Ending(rawValue: wantedEnding.load(ordering: .acquiring)) ?? .none }
}
