// What a gift costs and who gets it.

import JSON
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

  private func read(_ text: String) throws -> GiftCatalogue {
    try GiftCatalogue(JSONFields(document: try JSONValue.parse(Array(text.utf8))))
  }

  @Test("a server's own catalogue: what it does not say is as in the standard one")
  func configured() throws {
    let own = try read(
      """
      {"gifts":[{"id":"cake","emoji":"🎂","coins":7}],"hostPercent":25,
       "packs":[{"id":"one","coins":10,"priceMinor":99,"currency":"SEK"}]}
      """)
    #expect(own.gifts == [Gift(id: "cake", emoji: "🎂", coins: 7)])
    #expect(own.packs.map(\.currency) == ["SEK"])
    #expect(try read("{}") == .standard)
    #expect(try read("{\"gifts\":[]}").packs == GiftCatalogue.standard.packs)
  }

  @Test("postings follow the configured share, down to nothing and up to all", arguments: 0...100)
  func share(percent: Int64) throws {
    let own = try read("{\"hostPercent\":\(percent)}")
    let (coins, postings) = try own.give("star", count: 3, from: "ann", to: "host")
    func sum(_ kind: LedgerAccount.Kind) -> Int64 {
      postings.filter { $0.account.kind == kind }.reduce(0) { $0 + $1.coins }
    }
    #expect(sum(.wallet) == -coins && sum(.earnings) == coins * percent / 100)
    #expect(sum(.house) == coins - coins * percent / 100)
    #expect(postings.allSatisfy { $0.coins != 0 })
  }

  @Test(
    "a catalogue with a fault is refused whole, and the refusal names the member",
    arguments: [
      ("{\"hostPercent\":101}", "hostPercent"), ("{\"hostPercent\":-1}", "hostPercent"),
      ("{\"gifts\":{}}", "gifts"), ("{\"gifts\":[{}]}", "gifts[0].emoji"),
      ("{\"gifts\":[{\"id\":\"A b\",\"emoji\":\"x\",\"coins\":1}]}", "gifts[0].id"),
      ("{\"gifts\":[{\"id\":\"a\",\"emoji\":\"x\",\"coins\":0}]}", "gifts[0].coins"),
      ("{\"gifts\":[{\"id\":\"a\",\"emoji\":\"\",\"coins\":1}]}", "gifts[0].emoji"),
      (
        "{\"gifts\":[{\"id\":\"a\",\"emoji\":\"x\",\"coins\":1},{\"id\":\"a\",\"emoji\":\"x\",\"coins\":1}]}",
        "gifts"
      ),
      (
        "{\"packs\":[{\"id\":\"a\",\"coins\":1,\"priceMinor\":1,\"currency\":\"eur\"}]}",
        "packs[0].currency"
      ),
      (
        "{\"packs\":[{\"id\":\"a\",\"coins\":1,\"priceMinor\":0,\"currency\":\"EUR\"}]}",
        "packs[0].priceMinor"
      ),
    ])
  func faults(text: String, path: String) {
    #expect { try read(text) } throws: { ($0 as? JSONMismatch)?.path == path }
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
