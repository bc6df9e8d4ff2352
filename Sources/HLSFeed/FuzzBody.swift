// What a fuzzer feeds: messages of a room socket.

import HLS
import Wire

/// The fuzz body of this target.
package enum HLSFeedFuzzBody {
  /// Reads each line of `bytes` as a message of the room socket; traps when an event that came of it
  /// can't be told to a player, or is too long for it.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    var listener = RoomListener(room: "demo")
    let now = WallTime(nanoseconds: 1_793_247_560_000_000_000)
    for line in bytes.toArray().split(separator: 10, maxSplits: 64) {
      for heard in listener.receive(Array(line), at: now) {
        switch heard {
        case .event(let event):
          precondition(event.message.count <= RoomEvent.messageBytesMax)
          precondition(event.dateRange != nil)
        case .caption(let caption):
          precondition(HLSLimits.captionDurations.contains(caption.duration))
          precondition(caption.text.unicodeScalars.count <= HLSLimits.captionCharactersMax)
        case .joined, .ended, .pictureChanged, .bye, .refused: break
        }
      }
    }
    precondition(!listener.join(token: "t").isEmpty)
  }
}
