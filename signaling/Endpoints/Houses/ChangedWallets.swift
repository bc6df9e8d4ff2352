// Wallets that hold something else than their owners were told: read a few at a time, and never twice at once.

/// Gathers accounts of wallets while a read is under way. What finds no place is not told: the owner's next
/// question tells it.
struct ChangedWallets: Sendable {
  private var waiting: [Int64] = []
  private var known: Set<Int64> = []
  private var isReading = false

  /// Wallets that wait: of a rush of gifts from so many viewers the database is asked in a second or two.
  static let waitingMax = 4096
  /// Wallets of one read: with a database on another machine, some ten milliseconds of the reading thread.
  static let readMax = 32

  mutating func add(_ account: Int64) {
    guard waiting.count < ChangedWallets.waitingMax, known.insert(account).inserted else { return }
    waiting.append(account)
  }

  /// The wallets to be read now, oldest first; nil: none, or a read is under way.
  ///
  /// One that changes from here on is read again: what is read now may be older.
  mutating func begin() -> [Int64]? {
    guard !isReading, !waiting.isEmpty else { return nil }
    isReading = true
    let accounts = Array(waiting.prefix(ChangedWallets.readMax))
    waiting.removeFirst(accounts.count)
    known.subtract(accounts)
    return accounts
  }

  /// The read is done.
  mutating func finish() { isReading = false }
}
