// Gifts: judged by the room, paid by the ledger, told by the room's log.

import Access
import Commerce
import HTTP
import JSON
import Nodes
import Room
import RoomLog
import Testing
import Wire

@testable import Endpoints

@Suite("Gifts and coins")
struct GiftTests {
  /// A room with a host, a viewer with coins and a merchant.
  private struct Show {
    var test: RoomAPIStage

    init(coins: Int64 = 100) throws {
      test = try RoomAPIStage()
      test.stage.setMerchants(["shop"])
      try test.join(1, "alice", .host)
      try test.join(2, "bob", .viewer)
      guard coins > 0 else { return }
      let bought = try test.ask(.post, "/coins", ["pack": "small"], token: test.bob)
      #expect(bought.status == 200)
      try pay(try #require(bought.number("purchase")))
    }

    mutating func pay(_ purchase: Int64, id: String = "hook-1") throws {
      test.stage.paid(purchase, id: id)
    }

    mutating func give(
      _ gift: String, _ count: Int64 = 1, key: String? = nil
    ) throws -> HTTPResponse {
      test.stage.now = test.stage.now + .seconds(5)
      return try test.ask(
        .post, "/gifts", ["gift": .string(gift), "count": .integer(count)], token: test.bob,
        key: key)
    }

    mutating func balance() throws -> Int64? {
      try test.ask(.get, "/wallet", token: test.bob).number("balance")
    }

    /// What a socket was told of its member's wallet.
    func wallets(_ socket: UInt64) -> [JSONObject] {
      (test.stage.sent[socket] ?? []).filter { $0["type"] == "walletChanged" }
    }

    /// The gifts a socket was told of.
    func told(_ socket: UInt64) -> [JSONObject] {
      (test.stage.told[socket] ?? []).filter { $0["type"] == "gifted" }
    }
  }

  @Test("a gift is paid from the wallet, and everybody in the room sees it")
  func gift() throws {
    var show = try Show()
    #expect(try show.balance() == 100)
    let answer = try show.give("star", 2)
    #expect(answer.status == 200)
    #expect(answer.number("balance") == 60 && answer.number("coins") == 40)
    #expect(show.told(1).count == 1 && show.told(2).count == 1)
    let wallet = try show.test.ask(.get, "/wallet", token: show.test.bob)
    #expect(wallet.number("balance") == 60)
    guard case .array(let lines)? = wallet.json["transfers"] else {
      Issue.record("no transfers")
      return
    }
    #expect(lines.count == 2)
    #expect(wallet.number("earnings") == 0)
    let host = try show.test.ask(.get, "/wallet", token: show.test.host)
    #expect(host.number("balance") == 0 && host.number("earnings") == 28)
    #expect(show.test.stage.core.houses["demo"]?.state.shop.gifts.lastPosting == 1)
  }

  @Test("the same key again: one effect, the same bytes; with other parameters it is refused")
  func keys() throws {
    var show = try Show()
    let first = try show.give("star", key: "k1")
    for _ in 0..<20 {
      let again = try show.give("star", key: "k1")
      #expect(again.status == 200 && again.body == first.body)
    }
    #expect(try show.balance() == 80)
    #expect(show.told(2).count == 1)
    let other = try show.give("gem", key: "k1")
    #expect(other.status == 422)
    #expect(try show.balance() == 80)
  }

