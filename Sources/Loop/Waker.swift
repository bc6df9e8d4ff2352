// How another thread ends a loop's wait: an eventfd, written only when the loop is asleep.

import CLinux
import Synchronization

/// Ends the wait of one `EventLoop`, from any thread.
///
/// A loop is awake, awake with a wake-up noted, or asleep. The exchanges on `state` are totally ordered,
/// so what a thread published before `wake` is seen by the turn after it, or that thread sees the
/// loop asleep and writes the eventfd: no wake-up is lost, and an awake loop costs no kernel call.
package final class Waker: Sendable {
  let descriptor: FileDescriptor
  private let state = Atomic<UInt8>(awake)

  /// A waker whose loop is not there yet: what is noted before its first turn is seen in it.
  package init() throws(SystemError) {
    descriptor = FileDescriptor(owning: try checked(.eventfd) { clinux_event_descriptor() })
  }

  /// Makes the loop's current or next wait return. Publish first, then wake.
  package func wake() {
    guard state.exchange(Waker.noted, ordering: .acquiringAndReleasing) == Waker.asleep else {
      return
    }
    _ = uninterrupted { clinux_event_signal(descriptor.rawValue) }
  }

  /// Notes that the loop goes to sleep; false when it was woken since its last turn and must not.
  func fallAsleep() -> Bool {
    state.compareExchange(
      expected: Waker.awake, desired: Waker.asleep, ordering: .acquiringAndReleasing
    ).exchanged
  }

  /// Notes that a turn begins. The owner looks at its mailboxes and rings after this.
  func beginTurn() {
    _ = state.exchange(Waker.awake, ordering: .acquiringAndReleasing)
  }

  private static let awake: UInt8 = 0
  private static let noted: UInt8 = 1
  private static let asleep: UInt8 = 2
}
