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
}
