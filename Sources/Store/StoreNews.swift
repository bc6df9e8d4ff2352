// What other processes on the same database did to this one's rooms.

package import RoomLog

/// Something a store says unasked. Never with SQLite.
package enum StoreNews: Sendable {
  /// These rooms are not this process's any more: another one may have them already.
  case lost([RoomKey])
  /// These references stand for nobody now: rooms in memory must forget who they were.
  case erased([ErasedPerson])
  /// The endpoints of webhooks have changed: these are all.
  case endpoints([HookEndpointRow])
  /// These endpoints have something to be sent, which may have been another process's.
  case hooksDue(Set<Int64>)
}
