// An event of a room as an HLS player is told of it: a class, an instant, and the room's own message.

import Crypto
package import HLS
import JSON
package import Wire

/// Something that happened in a room and is shown on the frame where it happened.
package struct RoomEvent: Hashable, Sendable {
  /// Unique in the room: the event's number, and more where several have one number.
  package let id: String
  /// `hawker.pin`, `hawker.price` and so on.
  package let className: String
  /// Media time.
  package let time: WallTime
  /// The message of the room socket as JSON, with what everybody may see and without people: a service
  /// is told more than viewers, and what caches keep can't be erased.
  package let message: [UInt8]

  /// A message longer than this is told by its type and number alone: who wants more has the room socket.
  static let messageBytesMax = HLSLimits.attributeBytesMax / 4 * 3
  /// Of the `emsg` boxes; their `value` is the class.
  package static let scheme = "urn:hawker:event"
  /// Members that everybody is told, wherever they stand; a newer server's others are left out.
  private static let members: Set<String> = [
    "type", "cursor", "atMs", "mediaTimeMs", "id", "slot", "pin", "listing", "variant", "variants",
    "reference", "title", "sku", "priceMinor", "compareAtMinor", "available", "sold", "remaining",
    "drop", "quantity", "perBuyer", "mode", "holdSeconds", "countdownSeconds", "durationSeconds",
    "stage", "startsAtMs", "windowMs", "endsAtMs", "endWhy", "settled", "waiting", "commitment",
    "seed", "lot", "startMinor", "nextMinor", "bids", "reserveMet", "closesAtMs", "softClose",
    "softSeconds", "poll", "question", "options", "multiple", "changeable", "results", "open",
    "revealed",
  ]
  /// An open poll's counts are shown to staff; a closed or revealed one's to all.
  private static let counts: Set<String> = ["counts", "voters"]
  private static let countsAreShown: Set<String> = ["pollClosed", "pollRevealed"]

  /// The class of an event of the room socket; nil for what a player is not told in the media.
  static func className(of type: String) -> String? {
    switch type {
    case "listingPinned": "hawker.pin"
    case "variantSet", "listingPut", "listingRemoved": "hawker.price"
    case "dropScheduled", "dropStarted", "dropOpened", "dropDecided", "dropEnded": "hawker.drop"
    case "lotOpened", "lotStarted", "lotClosing", "lotAwarded", "lotClosed": "hawker.lot"
    case "pollOpened", "pollClosed", "pollRevealed": "hawker.poll"
    case _: nil
    }
  }

  /// - Parameters:
  ///   - number: its sequence in the room's log.
  ///   - detail: tells events of one number apart.
  init(
    _ type: String, number: Int64, detail: String = "", className: String, time: WallTime,
    _ message: JSONObject
  ) {
    id = detail.isEmpty ? "\(number)" : "\(number)-" + Base64.encode(Array(detail.utf8), .url)
    self.className = className
    self.time = time
    let shown =
      RoomEvent.countsAreShown.contains(type)
      ? RoomEvent.members.union(RoomEvent.counts) : RoomEvent.members
    let whole = RoomEvent.visible(.object(message), shown).write()
    if whole.count <= RoomEvent.messageBytesMax {
      self.message = whole
    } else {
      let short: JSONValue = ["type": .string(type), "cursor": .integer(number)]
      self.message = short.write()
    }
  }

  private static func visible(_ value: JSONValue, _ members: Set<String>) -> JSONValue {
    switch value {
    case .object(let object):
      var kept = JSONObject()
      for member in object.members where members.contains(member.key) {
        kept[member.key] = visible(member.value, members)
      }
      return .object(kept)
    case .array(let values): return .array(values.map { visible($0, members) })
    case _: return value
    }
  }

  /// As a tag of playlists; nil for what can't be one.
  package var dateRange: DateRange? {
    try? DateRange(
      id: id, className: className, start: time,
      attributes: ["X-HAWKER": Base64.encode(message, .url)])
  }
}
