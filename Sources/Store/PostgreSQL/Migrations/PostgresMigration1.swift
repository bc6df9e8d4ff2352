// Schema 1 for PostgreSQL: SQLite's tables, and who owns which room.

extension PostgresMigration {
  /// The first schema: the tables of `Migration.rooms`, with bodies as `bytea` (they stay byte for byte
  /// what was committed) and texts in the order of their bytes, as SQLite has them; `nodes`, the
  /// processes; `room_owners`, whose room it is.
  static let rooms = PostgresMigration(
    version: 1, statements: tables + ownership + forgetting)

  private static let tables = [
    "CREATE TABLE schema_version(version BIGINT PRIMARY KEY, applied_ms BIGINT NOT NULL)",
    """
    CREATE TABLE rooms(
      key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT COLLATE "C" NOT NULL UNIQUE,
      created_ms BIGINT NOT NULL, erased_ms BIGINT)
    """,
    """
    CREATE TABLE events(
      room BIGINT NOT NULL, sequence BIGINT NOT NULL, at_ms BIGINT NOT NULL, media_ms BIGINT,
      actor BIGINT NOT NULL, kind TEXT NOT NULL, body BYTEA NOT NULL, secret BYTEA,
      audited BIGINT NOT NULL, PRIMARY KEY (room, sequence))
    """,
    "CREATE INDEX events_audited ON events(room, sequence) WHERE audited = 1",
    """
    CREATE TABLE replies(
      id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, room BIGINT NOT NULL,
      key_hash BIGINT NOT NULL, subject TEXT NOT NULL, key TEXT NOT NULL, parameters BYTEA NOT NULL,
      status BIGINT NOT NULL, body BYTEA NOT NULL, at_ms BIGINT NOT NULL)
    """,
    "CREATE INDEX replies_of_room ON replies(room, at_ms, key_hash) INCLUDE (id)",
    """
    CREATE TABLE people(
      room BIGINT NOT NULL, person BIGINT NOT NULL, identity TEXT COLLATE "C", name TEXT NOT NULL,
      PRIMARY KEY (room, person))
    """,
    "CREATE UNIQUE INDEX people_by_identity ON people(identity, room) WHERE identity IS NOT NULL",
    """
    CREATE TABLE texts(
      room BIGINT NOT NULL, text BIGINT NOT NULL, author BIGINT NOT NULL, body TEXT,
      PRIMARY KEY (room, text))
    """,
    """
    CREATE TABLE snapshots(
      room BIGINT NOT NULL, sequence BIGINT NOT NULL, body BYTEA NOT NULL,
      PRIMARY KEY (room, sequence))
    """,
    """
    CREATE TABLE shows(
      room BIGINT PRIMARY KEY, phase BIGINT NOT NULL, title TEXT NOT NULL, host TEXT COLLATE "C",
      starts_ms BIGINT, ended_ms BIGINT, retention_days BIGINT, viewers_peak BIGINT NOT NULL,
      listed BIGINT NOT NULL)
    """,
    "CREATE INDEX shows_by_start ON shows(phase, starts_ms NULLS FIRST, room) WHERE listed = 1",
    "CREATE INDEX shows_by_end ON shows(ended_ms) WHERE ended_ms IS NOT NULL",
    "CREATE INDEX shows_by_host ON shows(host) WHERE host IS NOT NULL",
    """
    CREATE TABLE follows(
      host TEXT COLLATE "C" NOT NULL, follower TEXT COLLATE "C" NOT NULL, at_ms BIGINT NOT NULL,
      PRIMARY KEY (host, follower))
    """,
    "CREATE INDEX follows_by_follower ON follows(follower, host)",
    """
    CREATE TABLE erasures(identity TEXT COLLATE "C" PRIMARY KEY, at_ms BIGINT NOT NULL)
    """,
    // Reserved for webhooks.
    """
    CREATE TABLE outbox(
      id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, room BIGINT NOT NULL, topic TEXT NOT NULL,
      body BYTEA NOT NULL)
    """,
  ]

  private static let forgetting = [
    // References that stand for nobody since a short while: processes that have their rooms forget them.
    """
    CREATE TABLE erased_people(
      id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, room BIGINT NOT NULL,
      person BIGINT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp())
    """,
    """
    CREATE FUNCTION hawker_note_erased() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO erased_people(room, person)
        SELECT OLD.room, OLD.person FROM erasures WHERE identity = OLD.identity;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER note_erased AFTER UPDATE OF identity ON people FOR EACH ROW
    WHEN (OLD.identity IS NOT NULL AND NEW.identity IS NULL) EXECUTE FUNCTION hawker_note_erased()
    """,
  ]

