// How the program's one thread waits for the store's.

import Glibc
import Synchronization

/// A count that is waited for.
@safe final class Semaphore: Sendable {
  // Written once, before any other thread knows of it, and never freed: the program is killed.
  nonisolated(unsafe) private let semaphore: UnsafeMutablePointer<sem_t>

  init(_ count: UInt32) {
    unsafe semaphore = .allocate(capacity: 1)
    unsafe sem_init(semaphore, 0, count)
  }

  func wait() { while unsafe sem_wait(semaphore) != 0 {} }

  func signal(_ count: Int) { for _ in 0..<count { unsafe sem_post(semaphore) } }
}

/// Answers of other threads, in order of arrival.
final class Answers<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])
  private let arrived = Semaphore(0)

  func add(_ element: Element) {
    elements.withLock { $0.append(element) }
    arrived.signal(1)
  }

  /// Waits for `count` answers.
  func wait(for count: Int) -> [Element] {
    for _ in 0..<count { arrived.wait() }
    return elements.withLock { $0 }
  }
}
