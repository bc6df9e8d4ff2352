// The list of rooms for the landing page: what is live by viewers, in whichever process, what is to come by time.

import JSON
import Room
import RoomLog
import Store

/// A place in the list of rooms.
struct RoomListCursor: Hashable, Sendable {
  /// After a live room with so many viewers, or an upcoming one with this start.
  enum Place: Hashable, Sendable {
    case live(viewers: Int, room: String)
    case upcoming(startsAtMs: Int64, room: Int64)
  }

  let place: Place

  /// Rooms of a page, at most, and where the client says nothing.
  static let limitMax = 100
  static let limitByDefault = 50
  /// Characters of a cursor: a room's name and a number.
  static let textMax = 96

  init(_ place: Place) { self.place = place }

  /// Reads what `text` writes; nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let number = Int64(parts[1]), (0...1 << 53).contains(number) else {
      return nil
    }
    switch parts[0] {
    case "l": place = .live(viewers: Int(number), room: String(parts[2]))
    case "u":
      guard let room = Int64(parts[2]), (0...1 << 53).contains(room) else { return nil }
      place = .upcoming(startsAtMs: number, room: room)
    default: return nil
    }
  }

  var text: String {
    switch place {
    case .live(let viewers, let room): "l.\(viewers).\(room)"
    case .upcoming(let startsAtMs, let room): "u.\(startsAtMs).\(room)"
    }
  }
}

/// What to list: the live rooms of this process, which knows its viewers, among those of others, of which the
/// store knows; then what is to come.
package struct RoomListing: Sendable {
  struct LiveRoom: Hashable, Sendable {
    let name: String
    let viewers: Int

    /// Whether it comes before another: more viewers first.
    func isBefore(_ other: LiveRoom) -> Bool {
      (other.viewers, name) < (viewers, other.name)
    }
  }

  /// In the order of the list, those after the page before only; nil: none are wanted.
  var live: [LiveRoom]?
  /// The last live room of the page before.
  var after: LiveRoom?
  /// After which upcoming room; nil: none are wanted.
  var upcoming: ShowCursor?
  var limit: Int
}

extension HouseReader {
  /// Rows of one page.
  private struct Rows {
    var items: [JSONValue] = []
    let limit: Int
    var isFull: Bool { items.count >= limit }
  }

  func rooms(_ listing: RoomListing) throws(StoreError) -> HouseReadResult {
    var rows = Rows(limit: listing.limit)
    var next = try addLive(listing, to: &rows)
    if next == nil, let cursor = listing.upcoming {
      next = try addUpcoming(after: cursor, to: &rows)
    }
    let body: JSONValue = [
      "rooms": .array(rows.items), "next": next.map { .string($0.text) } ?? .null,
    ]
    return HouseReadResult(body: body.write())
  }

  private func addLive(
    _ listing: RoomListing, to rows: inout Rows
  ) throws(StoreError) -> RoomListCursor? {
    guard let live = try live(listing) else { return nil }
    for (index, room) in live.enumerated() {
      // What the disk says counts: memory may be ahead of it.
      var listed = room.elsewhere?.listed
      if listed == nil { listed = try reader.show(named: room.here.name) }
      guard let listed, listed.show.phase.isOn else { continue }
      rows.items.append(
        try row(listed, viewers: room.here.viewers, server: room.elsewhere?.server))
      if rows.isFull, index + 1 < live.count || listing.upcoming != nil {
        return RoomListCursor(.live(viewers: room.here.viewers, room: room.here.name))
      }
    }
    return nil
  }

  /// The live rooms of all processes, in the order of the list; as many as a page can need.
  private func live(
    _ listing: RoomListing
  ) throws(StoreError) -> [(here: RoomListing.LiveRoom, elsewhere: ShowElsewhere?)]? {
    guard let here = listing.live else { return nil }
    let elsewhere = try reader.showsElsewhere(
      after: listing.after.map { ($0.viewers, $0.name) }, limit: listing.limit + 1)
    // One that was lost a moment ago is the other's.
    let lost = Set(elsewhere.map(\.listed.name))
    var live: [(here: RoomListing.LiveRoom, elsewhere: ShowElsewhere?)] =
      here.filter { !lost.contains($0.name) }.map { ($0, nil) }
    for show in elsewhere {
      live.append((RoomListing.LiveRoom(name: show.listed.name, viewers: show.viewers), show))
    }
    return live.sorted { $0.here.isBefore($1.here) }
  }

  private func addUpcoming(
    after cursor: ShowCursor, to rows: inout Rows
  ) throws(StoreError) -> RoomListCursor? {
    var shows: [ListedShow] = []
    for phase in [ShowRow.Phase.scheduled, .waiting] {
      shows += try reader.shows(in: phase, after: cursor, limit: rows.limit + 1).shows
    }
    shows.sort { RoomListing.place($0) < RoomListing.place($1) }
    var last = (cursor.startsAtMs, cursor.room.rawValue)
    for show in shows {
      if rows.isFull {
        return RoomListCursor(.upcoming(startsAtMs: max(0, last.0), room: last.1))
      }
      rows.items.append(try row(show, viewers: 0))
      last = RoomListing.place(show)
    }
    return nil
  }

  /// - Parameter server: where another process that has the room is reached; nil: it has none, or is ours.
  func row(
    _ listed: ListedShow, viewers: Int, server: String? = nil
  ) throws(StoreError) -> JSONValue {
    var host = JSONValue.null
    if let identity = listed.show.host,
      let person = try reader.person(identity, in: listed.room)
    {
      host = ["name": .string(person.name)]
    }
    return [
      "room": .string(listed.name), "title": .string(listed.show.title),
      "phase": .string(listed.show.phase.word),
      "startsAtMs": listed.show.startsAtMs.map { .integer($0) } ?? .null,
      "viewers": .integer(Int64(viewers)), "host": host,
      "server": server.map { .string($0) } ?? .null,
    ]
  }
}

extension RoomListing {
  fileprivate static func place(_ show: ListedShow) -> (Int64, Int64) {
    (show.show.startsAtMs ?? .min, show.room.rawValue)
  }
}

extension ShowRow.Phase {
  /// Whether there is something to see, or was a moment ago.
  var isOn: Bool { self == .live || self == .away }

  /// As PROTOCOL.md writes it.
  var word: String {
    switch self {
    case .scheduled: "scheduled"
    case .waiting: "waiting"
    case .live: "live"
    case .away: "away"
    case .ended: "ended"
    }
  }
}
