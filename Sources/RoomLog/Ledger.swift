// Coins between accounts: what is ordered of the ledger, and what stands in it.

/// An account of the ledger. Coins are counted in whole coins.
package struct LedgerAccount: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    /// A person's coins to spend; never below zero. The owner is an identity.
    case wallet
    /// What a host has earned with gifts. The owner is an identity.
    case earnings
    /// What the house keeps. No owner.
    case house
    /// Where bought coins come from: below zero by as many as are in circulation. The owner is a merchant.
    case issue
  }

  package var kind: Kind
  /// Empty for none.
  package var owner: String

  package init(_ kind: Kind, of owner: String = "") {
    self.kind = kind
    self.owner = owner
  }
}

/// Coins that go to an account, or (negative) leave it.
package struct LedgerPosting: Hashable, Sendable {
  package var account: LedgerAccount
  package var coins: Int64

  package init(_ account: LedgerAccount, _ coins: Int64) {
    self.account = account
    self.coins = coins
  }
}

/// What is wanted of the ledger: carried out whole or not at all, once for each (subject, room, key).
package struct TransferOrder: Hashable, Sendable {
  package enum Work: Hashable, Sendable {
    /// Coins are spent on a gift in a room; the postings' sum is 0, and one wallet pays.
    case gift([LedgerPosting])
    /// A purchase of coins begins; nothing moves yet.
    case purchase
    /// The merchant says that a purchase is paid: its coins come to its subject's wallet, once.
    case settle(purchase: Int64, merchant: String)
    /// Everything a transfer posted goes back, once.
    case undo(transfer: Int64)
    /// Nothing moves: whether the key was used is asked, by somebody who would be refused now.
    case recall
  }

  package var work: Work
  /// The room it is told in and the key belongs to; nil for none.
  package var room: RoomKey?
  /// Who orders it.
  package var subject: String
  package var key: String
  /// SHA-256 of the parameters in canonical form: the same key with others is refused.
  package var parameters: [UInt8]
  /// What it is for: a gift's name and count, a purchase's merchant and price. Names nobody.
  package var purpose: TransferPurpose
  /// Milliseconds since 1970 by the server's clock.
  package var atMs: Int64

  package init(
    _ work: Work, room: RoomKey? = nil, subject: String, key: String, parameters: [UInt8],
    purpose: TransferPurpose, atMs: Int64
  ) {
    self.work = work
    self.room = room
    self.subject = subject
    self.key = key
    self.parameters = parameters
    self.purpose = purpose
    self.atMs = atMs
  }

  /// Roughly the bytes it writes, to bound a group.
  package var byteCount: Int { 400 + subject.utf8.count + key.utf8.count }
}

/// What a transfer is for.
package struct TransferPurpose: Hashable, Sendable {
  /// The gift's or the pack's id; empty for neither.
  package var item: String
  /// How many of it.
  package var count: Int64
  /// What they cost together, or how many are bought.
  package var coins: Int64
  /// Of a purchase: who takes the money, and how much, in minor units of the currency.
  package var merchant: String
  package var priceMinor: Int64
  package var currency: String

  package init(
    item: String = "", count: Int64 = 0, coins: Int64 = 0, merchant: String = "",
    priceMinor: Int64 = 0, currency: String = ""
  ) {
    self.item = item
    self.count = count
    self.coins = coins
    self.merchant = merchant
    self.priceMinor = priceMinor
    self.currency = currency
  }
}

/// A transfer as the ledger keeps it. No row of it is ever changed but to forget the subject.
package struct Transfer: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case gift, purchase, deposit, refund
  }

  package var id: Int64
  package var kind: Kind
  package var room: RoomKey?
  /// Counts the gifts of its room: 1, 2, 3, …; nil for all else.
  package var number: Int64?
  /// Nil once erased.
  package var subject: String?
  package var purpose: TransferPurpose
  /// The purchase it settles or the transfer it undoes.
  package var source: Int64?
  /// The subject's wallet right after it.
  package var balance: Int64
  package var atMs: Int64
  /// The account of the wallet it moved coins into or out of; nil where it moved none.
  package var wallet: Int64?

  package init(
    id: Int64, kind: Kind, room: RoomKey?, number: Int64?, subject: String?,
    purpose: TransferPurpose, source: Int64?, balance: Int64, atMs: Int64, wallet: Int64? = nil
  ) {
    self.id = id
    self.kind = kind
    self.room = room
    self.number = number
    self.subject = subject
    self.purpose = purpose
    self.source = source
    self.balance = balance
    self.atMs = atMs
    self.wallet = wallet
  }
}

/// What a wallet holds, and since which transfer.
package struct WalletRow: Hashable, Sendable {
  package var owner: String
  package var balance: Int64
  /// The last transfer that moved it: the one with the larger number is the newer state.
  package var transfer: Int64

  package init(owner: String, balance: Int64, transfer: Int64) {
    self.owner = owner
    self.balance = balance
    self.transfer = transfer
  }
}

/// What became of a transfer that was ordered.
package enum TransferOutcome: Hashable, Sendable {
  /// On the disk.
  case posted(Transfer)
  /// On the disk since the same key was used first: nothing moved now.
  case repeated(Transfer)
  /// The key was used with other parameters.
  case mismatch
  /// The wallet holds less than would leave it.
  case insufficient(balance: Int64)
  /// There is no such purchase or transfer for this order.
  case unknown
  /// So many purchases of the last hour are not paid.
  case unsettled(Int64)
  /// It was settled or undone before, by this transfer.
  case done(Transfer)
  /// Not on the disk, and never will be: the store could not.
  case failed
}
