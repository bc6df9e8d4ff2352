// Messages from any thread to one loop: bounded, never waiting.

import Synchronization

/// A bounded queue from many threads to the one that runs a loop.
///
/// Sendable without promises of ours: all it holds is a mutex, an atomic, a constant and the waker.
package final class Mailbox<Element: Sendable>: Sendable {
  private let queue = Mutex<[Element]>([])
  /// Whether anything was posted since the last drain, so that a turn without news takes no lock.
  private let hasNews = Atomic(false)
  /// The most elements that wait.
  package let capacity: Int
  private let waker: Waker

  /// A mailbox for at most `capacity` elements, whose arrival wakes the loop of `waker`.
  package init(capacity: Int, waker: Waker) {
    self.capacity = capacity
    self.waker = waker
  }

  /// Leaves `element` for the loop; false when the mailbox is full.
  ///
  /// - Parameter reserve: places beyond `capacity` that this element may take: for messages whose
  ///   number their sender bounds and that must not be lost.
  package func post(_ element: Element, reserve: Int = 0) -> Bool {
    let isAccepted = queue.withLock { queue in
      guard queue.count < capacity + max(0, reserve) else { return false }
      queue.append(element)
      return true
    }
    if isAccepted {
      hasNews.store(true, ordering: .releasing)
      waker.wake()
    }
    return isAccepted
  }

  /// Replaces the contents of `elements` by what waits, oldest first. Call in every turn of the loop.
  ///
  /// The two arrays change places, so both keep their storage.
  package func drain(into elements: inout [Element]) {
    if !elements.isEmpty { elements.removeAll(keepingCapacity: true) }
    // Cleared before the queue is emptied: what comes in between is found in the next turn.
    guard hasNews.exchange(false, ordering: .acquiring) else { return }
    queue.withLock { swap(&$0, &elements) }
  }
}
