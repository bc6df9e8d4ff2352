// The ledger's part of a commit: transfers are judged and posted inside the open transaction.

import RoomLog

/// Posts transfers. Every balance is checked by the row it changes, in the transaction that changes it.
struct LedgerWriter {
  private let database: any SQLDatabase

  init(_ database: any SQLDatabase) { self.database = database }

  /// Carries out one order within the open transaction. Whatever is not `.posted` changed nothing.
  func post(_ order: TransferOrder) throws(StoreError) -> TransferOutcome {
    if let known = try known(order) { return known }
    switch order.work {
    case .gift(let postings): return try post(order, .gift, postings, source: nil)
    case .purchase:
      let open = try unsettled(order)
      guard open < LedgerWriter.unsettledMax else { return .unsettled(open) }
      return try post(order, .purchase, [], source: nil)
    case .settle(let purchase, let merchant):
      return try settle(purchase, of: merchant, order)
    case .undo(let transfer): return try undo(transfer, order)
    case .recall: return .unknown
    }
  }

  /// The answer to a key that was used before.
  private func known(_ order: TransferOrder) throws(StoreError) -> TransferOutcome? {
    let found = try database.first(
      LedgerRows.columns + ", parameters FROM transfers WHERE subject = ? AND room = ? AND key = ?",
      [.text(order.subject), .integer(order.room?.rawValue ?? 0), .text(order.key)]
    ) { (LedgerRows.transfer($0), $0.bytes(LedgerRows.count)) }
    guard let (transfer, parameters) = found else { return nil }
    return parameters == order.parameters ? .repeated(transfer) : .mismatch
  }

  /// Purchases of one subject in an hour that nobody has paid: each is a row for ever, and a question to
  /// the merchant.
  private static let unsettledMax: Int64 = 5
  private static let unsettledMs: Int64 = 3_600_000

  private func unsettled(_ order: TransferOrder) throws(StoreError) -> Int64 {
    try database.integer(
      """
      SELECT count(*) FROM transfers AS bought WHERE subject = ? AND kind = ? AND at_ms > ?
        AND NOT EXISTS (SELECT 1 FROM transfers AS paid WHERE paid.source = bought.id)
      """, .text(order.subject), .text(Transfer.Kind.purchase.rawValue),
      .integer(order.atMs - LedgerWriter.unsettledMs)) ?? 0
  }

  // MARK: Kinds

  private func settle(
    _ purchase: Int64, of merchant: String, _ order: TransferOrder
  ) throws(StoreError) -> TransferOutcome {
    guard let bought = try transfer(purchase), bought.kind == .purchase,
      bought.purpose.merchant == merchant, let owner = bought.subject
    else { return .unknown }
    if let done = try transfer(from: purchase) { return .done(done) }
    var order = order
    order.purpose = bought.purpose
    let coins = bought.purpose.coins
    return try post(
      order, .deposit,
      [
        LedgerPosting(LedgerAccount(.issue, of: merchant), -coins),
        LedgerPosting(LedgerAccount(.wallet, of: owner), coins),
      ], source: purchase, wallet: owner)
  }

  private func undo(_ id: Int64, _ order: TransferOrder) throws(StoreError) -> TransferOutcome {
    guard let undone = try transfer(id), undone.kind == .gift || undone.kind == .deposit else {
      return .unknown
    }
    if let done = try transfer(from: id) { return .done(done) }
    let rows = try database.rows(
      "SELECT account, coins FROM postings WHERE transfer = ? ORDER BY coins DESC", [.integer(id)]
    ) { (account: $0.integer(0), coins: -$0.integer(1)) }
    var order = order
    order.purpose = undone.purpose
    return try post(order, .refund, rows, source: id, wallet: undone.subject)
  }

  // MARK: Posting

  private func post(
    _ order: TransferOrder, _ kind: Transfer.Kind, _ postings: [LedgerPosting], source: Int64?,
    wallet: String? = nil
  ) throws(StoreError) -> TransferOutcome {
    // What can't be paid leaves nothing behind, accounts neither.
    for posting in postings where posting.account.kind == .wallet && posting.coins < 0 {
      let balance = try LedgerRows.balance(of: posting.account.owner, database)
      if balance + posting.coins < 0 { return .insufficient(balance: balance) }
    }
    var rows: [(account: Int64, coins: Int64)] = []
    for posting in postings { rows.append((try account(posting.account), posting.coins)) }
    return try post(order, kind, rows, source: source, wallet: wallet ?? order.subject)
  }