  @Test("what was paid for gets its reply again whatever the room says by then, and however often")
  func repeatsLater() throws {
    var show = try Show()
    let first = try show.give("star", key: "k1")
    #expect(
      try show.test.ask(.patch, "/shop", ["paused": true], token: show.test.host).status == 200)
    #expect(try show.give("star", key: "k2").code == "sales-paused")
    // Faster than anybody may give, too.
    for _ in 0..<40 {
      let again = try show.test.ask(
        .post, "/gifts", ["gift": "star", "count": 1], token: show.test.bob, key: "k1")
      #expect(again.status == 200 && again.body == first.body)
    }
    #expect(try show.give("gem", key: "k1").code == "idempotency-mismatch")
    #expect(try show.balance() == 80)
    #expect(
      try show.test.ask(.patch, "/shop", ["paused": false], token: show.test.host).status == 200)
    // A key of what was refused is as good as new, and is counted.
    #expect(try show.give("star", key: "k2").status == 200)
    show.test.stage.now = show.test.stage.now + .seconds(5)
    let codes = try (0..<8).map { _ in
      try show.test.ask(
        .post, "/gifts", ["gift": "rocket", "count": 1], token: show.test.bob, key: "no"
      ).code
    }
    #expect(codes.prefix(5).allSatisfy { $0 == "insufficient-coins" })
    #expect(codes.suffix(3).allSatisfy { $0 == "rate" })
  }

  @Test("refusals are named, and nothing changes")
  func refusals() throws {
    var show = try Show()
    #expect(try show.give("castle").code == "unknown-gift")
    #expect(try show.give("rocket").code == "insufficient-coins")
    #expect(try show.give("rose", 0).status == 400)
    let own = try show.test.ask(.post, "/gifts", ["gift": "rose"], token: show.test.host)
    #expect(own.code == "not-eligible")
    #expect(
      try show.test.ask(.patch, "/shop", ["paused": true], token: show.test.host).status == 200)
    #expect(try show.give("rose").code == "sales-paused")
    #expect(try show.balance() == 100)
    #expect(show.told(2).isEmpty)
  }

  @Test("coins come when the merchant says they are paid, once however often it says so")
  func purchase() throws {
    var show = try Show(coins: 0)
    let bought = try show.test.ask(.post, "/coins", ["pack": "medium"], token: show.test.bob)
    let purchase = try #require(bought.number("purchase"))
    #expect(bought.number("balance") == 0)
    let call = try #require(show.test.stage.merchantCalls.last)
    #expect(call.thing == .coins(purchase) && call.merchant == "shop")
    #expect(call.data["totalMinor"] == 649 && call.data["buyer"] == "bob")
    show.test.stage.answer(call, .payment(url: "https://pay.example/1"))
    let offered = try #require(
      show.test.stage.sent[2]?.last { $0["type"] == "coinsOffered" })
    #expect(offered["paymentURL"] == "https://pay.example/1")
    try show.pay(purchase)
    try show.pay(purchase)
    try show.pay(purchase, id: "hook-2")
    #expect(try show.balance() == 500)
  }

  @Test("a refund posts a gift back once; only a service of all rooms may ask")
  func refund() throws {
    var show = try Show()
    let given = try show.give("star")
    let transfer = try #require(given.number("transfer"))
    let path = "/api/v1/transfers/\(transfer)/refund"
    let service = try show.test.stage.token("desk", .service, room: "*")
    #expect(try show.test.stage.ask(.post, path, token: show.test.host)?.status == 403)
    for _ in 0..<3 {
      let answer = try #require(try show.test.stage.ask(.post, path, token: service))
      try check(answer, against: .server(.refundTransfer))
      #expect(answer.status == 200)
      #expect(try show.balance() == 100)
    }
    let unknown = try show.test.stage.ask(.post, "/api/v1/transfers/999/refund", token: service)
    #expect(unknown?.status == 404)
  }

  @Test("whose wallet moves is told on all of their sockets, in every room; nobody else is")
  func wallet() throws {
    var show = try Show(coins: 0)
    _ = try show.test.stage.join(5, "bob", .viewer, room: "other")
    _ = try show.test.stage.join(6, "eve", .viewer, room: "other")
    let bought = try show.test.ask(.post, "/coins", ["pack": "small"], token: show.test.bob)
    #expect(show.wallets(2).isEmpty, "nothing moved")
    try show.pay(try #require(bought.number("purchase")))
    let transfer = try #require(try show.give("star").number("transfer"))
    // A key that was used moves nothing.
    #expect(try show.give("star", key: "k").status == 200)
    #expect(try show.give("star", key: "k").status == 200)
    let service = try show.test.stage.token("desk", .service, room: "*")
    let refund = "/api/v1/transfers/\(transfer)/refund"
    #expect(try show.test.stage.ask(.post, refund, token: service)?.status == 200)
    for socket: UInt64 in [2, 5] {
      #expect(show.wallets(socket).map { $0["balance"] } == [100, 80, 60, 80])
      #expect(show.wallets(socket).dropFirst().first?["transfer"] == .integer(transfer))
    }
    #expect(show.wallets(1).isEmpty && show.wallets(6).isEmpty)
  }

  @Test("what another process did to a wallet is read from the database, and told as it is by then")
  func walletElsewhere() throws {
    var show = try Show()
    let key = try #require(show.test.stage.core.houses.key(of: "demo"))
    let postings = try GiftCatalogue.standard.give("coffee", count: 2, from: "bob", to: "alice")
    let order = TransferOrder(
      .gift(postings.postings), room: key, subject: "bob", key: "there", parameters: [],
      purpose: TransferPurpose(item: "coffee", count: 2, coins: postings.coins), atMs: 1)
    guard
      case .transferred(_, .posted(let transfer))? = show.test.store.carryOut(
        .transfer(order, number: 9))
    else {
      Issue.record("not posted")
      return
    }
    let wallet = try #require(transfer.wallet)
    let before = show.wallets(2).count
    show.test.stage.hear([.wallet(wallet), .wallet(wallet + 1000), .rooms])
    let told = show.wallets(2).dropFirst(before)
    #expect(told.map { $0["balance"] } == [.integer(100 - postings.coins)])
    #expect(told.first?["transfer"] == .integer(transfer.id))
  }

  @Test("however many wallets change, a few are read at a time, and each again if it changed since")
  func reads() {
    var wallets = ChangedWallets()
    for account in 0..<Int64(ChangedWallets.waitingMax) + 9 {
      wallets.add(account)
      wallets.add(account)
    }
    let first = wallets.begin()
    #expect(first?.count == ChangedWallets.readMax && first?.first == 0)
    #expect(wallets.begin() == nil, "one read at a time")
    wallets.add(0)
    wallets.finish()
    var reads = 1
    var last: [Int64] = []
    while let accounts = wallets.begin() {
      reads += 1
      last = accounts
      wallets.finish()
    }
    #expect(last.last == 0)
    #expect(reads == ChangedWallets.waitingMax / ChangedWallets.readMax + 1)
  }

  @Test("a gift that was paid for right before a crash is in the log after it, once")
  func crash() throws {
    var show = try Show()
    #expect(try show.give("star").status == 200)
    // Paid for, and the process dies before the room hears of it.
    let key = try #require(show.test.stage.core.houses.key(of: "demo"))
    let catalogue = GiftCatalogue.standard
    let (coins, postings) = try catalogue.give("coffee", count: 2, from: "bob", to: "alice")
    let order = TransferOrder(
      .gift(postings), room: key, subject: "bob", key: "lost", parameters: [],
      purpose: TransferPurpose(item: "coffee", count: 2, coins: coins), atMs: 1)
    guard case .transferred(_, .posted)? = show.test.store.carryOut(.transfer(order, number: 9))
    else {
      Issue.record("not posted")
      return
    }
    show.test.store.close()
    let later = try StageStore(nowMs: 1_793_248_000_000, after: show.test.store)
    var stage = try RoomSocketStage(store: later)
    _ = try stage.join(7, "bob", .viewer)
    let gifts = try #require(stage.core.houses["demo"]?.state.shop.gifts)
    #expect(gifts.lastPosting == 2)
    let again = try RoomSocketStage(store: later)
    #expect(again.core.houses["demo"] == nil)
    later.close()
  }
}

extension HTTPResponse {
  fileprivate func number(_ name: String) -> Int64? {
    if case .integer(let number)? = json[name] { number } else { nil }
  }

  fileprivate var code: String? {
    if case .string(let code)? = json["code"] { code } else { nil }
  }
}

extension RoomSocketStage {
  /// The merchant's callback that a purchase of coins is paid.
  fileprivate mutating func paid(_ purchase: Int64, id: String) {
    core.coinsPaid(purchase, by: "shop", id: id, for: nil, at: now, wall: wall)
    carryOut()
  }

  /// The merchant's answer to a call.
  fileprivate mutating func answer(_ call: MerchantCall, _ answer: CheckoutAnswer) {
    core.answered(call, answer, at: now, wall: wall)
    carryOut()
  }
}
