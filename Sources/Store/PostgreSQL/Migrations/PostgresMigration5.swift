// Schema 5 for PostgreSQL: where processes reach each other, and what they must agree on.

extension PostgresMigration {
  /// `nodes.door`: where other processes reach one. `shared_secrets`: the newest row of a name counts, of
  /// those before it only the digest is kept, so that an old one is known again. `revocations`: tokens that
  /// no process takes; a lifted one stays a while, so that all hear of it.
  static let nodes = PostgresMigration(
    version: 5,
    statements: [
      "ALTER TABLE nodes ADD COLUMN door TEXT NOT NULL DEFAULT ''",
      """
      CREATE TABLE shared_secrets(
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL,
        digest BYTEA NOT NULL, value TEXT, UNIQUE (name, digest))
      """,
      "CREATE SEQUENCE revocation_changes",
      """
      CREATE TABLE revocations(
        room TEXT COLLATE "C" NOT NULL, subject TEXT COLLATE "C" NOT NULL, until_ms BIGINT,
        lifted BIGINT NOT NULL,
        change BIGINT NOT NULL DEFAULT nextval('revocation_changes'),
        at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (room, subject))
      """,
      "CREATE INDEX revocations_by_time ON revocations(at)",
      "DROP FUNCTION hawker_open(BIGINT, TEXT, BIGINT, BIGINT)",
      opening,
    ])

  /// As in schema 1, and tells the holder's door, too.
  private static let opening = """
    CREATE FUNCTION hawker_open(own_node BIGINT, wanted TEXT, now_ms BIGINT, life_ms BIGINT)
    RETURNS TABLE (opened BIGINT, fresh BIGINT, holder BIGINT, place TEXT, entry TEXT)
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
      SELECT nodes.node, nodes.address, nodes.door INTO holder, place, entry
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
        SELECT 0, nodes.node, nodes.address, nodes.door INTO fresh, holder, place, entry
          FROM room_owners JOIN nodes ON nodes.node = room_owners.node WHERE room_owners.room = opened;
      END IF;
      RETURN NEXT;
    END $$
    """
}
