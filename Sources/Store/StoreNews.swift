// What processes on the same database do that concerns the others.

package import RoomLog

/// Something a store says unasked. Never with SQLite.
package enum StoreNews: Sendable {
  /// These rooms are not this process's any more: another one may have them already.
  case lost([RoomKey])
  /// These references stand for nobody now: rooms in memory must forget who they were.
  case erased([ErasedPerson])
  /// The endpoints of webhooks have changed: these are all.
  case endpoints([HookEndpointRow])
  /// Tokens were revoked or restored.
  case revocations([RevocationRow])
  /// This process has done something that others might want to know before they look.
  case worthTelling(Set<StoreHint>)
  /// These endpoints have something to be sent, which may have been another process's.
  case hooksDue(Set<Int64>)
}

/// What others might want to know.
package enum StoreHint: Hashable, Sendable {
  /// Rooms were given back.
  case rooms
  /// A room was taken.
  case room(String)
  /// Endpoints of webhooks changed, or deliveries were left to the others.
  case hooks
  /// People were erased.
  case erasures
  /// Tokens were revoked or restored.
  case revocations
  /// The wallet with this account holds something else.
  case wallet(Int64)
}
