// The landing page's lists, and who follows whom.

package import RoomLog

/// A room in a list.
package struct ListedShow: Hashable, Sendable {
  package let room: RoomKey
  package let name: String
  package let show: ShowRow
}

/// A room that is on in another process.
package struct ShowElsewhere: Hashable, Sendable {
  package let listed: ListedShow
  /// As its process counted them some seconds ago.
  package let viewers: Int
  /// Where clients reach that process; empty where it does not say.
  package let server: String
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

  // MARK: Other processes

  /// The listed rooms that are on in other processes that live, most viewers first, then by name; none
  /// with SQLite.
  ///
  /// - Parameter place: those after a room with so many viewers and this name; nil: from the first.
  package func showsElsewhere(
    after place: (viewers: Int, name: String)? = nil, limit: Int
  ) throws(StoreError) -> [ShowElsewhere] {
    guard let node else { return [] }
    return try database.rows(
      RoomReader.elsewhere + """
         AND (owner.viewers < ?2 OR (owner.viewers = ?2 AND rooms.name > ?3))
        ORDER BY owner.viewers DESC, rooms.name LIMIT ?4
        """,
      [
        .text(node), .integer(place.map { Int64($0.viewers) } ?? .max),
        .text(place?.name ?? ""), .integer(Int64(RoomReader.bounded(limit))),
      ], RoomReader.showElsewhere)
  }

  /// The room if it is on in another process that lives, else nil.
  package func showElsewhere(of room: RoomKey) throws(StoreError) -> ShowElsewhere? {
    guard let node else { return nil }
    return try database.first(
      RoomReader.elsewhere + " AND shows.room = ?2", [.text(node), .integer(room.rawValue)],
      RoomReader.showElsewhere)
  }

  /// Who died is gone when its lease is over: what it left as live is not.
  private static let elsewhere =
    showFields + """
      , owner.viewers, owner.address FROM shows JOIN rooms ON rooms.key = shows.room JOIN (
        SELECT room_owners.room AS owned, viewers, address
        FROM room_owners JOIN nodes ON nodes.node = room_owners.node
        WHERE lease_until > clock_timestamp() AND nodes.name <> ?1) AS owner ON owner.owned = shows.room
      WHERE listed = 1 AND phase IN (\(ShowRow.Phase.live.rawValue), \(ShowRow.Phase.away.rawValue))
      """

  private static func showElsewhere(_ row: any SQLRow) -> ShowElsewhere {
    ShowElsewhere(
      listed: listed(row), viewers: Int(clamping: row.integer(showFieldCount)),
      server: row.string(showFieldCount + 1))
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

  private static let showFields = """
    SELECT room, (SELECT name FROM rooms WHERE key = room), phase, title, host, starts_ms, ended_ms,
      retention_days, viewers_peak, listed
    """
  /// How many columns that are.
  private static let showFieldCount: Int32 = 10
  private static let showColumns = showFields + " FROM shows"

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
