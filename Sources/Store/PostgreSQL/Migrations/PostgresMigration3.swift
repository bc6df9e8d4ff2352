// Schema 3 for PostgreSQL: the ledger of coins.

extension PostgresMigration {
  /// The tables of `Migration.ledger`.
  static let ledger = PostgresMigration(
    version: 3,
    statements: [
      """
      CREATE TABLE accounts(
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind TEXT NOT NULL,
        owner TEXT COLLATE "C")
      """,
      "CREATE UNIQUE INDEX accounts_by_owner ON accounts(kind, owner) WHERE owner IS NOT NULL",
      """
      CREATE TABLE transfers(
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind TEXT NOT NULL, room BIGINT NOT NULL,
        number BIGINT, subject TEXT COLLATE "C", key TEXT COLLATE "C" NOT NULL,
        parameters BYTEA NOT NULL, item TEXT NOT NULL, count BIGINT NOT NULL, coins BIGINT NOT NULL,
        merchant TEXT NOT NULL, price_minor BIGINT NOT NULL, currency TEXT NOT NULL,
        source BIGINT UNIQUE, balance BIGINT NOT NULL, at_ms BIGINT NOT NULL)
      """,
      """
      CREATE UNIQUE INDEX transfers_by_key ON transfers(subject, room, key)
        WHERE subject IS NOT NULL
      """,
      "CREATE UNIQUE INDEX transfers_of_room ON transfers(room, number) WHERE number IS NOT NULL",
      """
      CREATE TABLE postings(
        transfer BIGINT NOT NULL REFERENCES transfers, account BIGINT NOT NULL REFERENCES accounts,
        coins BIGINT NOT NULL, PRIMARY KEY (transfer, account))
      """,
      "CREATE INDEX postings_of_account ON postings(account, transfer)",
      """
      CREATE TABLE wallets(
        account BIGINT PRIMARY KEY REFERENCES accounts,
        balance BIGINT NOT NULL CHECK (balance >= 0)) WITH (fillfactor = 70)
      """,
    ])
}
