// What can be given, and which account gets the coins.

package import RoomLog

/// Something that can be given.
package struct Gift: Hashable, Sendable {
  /// `[a-z0-9-]{1,32}`.
  package let id: String
  /// What a page shows.
  package let emoji: String
  /// 1…`GiftCatalogue.coinsMax`.
  package let coins: Int64

  package init(id: String, emoji: String, coins: Int64) {
    self.id = id
    self.emoji = emoji
    self.coins = coins
  }
}

/// The gifts and the packs of coins a server offers, and how a gift is split.
package struct GiftCatalogue: Hashable, Sendable {
  /// Coins of the dearest gift: a slip of the finger stays bearable.
  package static let coinsMax: Int64 = 1_000_000
  /// Of one gift in one command.
  package static let countMax: Int64 = 99
  /// Coins of the biggest pack.
  package static let packCoinsMax: Int64 = 10_000_000

  /// Coins for money.
  package struct Pack: Hashable, Sendable {
    package let id: String
    package let coins: Int64
    package let priceMinor: Minor
    package let currency: String

    package init(id: String, coins: Int64, priceMinor: Minor, currency: String) {
      self.id = id
      self.coins = coins
      self.priceMinor = priceMinor
      self.currency = currency
    }
  }

  package var gifts: [Gift]
  package var packs: [Pack]
  /// Hundredths of a gift that go to the host, rounded down; the house keeps the rest. 0…100.
  package var hostPercent: Int64

  package init(gifts: [Gift], packs: [Pack], hostPercent: Int64) {
    self.gifts = gifts
    self.packs = packs
    self.hostPercent = min(max(0, hostPercent), 100)
  }

  /// What a server offers that was told nothing else.
  package static let standard = GiftCatalogue(
    gifts: [
      Gift(id: "rose", emoji: "🌹", coins: 1), Gift(id: "coffee", emoji: "☕️", coins: 5),
      Gift(id: "star", emoji: "⭐️", coins: 20), Gift(id: "gem", emoji: "💎", coins: 100),
      Gift(id: "rocket", emoji: "🚀", coins: 500),
    ],
    packs: [
      Pack(id: "small", coins: 100, priceMinor: 149, currency: "EUR"),
      Pack(id: "medium", coins: 500, priceMinor: 649, currency: "EUR"),
      Pack(id: "large", coins: 2500, priceMinor: 2999, currency: "EUR"),
    ], hostPercent: 70)

  /// What `count` of a gift cost, and what moves: the wallet pays, host and house get it.
  ///
  /// - Parameters:
  ///   - giver: an identity, as `host` is; without a host the house gets all.
  /// - Throws: `unknown-gift`, or `bad-field` for a count that can't be.
  package func give(
    _ id: String, count: Int64, from giver: String, to host: String?
  ) throws(ShopRefusal) -> (coins: Int64, postings: [LedgerPosting]) {
    guard let gift = gifts.first(where: { $0.id == id }) else {
      throw ShopRefusal(.unknownGift, "there is no such gift")
    }
    guard (1...GiftCatalogue.countMax).contains(count) else {
      throw ShopRefusal(.badField, "count: an integer from 1 to \(GiftCatalogue.countMax)")
    }
    if giver == host { throw ShopRefusal(.notEligible, "nobody gives to themselves") }
    let coins = gift.coins * count
    let share = host == nil ? 0 : coins * hostPercent / 100
    var postings = [LedgerPosting(LedgerAccount(.wallet, of: giver), -coins)]
    if let host, share > 0 {
      postings.append(LedgerPosting(LedgerAccount(.earnings, of: host), share))
    }
    if coins > share { postings.append(LedgerPosting(LedgerAccount(.house), coins - share)) }
    return (coins, postings)
  }
}
