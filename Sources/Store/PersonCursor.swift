// A place in the export of one person, so that it can be had page by page.

import RoomLog

/// Where an export goes on.
package struct PersonCursor: Hashable, Sendable {
  enum Part: String, Sendable {
    case texts = "t"
    case events = "e"
  }

  let room: RoomKey
  let part: Part
  let after: Int64

  init(room: RoomKey, part: Part, after: Int64) {
    self.room = room
    self.part = part
    self.after = after
  }

  /// Reads `ROOM.t.AFTER` or `ROOM.e.AFTER`; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let room = Int64(parts[0]), let part = Part(rawValue: String(parts[1])),
      let after = Int64(parts[2]), room > 0, (0...PersonCursor.placeMax).contains(after)
    else { return nil }
    self.init(room: RoomKey(rawValue: room), part: part, after: after)
  }

  /// Far beyond any log, and far from what could overflow.
  private static let placeMax: Int64 = 1 << 53

  package var text: String { "\(room.rawValue).\(part.rawValue).\(after)" }
}
