// What happens next in virtual time: a binary heap, first come first served at equal instants.

import Wire

/// A queue of things to happen, ordered by instant and then by order of entry.
struct EventQueue<Event> {
  private struct Entry {
    var at: Instant
    var order: UInt64
    var event: Event
  }

  private var heap: [Entry] = []
  private var nextOrder: UInt64 = 0

  /// When the next event is due; nil when there is none.
  var nextInstant: Instant? { heap.first?.at }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    heap[a].at != heap[b].at ? heap[a].at < heap[b].at : heap[a].order < heap[b].order
  }

  mutating func add(_ event: Event, at instant: Instant) {
    heap.append(Entry(at: instant, order: nextOrder, event: event))
    nextOrder += 1
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard isBefore(child, parent) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func takeNext() -> Event? {
    guard !heap.isEmpty else { return nil }
    heap.swapAt(0, heap.count - 1)
    let entry = heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if isBefore(child, least) { least = child }
      }
      if least == parent { return entry.event }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
