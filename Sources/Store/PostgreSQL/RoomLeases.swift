// Which rooms are this process's, for how long, and when that is to be said again: no clock, no database.

import RoomLog
import Wire

/// The rooms this process holds in the database. Pure: times are arguments of the monotonic clock.
///
/// A lease counts from before it was asked for, so it never seems longer here than it is there.
struct RoomLeases {
  let life: TimeSpan
  private(set) var epochs: [RoomKey: Int64] = [:]
  /// When the last renewal that succeeded was asked for.
  private var renewedAt = Instant.zero

  init(life: TimeSpan) { self.life = life }

  /// The rooms held, in order.
  var rooms: [RoomKey] { epochs.keys.sorted() }

  /// A room is this process's from now on.
  mutating func hold(_ room: RoomKey, epoch: Int64, askedAt: Instant) {
    // The first one: nothing was to be renewed before.
    if epochs.isEmpty { renewedAt = askedAt }
    epochs[room] = epoch
  }

  /// A room is not this process's any more, or was given up.
  mutating func drop(_ room: RoomKey) { epochs[room] = nil }

  /// When the leases are to be renewed: at a third of their life, so that two renewals may fail.
  var nextRenewal: Instant {
    epochs.isEmpty ? .distantFuture : renewedAt + life / 3
  }

  /// The database has renewed these.
  ///
  /// - Returns: rooms that are another process's now.
  mutating func renewed(_ renewed: [RoomKey: Int64], askedAt: Instant) -> [RoomKey] {
    let lost = rooms.filter { renewed[$0] != epochs[$0] }
    for room in lost { drop(room) }
    renewedAt = askedAt
    return lost
  }

  /// The rooms whose lease has run out without a renewal: any process may have them now.
  mutating func expire(at now: Instant) -> [RoomKey] {
    guard !epochs.isEmpty, now >= renewedAt + life else { return [] }
    defer { epochs = [:] }
    return rooms
  }
}
