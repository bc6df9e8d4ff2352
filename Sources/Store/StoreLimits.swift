// Every bound of the store, with its reason.

package import Wire

/// The bounds of the store.
package enum StoreLimits {
  // MARK: PostgreSQL

  /// How long an answer of PostgreSQL may take: longer than any commit, shorter than a room's lease.
  package static let answerLimit = TimeSpan.seconds(10)
  /// How long a lost connection is tried again before the process ends: a restart of the server, or
  /// another one's taking over.
  package static let reconnectLimit = TimeSpan.seconds(30)
  /// Between two tries.
  static let reconnectPauseMicroseconds: UInt32 = 100_000
  /// How often a transaction is tried that the server ended for another one's sake.
  static let deadlockTries = 3
  /// How long a room stays a process's that says nothing more. Its viewers wait so long when it dies.
  package static let leaseLife = TimeSpan.seconds(15)

  /// Between two rounds of looking what other processes did, when hints ask for them.
  static let nudgePause = TimeSpan.milliseconds(100)

  // MARK: Groups

  /// Entries of one commit: some 10 µs each, so that a group stays within 10 to 20 ms.
  static let groupEntriesMax = 1024
  /// Bytes of one commit: what a slow disk (100 MB/s) writes in 20 ms.
  static let groupBytesMax = 2 << 20
  /// Requests that wait for the writing thread: over half a second of the fastest stream there is.
  package static let requestsMax = 16_384
  /// Reads that wait for the reading thread.
  package static let readsMax = 4096
  /// How long a statement waits for another process (a backup that opens or closes the database).
  static let busyMs: Int32 = 5000
  /// KiB of pages the writing connection keeps: the tails of a few thousand rooms.
  static let writerCacheKiB = 32_768
  /// KiB of pages each other connection keeps.
  static let readerCacheKiB = 8192
  /// Pages of the write-ahead log that call for a checkpoint: 16 MiB, so that one checkpoint serves many
  /// commits and a restart reads little.
  static let checkpointPages: Int32 = 4096
  /// Pages at which the writing thread copies them itself, between two commits: 64 MiB. Only a log that is
  /// copied in full starts again from its beginning, and a busy disk may never let the other thread get
  /// that far.
  static let checkpointPagesMax: Int32 = 16_384
  /// Bytes the write-ahead log's file is cut back to when it starts again.
  static let logBytesKept = 64 << 20
  /// Snapshots kept of each room: the newest, and one in case it can't be read.
  static let snapshotsKept = 2
  /// Rows an erasing job changes between two commits: a few milliseconds.
  static let jobRowsMax = 2000
  /// Webhooks of a process that is gone that another one takes over at once: what a receiver that was
  /// down for days left is taken over within minutes, and no round lasts long.
  static let hooksTakenOverMax: Int64 = 10_000
  /// Events looked at for one page: bounds a page of a kind that hardly occurs.
  package static let scanMax = 20_000
  /// Rows of one page of any reading.
  package static let pageMax = 1000
  /// How long a reply is kept for repeated keys, as Stripe's: a day.
  package static let replyLifeMs: Int64 = 86_400_000
}
