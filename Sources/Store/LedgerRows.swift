// The ledger's rows as they are read.

package import RoomLog

/// How a transfer is read.
enum LedgerRows {
  static let columns = """
    SELECT transfers.id, kind, room, number, subject, item, count, transfers.coins, merchant,
      price_minor, currency, source, transfers.balance, at_ms,
      (SELECT max(moved.account) FROM postings AS moved JOIN wallets ON wallets.account = moved.account
        WHERE moved.transfer = transfers.id)
    """
  /// How many columns that are.
  static let count: Int32 = 15

  static func transfer(_ row: any SQLRow) -> Transfer {
    let room = row.integer(2)
    return Transfer(
      id: row.integer(0), kind: Transfer.Kind(rawValue: row.string(1)) ?? .purchase,
      room: room == 0 ? nil : RoomKey(rawValue: room), number: row.optionalInteger(3),
      subject: row.optionalString(4),
      purpose: TransferPurpose(
        item: row.string(5), count: row.integer(6), coins: row.integer(7), merchant: row.string(8),
        priceMinor: row.integer(9), currency: row.string(10)),
      source: row.optionalInteger(11), balance: row.integer(12), atMs: row.integer(13),
      wallet: row.optionalInteger(14))
  }

  /// What a person's wallet holds.
  static func balance(of owner: String, _ database: any SQLDatabase) throws(StoreError) -> Int64 {
    try database.integer(
      """
      SELECT balance FROM wallets JOIN accounts ON accounts.id = wallets.account
      WHERE kind = 'wallet' AND owner = ?
      """, .text(owner)) ?? 0
  }
}

extension RoomReader {
  /// What a person's wallet holds, in coins.
  package func balance(of identity: String) throws(StoreError) -> Int64 {
    try LedgerRows.balance(of: identity, database)
  }

  /// The wallets with these accounts; those that are none, or whose owner was erased, are left out.
  package func wallets(_ accounts: [Int64]) throws(StoreError) -> [WalletRow] {
    var wallets: [WalletRow] = []
    for account in accounts {
      let wallet = try database.first(
        """
        SELECT owner, balance,
          (SELECT coalesce(max(transfer), 0) FROM postings WHERE account = wallets.account)
        FROM wallets JOIN accounts ON accounts.id = wallets.account
        WHERE wallets.account = ? AND owner IS NOT NULL
        """, [.integer(account)]
      ) { WalletRow(owner: $0.string(0), balance: $0.integer(1), transfer: $0.integer(2)) }
      if let wallet { wallets.append(wallet) }
    }
    return wallets
  }

  /// What a host has earned with gifts, in coins.
  package func earnings(of identity: String) throws(StoreError) -> Int64 {
    try database.integer(
      """
      SELECT CAST(sum(coins) AS BIGINT) FROM postings JOIN accounts ON accounts.id = postings.account
      WHERE kind = 'earnings' AND owner = ?
      """, .text(identity)) ?? 0
  }

  /// What went into a person's wallet and (negative) out of it, newest first, with numbers below a bound;
  /// at most `StoreLimits.pageMax`.
  package func moves(
    of identity: String, before bound: Int64 = .max, limit: Int
  ) throws(StoreError) -> [(transfer: Transfer, coins: Int64)] {
    try database.rows(
      LedgerRows.columns + """
        , postings.coins FROM postings JOIN transfers ON transfers.id = postings.transfer
        WHERE account = (SELECT id FROM accounts WHERE kind = 'wallet' AND owner = ?)
          AND transfer < ? ORDER BY transfer DESC LIMIT ?
        """,
      [.text(identity), .integer(bound), .integer(Int64(RoomReader.bounded(limit)))]
    ) { (LedgerRows.transfer($0), $0.integer(LedgerRows.count)) }
  }

  /// A transfer by its number; nil when there is none.
  package func transfer(_ id: Int64) throws(StoreError) -> Transfer? {
    try database.first(
      LedgerRows.columns + " FROM transfers WHERE id = ?", [.integer(id)], LedgerRows.transfer)
  }

  /// The gifts of a room after its log's last one, in order: what a crash kept out of the log.
  package func gifts(in room: RoomKey, after number: Int64) throws(StoreError) -> [Transfer] {
    try database.rows(
      LedgerRows.columns + " FROM transfers WHERE room = ? AND number > ? ORDER BY number",
      [.integer(room.rawValue), .integer(number)], LedgerRows.transfer)
  }

  /// Everything that is wrong with the ledger; empty in a whole one.
  package func ledgerFaults() throws(StoreError) -> [String] {
    var faults: [String] = []
    let sum = try database.integer("SELECT CAST(sum(coins) AS BIGINT) FROM postings") ?? 0
    if sum != 0 { faults.append("all postings together are \(sum), not 0") }
    faults += try database.rows(
      """
      SELECT transfer, CAST(sum(coins) AS BIGINT) FROM postings
      GROUP BY transfer HAVING sum(coins) <> 0
      """
    ) { "transfer \($0.integer(0)) makes or loses \($0.integer(1)) coins" }
    faults += try database.rows(
      """
      SELECT wallets.account, balance, CAST(coalesce(sum(coins), 0) AS BIGINT) FROM wallets
      LEFT JOIN postings ON postings.account = wallets.account
      GROUP BY wallets.account HAVING balance < 0 OR balance <> coalesce(sum(coins), 0)
      """
    ) {
      "wallet \($0.integer(0)) holds \($0.integer(1)), its postings make \($0.integer(2))"
    }
    return faults
  }
}
