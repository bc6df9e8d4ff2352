// Rooms whose clock runs, for who begins or takes over.

package import RoomLog

extension RoomReader {
  /// Rooms with something to do by themselves, earliest first, that no other living process has; those
  /// this process has open are among them.
  ///
  /// - Parameter place: where the page before ended.
  package func dueRooms(
    after place: DuePlace? = nil, limit: Int
  ) throws(StoreError) -> [DueRoom] {
    let after = place ?? DuePlace(atMs: .min, room: RoomKey(rawValue: 0))
    // Who shares the database says of each room until when it has it.
    let isFree =
      node == nil
      ? ""
      : """
       AND NOT EXISTS (SELECT 1 FROM room_owners JOIN nodes ON nodes.node = room_owners.node
        WHERE room = rooms.key AND lease_until > clock_timestamp() AND nodes.name <> ?4)
      """
    let values: [SQLValue] = [
      .integer(after.atMs), .integer(after.room.rawValue),
      .integer(Int64(RoomReader.bounded(limit))),
    ]
    return try database.rows(
      "SELECT name, due_ms, key FROM rooms WHERE due_ms IS NOT NULL AND (due_ms, key) > (?1, ?2)"
        + isFree + " ORDER BY due_ms, key LIMIT ?3",
      values + (node.map { [.text($0)] } ?? [])
    ) {
      DueRoom(
        name: $0.string(0),
        place: DuePlace(atMs: $0.integer(1), room: RoomKey(rawValue: $0.integer(2))))
    }
  }
}
