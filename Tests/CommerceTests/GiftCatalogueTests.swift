// What a gift costs and who gets it.

import RoomLog
import Testing

@testable import Commerce

@Suite("Gifts")
struct GiftCatalogueTests {
  private let catalogue = GiftCatalogue(
    gifts: [Gift(id: "rose", emoji: "🌹", coins: 1), Gift(id: "gem", emoji: "💎", coins: 99)],
    packs: [], hostPercent: 70)

  @Test("what the wallet pays is what host and house get, whatever is rounded", arguments: 1...99)
  func balanced(count: Int64) throws {
    for gift in ["rose", "gem"] {
      let (coins, postings) = try catalogue.give(gift, count: count, from: "ann", to: "host")
      #expect(postings.reduce(0) { $0 + $1.coins } == 0)
      #expect(postings[0] == LedgerPosting(LedgerAccount(.wallet, of: "ann"), -coins))
      let share = postings.filter { $0.account.kind == .earnings }.reduce(0) { $0 + $1.coins }
      #expect(share == coins * 70 / 100)
    }
  }

  @Test("without a host the house gets it; nobody gives to themselves")
  func hosts() throws {
    let (_, postings) = try catalogue.give("gem", count: 2, from: "ann", to: nil)
    #expect(
      postings == [
        LedgerPosting(LedgerAccount(.wallet, of: "ann"), -198),
        LedgerPosting(LedgerAccount(.house), 198),
      ])
    #expect(throws: ShopRefusal.self) {
      try catalogue.give("gem", count: 1, from: "ann", to: "ann")
    }
  }

  @Test(
    "counts and gifts that can't be are refused by name", arguments: [Int64.min, -1, 0, 100, .max])
  func refusals(count: Int64) {
    func code(_ id: String, _ count: Int64) -> ShopRefusal.Code? {
      do throws(ShopRefusal) {
        _ = try catalogue.give(id, count: count, from: "ann", to: "host")
        return nil
      } catch {
        return error.code
      }
    }
    #expect(code("rose", count) == .badField)
    #expect(code("castle", 1) == .unknownGift)
  }
}
