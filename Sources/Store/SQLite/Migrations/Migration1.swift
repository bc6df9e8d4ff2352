// Schema 1: rooms, their logs, replies, people, texts, snapshots, listings, follows.

extension Migration {
  /// The first schema.
  ///
  /// What identifies people (`people`, `texts`, `replies.subject`, `follows`, `shows`) can be erased;
  /// the log (`events`, `snapshots`) only refers to it, and no row of `events` is ever changed.
  static let rooms = Migration(
    version: 1,
    statements: [
      "PRAGMA application_id = 1212241739",
      "CREATE TABLE schema_version(version INTEGER PRIMARY KEY, applied_ms INTEGER NOT NULL) STRICT",
      """
      CREATE TABLE rooms(
        key INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
        created_ms INTEGER NOT NULL, erased_ms INTEGER) STRICT
      """,
      """
      CREATE TABLE events(
        room INTEGER NOT NULL REFERENCES rooms, sequence INTEGER NOT NULL, at_ms INTEGER NOT NULL,
        media_ms INTEGER, actor INTEGER NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL,
        secret BLOB, audited INTEGER NOT NULL, PRIMARY KEY(room, sequence)) STRICT, WITHOUT ROWID
      """,
      "CREATE INDEX events_audited ON events(room, sequence) WHERE audited = 1",
      // Replies of all rooms lie one after the other: they are written at one place, and read by number.
      """
      CREATE TABLE replies(
        id INTEGER PRIMARY KEY, room INTEGER NOT NULL, key_hash INTEGER NOT NULL,
        subject TEXT NOT NULL, key TEXT NOT NULL, parameters BLOB NOT NULL,
        status INTEGER NOT NULL, body BLOB NOT NULL, at_ms INTEGER NOT NULL) STRICT
      """,
      // All that opening a room needs of its replies, without reading them.
      "CREATE INDEX replies_of_room ON replies(room, at_ms, key_hash)",
      """
      CREATE TABLE people(
        room INTEGER NOT NULL, person INTEGER NOT NULL, identity TEXT, name TEXT NOT NULL,
        PRIMARY KEY(room, person)) STRICT, WITHOUT ROWID
      """,
      "CREATE UNIQUE INDEX people_by_identity ON people(identity, room) WHERE identity IS NOT NULL",
      """
      CREATE TABLE texts(
        room INTEGER NOT NULL, text INTEGER NOT NULL, author INTEGER NOT NULL, body TEXT,
        PRIMARY KEY(room, text)) STRICT, WITHOUT ROWID
      """,
      """
      CREATE TABLE snapshots(
        room INTEGER NOT NULL, sequence INTEGER NOT NULL, body BLOB NOT NULL) STRICT
      """,
      "CREATE UNIQUE INDEX snapshots_of_room ON snapshots(room, sequence)",
      """
      CREATE TABLE shows(
        room INTEGER PRIMARY KEY, phase INTEGER NOT NULL, title TEXT NOT NULL, host TEXT,
        starts_ms INTEGER, ended_ms INTEGER, retention_days INTEGER, viewers_peak INTEGER NOT NULL,
        listed INTEGER NOT NULL) STRICT
      """,
      "CREATE INDEX shows_by_start ON shows(phase, starts_ms, room) WHERE listed = 1",
      "CREATE INDEX shows_by_end ON shows(ended_ms) WHERE ended_ms IS NOT NULL",
      "CREATE INDEX shows_by_host ON shows(host) WHERE host IS NOT NULL",
      """
      CREATE TABLE follows(
        host TEXT NOT NULL, follower TEXT NOT NULL, at_ms INTEGER NOT NULL,
        PRIMARY KEY(host, follower)) STRICT, WITHOUT ROWID
      """,
      "CREATE INDEX follows_by_follower ON follows(follower, host)",
      // Erasures under way, so that one that a crash cut short is finished at the next start.
      "CREATE TABLE erasures(identity TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID",
      // Reserved for webhooks.
      """
      CREATE TABLE outbox(
        id INTEGER PRIMARY KEY AUTOINCREMENT, room INTEGER NOT NULL, topic TEXT NOT NULL,
        body BLOB NOT NULL) STRICT
      """,
    ])
}