  private func post(
    _ order: TransferOrder, _ kind: Transfer.Kind, _ rows: [(account: Int64, coins: Int64)],
    source: Int64?, wallet: String?
  ) throws(StoreError) -> TransferOutcome {
    // Coins come from somewhere: a sum that is not zero is our own bug, and nothing of it is stored.
    var sum: Int64 = 0
    for row in rows {
      let (next, isOver) = sum.addingReportingOverflow(row.coins)
      guard !isOver else { return .failed }
      sum = next
    }
    guard sum == 0 else { return .failed }
    // What leaves a wallet first: when it is not there nothing has been changed yet.
    for row in rows.sorted(by: { $0.coins < $1.coins }) {
      if let balance = try change(wallet: row.account, row.coins) {
        return .insufficient(balance: balance)
      }
    }
    let id = try insert(order, kind, source: source, balance: try balance(of: wallet))
    for row in rows {
      try database.run(
        "INSERT INTO postings(transfer, account, coins) VALUES (?, ?, ?)", .integer(id),
        .integer(row.account), .integer(row.coins))
    }
    guard let transfer = try transfer(id) else { return .failed }
    return .posted(transfer)
  }

  /// Changes what a wallet holds; any other account needs no row of its own.
  ///
  /// - Returns: what it holds, if that is not enough; nil when it is done, or the account is no wallet.
  private func change(wallet account: Int64, _ coins: Int64) throws(StoreError) -> Int64? {
    try database.run(
      "UPDATE wallets SET balance = balance + ?2 WHERE account = ?1 AND balance + ?2 >= 0",
      .integer(account), .integer(coins))
    if database.changes == 1 { return nil }
    return try database.integer("SELECT balance FROM wallets WHERE account = ?", .integer(account))
  }

  private func insert(
    _ order: TransferOrder, _ kind: Transfer.Kind, source: Int64?, balance: Int64
  ) throws(StoreError) -> Int64 {
    let room = order.room?.rawValue ?? 0
    let number =
      kind == .gift
      ? 1
        + (try database.integer("SELECT max(number) FROM transfers WHERE room = ?", .integer(room))
          ?? 0) : nil
    let purpose = order.purpose
    let id = try database.integer(
      """
      INSERT INTO transfers(kind, room, number, subject, key, parameters, item, count, coins,
        merchant, price_minor, currency, source, balance, at_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
      """, .text(kind.rawValue), .integer(room), .optional(number), .text(order.subject),
      .text(order.key), .bytes(order.parameters), .text(purpose.item), .integer(purpose.count),
      .integer(purpose.coins), .text(purpose.merchant), .integer(purpose.priceMinor),
      .text(purpose.currency), .optional(source), .integer(balance), .integer(order.atMs))
    guard let id else { throw .damaged("a transfer has no number") }
    return id
  }

  /// The number of an account, made when there is none.
  private func account(_ account: LedgerAccount) throws(StoreError) -> Int64 {
    let (kind, owner) = (SQLValue.text(account.kind.rawValue), SQLValue.text(account.owner))
    if let id = try database.integer(
      "SELECT id FROM accounts WHERE kind = ? AND owner = ?", kind, owner)
    {
      return id
    }
    let made = try database.integer(
      "INSERT INTO accounts(kind, owner) VALUES (?, ?) RETURNING id", kind, owner)
    guard let id = made else { throw .damaged("an account has no number") }
    if account.kind == .wallet {
      try database.run("INSERT INTO wallets(account, balance) VALUES (?, 0)", .integer(id))
    }
    return id
  }

  private func balance(of owner: String?) throws(StoreError) -> Int64 {
    guard let owner else { return 0 }
    return try LedgerRows.balance(of: owner, database)
  }

  private func transfer(_ id: Int64) throws(StoreError) -> Transfer? {
    try database.first(
      LedgerRows.columns + " FROM transfers WHERE id = ?", [.integer(id)], LedgerRows.transfer)
  }

  /// What settled or undid a transfer.
  private func transfer(from source: Int64) throws(StoreError) -> Transfer? {
    try database.first(
      LedgerRows.columns + " FROM transfers WHERE source = ?", [.integer(source)],
      LedgerRows.transfer)
  }
}
