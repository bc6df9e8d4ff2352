// Gifts of a room: what was recorded of the ledger's postings, runs of one gift, and who gave most.

/// The sums of a room's gifts.
package struct GiftTally: Hashable, Sendable {
  /// The last of the ledger's postings of this room that the log has.
  package private(set) var lastPosting: Int64 = 0
  /// Coins of all gifts.
  package private(set) var coins: Int64 = 0
  private(set) var byBuyer = SortedTable<BuyerID, Int64>()
  private var ranking = SortedTable<Rank, Bool>()
  /// Runs that can still go on, by their last gift.
  private(set) var combos: [Combo] = []

  /// A buyer's run of one gift.
  struct Combo: Hashable, Sendable {
    var buyer: BuyerID
    var gift: String
    var count: Int64
    var atMs: Int64
  }

  /// The most coins first, then the lower number.
  private struct Rank: Hashable, Comparable, Sendable {
    var coins: Int64
    var buyer: BuyerID
    static func < (a: Rank, b: Rank) -> Bool {
      a.coins != b.coins ? a.coins > b.coins : a.buyer < b.buyer
    }
  }

  /// One place of the leaderboard.
  package struct Leader: Hashable, Sendable {
    package let buyer: BuyerID
    package let coins: Int64
  }

  /// Who gave most, at most `ShopLimits.leadersMax`.
  package var leaders: [Leader] {
    ranking.prefix(ShopLimits.leadersMax).map {
      Leader(buyer: $0.key.buyer, coins: $0.key.coins)
    }
  }

  /// Coins that one buyer gave.
  package func coins(of buyer: BuyerID) -> Int64 { byBuyer[buyer] ?? 0 }

  /// How many of this gift the buyer has given in one go, with `count` more now.
  func combo(_ posting: GiftPosting, at atMs: Int64) -> Int64 {
    let run = combos.last { $0.buyer == posting.buyer && $0.gift == posting.gift }
    // Those who were erased are not one.
    guard let run, posting.buyer != .server, atMs - run.atMs <= ShopLimits.comboMs else {
      return posting.count
    }
    return min(run.count + posting.count, ShopLimits.minorMax)
  }

  /// Counts a gift; false when it is not the next posting.
  mutating func add(_ event: GiftedEvent, at atMs: Int64) -> Bool {
    let posting = event.posting
    guard posting.number == lastPosting + 1, posting.coins >= 0, posting.count > 0 else {
      return false
    }
    lastPosting = posting.number
    coins = min(coins + min(posting.coins, ShopLimits.minorMax), ShopLimits.timeMsMax)
    combos.removeAll {
      atMs - $0.atMs > ShopLimits.comboMs
        || ($0.buyer == posting.buyer && $0.gift == posting.gift)
    }
    combos.append(
      Combo(buyer: posting.buyer, gift: posting.gift, count: event.combo, atMs: atMs))
    credit(posting.buyer, posting.coins)
    return true
  }

  private mutating func credit(_ buyer: BuyerID, _ coins: Int64) {
    // Who was erased leads nobody.
    guard buyer != .server else { return }
    let old = byBuyer[buyer]
    if let old { ranking[Rank(coins: old, buyer: buyer)] = nil }
    let sum = min((old ?? 0) + min(coins, ShopLimits.minorMax), ShopLimits.timeMsMax)
    byBuyer[buyer] = sum
    ranking[Rank(coins: sum, buyer: buyer)] = true
    if byBuyer.count > ShopLimits.giversMax, let least = ranking.last {
      byBuyer[least.key.buyer] = nil
      ranking[least.key] = nil
    }
  }

  init() {}

  /// As a snapshot has it.
  init(lastPosting: Int64, coins: Int64, byBuyer: SortedTable<BuyerID, Int64>, combos: [Combo]) {
    self.lastPosting = lastPosting
    self.coins = coins
    self.byBuyer = byBuyer
    self.combos = combos
    for entry in byBuyer { ranking[Rank(coins: entry.value, buyer: entry.key)] = true }
  }
}
