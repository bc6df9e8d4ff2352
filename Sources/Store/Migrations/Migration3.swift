// Schema 3: the ledger of coins.

extension Migration {
  /// Accounts, transfers and their postings; what wallets hold.
  ///
  /// Postings are only ever added. `wallets` repeats their sums for the accounts that must not go below
  /// zero, and the database itself refuses a negative one. What identifies people (`accounts.owner`,
  /// `transfers.subject`) can be erased; the sums stay.
  static let ledger = Migration(
    version: 3,
    statements: [
      """
      CREATE TABLE accounts(
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, owner TEXT) STRICT
      """,
      "CREATE UNIQUE INDEX accounts_by_owner ON accounts(kind, owner) WHERE owner IS NOT NULL",
      """
      CREATE TABLE transfers(
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, room INTEGER NOT NULL,
        number INTEGER, subject TEXT, key TEXT NOT NULL, parameters BLOB NOT NULL,
        item TEXT NOT NULL, count INTEGER NOT NULL, coins INTEGER NOT NULL, merchant TEXT NOT NULL,
        price_minor INTEGER NOT NULL, currency TEXT NOT NULL, source INTEGER UNIQUE,
        balance INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT
      """,
      // A key is used once for ever: 24 hours are too short where coins are meant.
      """
      CREATE UNIQUE INDEX transfers_by_key ON transfers(subject, room, key)
        WHERE subject IS NOT NULL
      """,
      "CREATE UNIQUE INDEX transfers_of_room ON transfers(room, number) WHERE number IS NOT NULL",
      """
      CREATE TABLE postings(
        transfer INTEGER NOT NULL REFERENCES transfers, account INTEGER NOT NULL REFERENCES accounts,
        coins INTEGER NOT NULL, PRIMARY KEY(transfer, account)) STRICT, WITHOUT ROWID
      """,
      "CREATE INDEX postings_of_account ON postings(account, transfer)",
      """
      CREATE TABLE wallets(
        account INTEGER PRIMARY KEY REFERENCES accounts,
        balance INTEGER NOT NULL CHECK(balance >= 0)) STRICT
      """,
    ])
}
