// How many rooms are open at once, and how long they stay.

package import Wire

/// The bounds of a process's open rooms.
package enum HousesLimits {
  /// Messages that wait for one room to open: a thousand viewers who come back after a restart.
  package static let parkedMax = 4096
  /// A room that nobody is in leaves memory after this: a reload must not open it again.
  package static let idleLimit = TimeSpan.seconds(60)
  /// Events between two snapshots: what is replayed when a room opens, a few milliseconds.
  package static let snapshotEvents = 5000
  /// Counters and reactions are told this often: four pictures a second look continuous.
  package static let counterInterval = TimeSpan.milliseconds(250)
  /// Milliseconds until what the disk could not write or read is tried again: its queue is shorter.
  package static let storeRetryMs: Int64 = 1000
  /// How often the number of viewers goes into the log.
  package static let audienceInterval = TimeSpan.seconds(60)
  /// Decisions of all rooms on their way to the disk; beyond that commands are refused as overload.
  package static let pendingMax = 8192
  /// Rooms the store opens at once: when a process dies, all its members come at the same time, and what
  /// they do in rooms that are open already must not wait for all of that.
  static let openingMax = 64
  /// How often rooms are looked through for what is to be erased by now.
  package static let upkeepInterval = TimeSpan.seconds(3600)
  /// Rooms whose clock runs that one round opens: a hundred rooms of a minute's holds each take a few
  /// milliseconds to read, and whoever comes to a room has it opened at once anyway.
  package static let dueRoomsMax = 32
  /// Between two rounds while there are more of them.
  package static let dueInterval = TimeSpan.seconds(1)
  /// Between two rounds when all were seen: how long a room of a process that died may wait beyond its
  /// lease.
  package static let duePause = TimeSpan.seconds(5)
  /// Reads for queries under way; beyond that they are refused as overload.
  package static let readsMax = 1024
  /// Erased people remembered: as many as are erased while a room is read.
  package static let erasedMax = 10_000
  /// A scheduled show that has not begun is listed so long: a host may be late.
  package static let lateLimitMs: Int64 = 12 * 3_600_000
  /// Milliseconds between two turns for what is due by time: a drop's window closes this late at most.
  package static let tickRestMs: Int64 = 10
}
