// What bounds pushing to a store, each with its reason.

package import Wire

/// The limits of pushing.
package enum PushLimits {
  /// How far a store may be behind before the oldest segments that wait become gaps: further back nobody
  /// watches a live show.
  package static let backlog = TimeSpan.seconds(60)
  /// Media of one show that waits for the store: a minute of 4 Mbit/s.
  package static let backlogBytesMax = 32 << 20
  /// The past that a store lists: its playlists are put whole with every segment, and players read them whole. What
  /// is deleted later than that is bounded with it (`removalsMax`).
  static let windowMax = TimeSpan.seconds(3600)
  /// How often one segment is refused before it becomes a gap.
  static let refusalsMax = 3
  /// Objects that are to be deleted: what an hour of four renditions leaves behind. What comes beyond it stays in
  /// the bucket, for its own rules.
  static let removalsMax = 20_000
  /// How long a show that is over is tried to be finished.
  static let endPatience = TimeSpan.seconds(600)
  /// Rooms whose shows are over and whose objects are known, to be deleted when they begin again.
  static let endedRoomsMax = 256
  /// The pauses after failures: the first, and the longest.
  package static let backoff = (first: TimeSpan.milliseconds(250), longest: TimeSpan.seconds(5))
}
