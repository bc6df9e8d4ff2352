// What the loop of the rooms leaves for the pushing thread: never more than one state of a room.

package import HLS
import Synchronization

/// Whether the thread has taken what was left for it. A class because two threads share it; all of it is atomic.
final class PushSlot: Sendable {
  let isFree = Atomic(true)
}

/// A room whose shows are pushed.
package struct PushedRoom {
  private let room: String
  private var watch = PushWatch()
  private let slot = PushSlot()

  package init(_ room: String) { self.room = room }

  /// Leaves the presentation for the thread when it has something new, and the thread has taken what was left
  /// before; never waits.
  package mutating func take(_ presentation: Presentation?, _ pusher: StorePusher) {
    let isEnded = presentation?.isEnded ?? false
    guard slot.isFree.load(ordering: .acquiring) || isEnded else { return }
    let before = watch
    guard let news = watch.take(presentation) else { return }
    slot.isFree.store(false, ordering: .relaxed)
    if !pusher.post(news, of: room, slot) {
      slot.isFree.store(true, ordering: .relaxed)
      watch = before
    }
  }
}
