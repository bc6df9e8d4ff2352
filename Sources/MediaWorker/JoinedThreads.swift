// Threads that are waited for once, from whichever thread ends the plane.

import Loop
import Synchronization

/// Holds threads until someone joins them. The mutex makes the one hand-over safe.
final class JoinedThreads: Sendable {
  private let threads: Mutex<[WorkerThread]>

  init(_ threads: sending [WorkerThread]) { self.threads = Mutex(threads) }

  /// Waits for all of them; a second call returns at once.
  func join() {
    let taken = threads.withLock { threads -> [WorkerThread] in
      defer { threads = [] }
      return threads
    }
    for thread in taken { thread.join() }
  }
}
