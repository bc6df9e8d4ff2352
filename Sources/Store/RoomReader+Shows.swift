// The landing page's lists, and who follows whom.

package import RoomLog

/// A room in a list.
package struct ListedShow: Hashable, Sendable {
  package let room: RoomKey
  package let name: String
  package let show: ShowRow
}

/// Listed rooms, and where to go on.
package struct ShowPage: Hashable, Sendable {
  package let shows: [ListedShow]
  package let next: ShowCursor?
}

/// The place in a list of rooms after one of them.
package struct ShowCursor: Hashable, Sendable {
  package let startsAtMs: Int64
  package let room: RoomKey

  package init(startsAtMs: Int64, room: RoomKey) {
    self.startsAtMs = startsAtMs
    self.room = room
  }
}

extension RoomReader {
  /// The listed rooms of one phase by their start, earliest first; those without one come first.
  package func shows(
    in phase: ShowRow.Phase, after cursor: ShowCursor? = nil, limit: Int
  ) throws(StoreError) -> ShowPage {
    let limit = RoomReader.bounded(limit)
    let after = cursor ?? ShowCursor(startsAtMs: .min, room: RoomKey(rawValue: 0))
    // A missing start sorts before every number, and a cursor's comparison must agree.
    let shows = try database.rows(
      RoomReader.showColumns + """
         WHERE listed = 1 AND phase = ?1
        AND (coalesce(starts_ms, ?5), room) > (?2, ?3)
        ORDER BY starts_ms NULLS FIRST, room LIMIT ?4
        """,
      [
        .integer(Int64(phase.rawValue)), .integer(after.startsAtMs), .integer(after.room.rawValue),
        .integer(Int64(limit)), .integer(.min),
      ], RoomReader.listed)
    let last = shows.count < limit ? nil : shows.last
    return ShowPage(
      shows: shows,
      next: last.map { ShowCursor(startsAtMs: $0.show.startsAtMs ?? .min, room: $0.room) })
  }

  /// The listed rooms of one host, at most `StoreLimits.pageMax`.
  package func shows(ofHost host: String) throws(StoreError) -> [ListedShow] {
    try database.rows(
      RoomReader.showColumns + " WHERE listed = 1 AND host = ? ORDER BY room DESC LIMIT ?",
      [.text(host), .integer(Int64(StoreLimits.pageMax))], RoomReader.listed)
  }

  /// The room of this name as it is listed; nil when it never was, or is not to be.
  package func show(named name: String) throws(StoreError) -> ListedShow? {
    try database.first(
      RoomReader.showColumns
        + " WHERE listed = 1 AND room = (SELECT key FROM rooms WHERE name = ?)",
      [.text(name)], RoomReader.listed)
  }

  /// The listing of one room; nil when it never had one.
  func show(of room: RoomKey) throws(StoreError) -> ShowRow? {
    try database.first(
      RoomReader.showColumns + " WHERE room = ?", [.integer(room.rawValue)], RoomReader.listed)?
      .show
  }

  // MARK: Follows

  /// Whether `follower` follows `host`.
  package func isFollowing(_ follower: String, host: String) throws(StoreError) -> Bool {
    try database.integer(
      "SELECT 1 FROM follows WHERE host = ? AND follower = ?", .text(host), .text(follower)) != nil
  }

  /// How many follow `host`.
  package func followerCount(of host: String) throws(StoreError) -> Int {
    Int(try database.integer("SELECT count(*) FROM follows WHERE host = ?", .text(host)) ?? 0)
  }

  /// The followers of `host` after the identity `last`, by identity, at most `StoreLimits.pageMax`.
  package func followers(
    of host: String, after last: String = ""
  ) throws(StoreError) -> [String] {
    try database.rows(
      "SELECT follower FROM follows WHERE host = ? AND follower > ? ORDER BY follower LIMIT ?",
      [.text(host), .text(last), .integer(Int64(StoreLimits.pageMax))]
    ) { $0.string(0) }
  }

  /// The hosts `follower` follows after the identity `last`, by identity, at most `limit`.
  package func followed(
    by follower: String, after last: String = "", limit: Int = StoreLimits.pageMax
  ) throws(StoreError) -> [String] {
    try database.rows(
      "SELECT host FROM follows WHERE follower = ? AND host > ? ORDER BY host LIMIT ?",
      [.text(follower), .text(last), .integer(Int64(RoomReader.bounded(limit)))]
    ) { $0.string(0) }
  }

  /// What somebody is called in one of the rooms that know them; nil for somebody no room knows.
  package func name(of identity: String) throws(StoreError) -> String? {
    try database.first(
      "SELECT name FROM people WHERE identity = ? AND name <> '' LIMIT 1", [.text(identity)]
    ) { $0.string(0) }
  }

  // MARK: Rows

  private static let showColumns = """
    SELECT room, (SELECT name FROM rooms WHERE key = room), phase, title, host, starts_ms, ended_ms,
      retention_days, viewers_peak, listed FROM shows
    """

  private static func listed(_ row: any SQLRow) -> ListedShow {
    ListedShow(
      room: RoomKey(rawValue: row.integer(0)), name: row.string(1),
      show: ShowRow(
        // A phase this program doesn't know can't come from it: the schema is newer then, and refused.
        phase: ShowRow.Phase(rawValue: Int(row.integer(2))) ?? .ended, title: row.string(3),
        host: row.optionalString(4), startsAtMs: row.optionalInteger(5),
        endedAtMs: row.optionalInteger(6), retentionDays: row.optionalInteger(7).map { Int($0) },
        viewersPeak: Int(row.integer(8)), isListed: row.integer(9) != 0))
  }
}