  private static let ownership = [
    // One row for each process; `batch` is the number of its last committed transaction.
    """
    CREATE TABLE nodes(
      node BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT COLLATE "C" NOT NULL UNIQUE,
      incarnation BIGINT NOT NULL, session BIGINT NOT NULL, batch BIGINT NOT NULL,
      address TEXT NOT NULL DEFAULT '', seen TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp())
    WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE room_owners(
      room BIGINT PRIMARY KEY REFERENCES rooms, node BIGINT NOT NULL REFERENCES nodes,
      epoch BIGINT NOT NULL, lease_until TIMESTAMPTZ NOT NULL) WITH (fillfactor = 50)
    """,
    // A transaction of a connection that was replaced, or a second copy of one, ends here.
    """
    CREATE FUNCTION hawker_journal(own_node BIGINT, own_session BIGINT, own_batch BIGINT)
    RETURNS VOID LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE nodes SET batch = own_batch
        WHERE node = own_node AND session = own_session AND batch = own_batch - 1;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'this connection was replaced by another one' USING ERRCODE = 'HW001';
      END IF;
    END $$
    """,
    // The owners' rows stay locked until the transaction ends: nobody takes a room over between its
    // check and its commit. `firsts` is each room's next event, 0 for none.
    """
    CREATE FUNCTION hawker_fence(own_node BIGINT, rooms BIGINT[], epochs BIGINT[], firsts BIGINT[])
    RETURNS VOID LANGUAGE plpgsql AS $$
    DECLARE
      wrong BIGINT;
      due BIGINT;
      found_next BIGINT;
    BEGIN
      PERFORM 1 FROM room_owners WHERE room = ANY(rooms) ORDER BY room FOR SHARE;
      SELECT wanted.room INTO wrong FROM unnest(rooms, epochs) AS wanted(room, epoch)
        LEFT JOIN room_owners AS owner ON owner.room = wanted.room
        WHERE owner.node IS DISTINCT FROM own_node OR owner.epoch <> wanted.epoch LIMIT 1;
      IF FOUND THEN
        RAISE EXCEPTION 'the room belongs to another process'
          USING ERRCODE = 'HW002', DETAIL = wrong::text;
      END IF;
      SELECT wanted.room, last.sequence + 1, wanted.first INTO wrong, due, found_next
        FROM unnest(rooms, firsts) AS wanted(room, first),
        LATERAL (SELECT coalesce(max(sequence), 0) AS sequence FROM events
          WHERE events.room = wanted.room) AS last
        WHERE wanted.first <> 0 AND wanted.first <> last.sequence + 1 LIMIT 1;
      IF FOUND THEN
        RAISE EXCEPTION 'an event does not follow the last one of its room'
          USING ERRCODE = 'HW003', DETAIL = wrong || ' ' || due || ' ' || found_next;
      END IF;
    END $$
    """,
    // The room's number, and its new epoch when it is this process's now: because nobody had it, because
    // the lease of who had it has run out, or because it had it before.
    """
    CREATE FUNCTION hawker_open(own_node BIGINT, wanted TEXT, now_ms BIGINT, life_ms BIGINT)
    RETURNS TABLE (opened BIGINT, fresh BIGINT, holder BIGINT, place TEXT)
    LANGUAGE plpgsql AS $$
    BEGIN
      SELECT key INTO opened FROM rooms WHERE name = wanted;
      IF opened IS NULL THEN
        INSERT INTO rooms(name, created_ms) VALUES (wanted, now_ms)
          ON CONFLICT (name) DO NOTHING RETURNING key INTO opened;
      END IF;
      IF opened IS NULL THEN
        SELECT key INTO opened FROM rooms WHERE name = wanted;
      END IF;
      SELECT nodes.node, nodes.address INTO holder, place
        FROM room_owners JOIN nodes ON nodes.node = room_owners.node
        WHERE room_owners.room = opened;
      IF holder <> own_node THEN
        -- Waits for nobody: neither for one who is using the room nor for what a dead one left open.
        PERFORM 1 FROM room_owners
          WHERE room = opened AND lease_until <= clock_timestamp() FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
          fresh := 0;
          RETURN NEXT;
          RETURN;
        END IF;
      END IF;
      INSERT INTO room_owners AS owner(room, node, epoch, lease_until)
        VALUES (opened, own_node, 1, clock_timestamp() + life_ms * INTERVAL '1 millisecond')
        ON CONFLICT (room) DO UPDATE SET node = excluded.node, epoch = owner.epoch + 1,
          lease_until = excluded.lease_until
        WHERE owner.node = excluded.node OR owner.lease_until <= clock_timestamp()
        RETURNING owner.epoch, owner.node INTO fresh, holder;
      IF fresh IS NULL THEN
        SELECT 0, nodes.node, nodes.address INTO fresh, holder, place
          FROM room_owners JOIN nodes ON nodes.node = room_owners.node WHERE room_owners.room = opened;
      END IF;
      RETURN NEXT;
    END $$
    """,
  ]
}
