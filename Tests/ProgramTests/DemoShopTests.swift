// The demo shop: what it takes, what it refuses, what it reports, and how it goes wrong on purpose.

import Crypto
import HTTP
import Hooks
import JSON
import Testing

@testable import hawker

@Suite("The demo shop")
struct DemoShopTests {
  private let key = HookKey.symmetric([UInt8](repeating: 5, count: 32))
  private let authority = "127.0.0.1:8081"
  private let nowMs: Int64 = 1_795_258_058_000

  private func shop(_ configure: (inout ShopSwitches) -> Void = { _ in }) -> ShopCore {
    var switches = ShopSwitches()
    configure(&switches)
    return ShopCore(
      keys: [key], authority: authority, switches: switches, random: .seeded(1))
  }

  private func ask(
    _ shop: inout ShopCore, _ method: HTTPMethod, _ target: String, _ body: String = "",
    headers: HTTPHeaders = [:], host: String? = nil
  ) throws -> ShopAnswer {
    var headers = headers
    headers.set("Host", host ?? authority)
    return shop.answer(
      HTTPRequest(method, try HTTPTarget(target), headers: headers, body: Array(body.utf8)),
      nowMs: nowMs)
  }

  private func hook(
    _ shop: inout ShopCore, _ type: String, _ data: JSONObject, id: String = "hwk_1",
    key: HookKey? = nil, ageMs: Int64 = 0
  ) throws -> ShopAnswer {
    let body = HookPayload.body(type: type, atMs: nowMs, data: data)
    let signed = HookSignature.sign(
      id: id, seconds: (nowMs - ageMs) / 1000, body: body, keys: [key ?? self.key])
    return try ask(
      &shop, .post, "/hooks", String(decoding: body, as: UTF8.self),
      headers: [
        "webhook-id": signed.id, "webhook-timestamp": signed.timestamp,
        "webhook-signature": signed.signature,
      ])
  }

  private let order: JSONObject = [
    "room": "demo", "order": 7, "totalMinor": 1990, "currency": "EUR",
    "lines": [["sku": "<b>", "quantity": 2]],
  ]

  /// The path of the payment page of an order.
  private func checkOut(_ shop: inout ShopCore, id: String = "hwk_1") throws -> String {
    let answer = try hook(&shop, "checkout.create", order, id: id)
    #expect(answer.response.status == 200)
    let fields = try JSONFields(document: try JSONValue.parse(answer.response.body))
    let url = try #require(HookURL(try fields.string("url")))
    #expect(url.authority == authority)
    return url.target
  }

  private func report(_ report: ShopReport, _ key: HookKey) throws -> MerchantReport {
    try HookSignature.verify(
      report.headers, body: report.body, keys: [key], seconds: nowMs / 1000)
    return try MerchantReport(merchant: "shop", id: report.headers.id, body: report.body)
  }

  @Test("a message that is signed now is taken; another is refused")
  func verifies() throws {
    var shop = shop()
    #expect(try hook(&shop, "room.live", ["room": "demo"]).response.status == 204)
    let stranger = HookKey.symmetric([UInt8](repeating: 6, count: 32))
    #expect(try hook(&shop, "room.live", [:], key: stranger).response.status == 401)
    #expect(try hook(&shop, "room.live", [:], ageMs: 400_000).response.status == 401)
    #expect(try ask(&shop, .post, "/hooks", "{}").response.status == 400)
    #expect(try ask(&shop, .get, "/", host: "evil.example").response.status == 421)
  }

  @Test("coins are sold too: paid is reported of the purchase, and nothing of what is not paid")
  func coins() throws {
    var shop = shop()
    let data: JSONObject = [
      "room": "demo", "purchase": 7, "coins": 100, "pack": "small", "totalMinor": 149,
      "currency": "EUR",
    ]
    // An order of the same number is another payment.
    _ = try checkOut(&shop)
    for (id, outcome, count) in [("hwk_2", "failed", 0), ("hwk_3", "paid", 1)] {
      var data = data
      data["purchase"] = id == "hwk_2" ? 7 : 8
      let answer = try hook(&shop, "checkout.create", data, id: id)
      let fields = try JSONFields(document: try JSONValue.parse(answer.response.body))
      let page = try #require(HookURL(try fields.string("url"))).target
      let text = String(decoding: try ask(&shop, .get, page).response.body, as: UTF8.self)
      #expect(text.contains("100 coins") && text.contains("1.49 EUR"))
      let settled = try ask(&shop, .post, page + "/" + outcome)
      #expect(settled.reports.count == count)
      for each in settled.reports { #expect(try report(each, key).event == .coinsPaid) }
    }
  }

  @Test("a checkout has a payment page; paying reports it, signed, and is shown")
  func pays() throws {
    var shop = shop()
    let page = try checkOut(&shop)
    // The same order again is the same payment, also under another id.
    #expect(try checkOut(&shop, id: "hwk_2") == page)
    let shown = try ask(&shop, .get, page).response
    let text = String(decoding: shown.body, as: UTF8.self)
    #expect(text.contains("19.90 EUR") && text.contains("&lt;b&gt;") && !text.contains("<b>"))
    let paid = try ask(&shop, .post, page + "/paid")
    #expect(paid.response.status == 303 && paid.reports.count == 1)
    let report = try report(try #require(paid.reports.first), key)
    #expect(report.event == .order(.paid, room: "demo", order: 7))
    let after = String(decoding: try ask(&shop, .get, page).response.body, as: UTF8.self)
    #expect(after.contains("<strong id=status>paid</strong>") && !after.contains("Cancel"))
    #expect(try ask(&shop, .post, page + "/stolen").response.status == 404)
    #expect(try ask(&shop, .post, "/pay/none/paid").response.status == 404)
  }

  @Test("a repeated message has one effect and the first answer")
  func repeated() throws {
    var shop = shop()
    let first = try hook(&shop, "checkout.create", order)
    let second = try hook(&shop, "checkout.create", order)
    #expect(first.response == second.response)
    #expect(shop.payments.count == 1)
    let data: JSONObject = ["room": "demo", "order": 7]
    #expect(try hook(&shop, "order.refund_requested", data, id: "r").reports.count == 1)
    #expect(try hook(&shop, "order.refund_requested", data, id: "r").reports.isEmpty)
  }

  @Test("it is slow, fails, repeats itself and lies when it is told to")
  func misbehaves() throws {
    var slow = shop { $0.slowMs = 700 }
    #expect(try hook(&slow, "room.live", [:]).afterMs == 700)
    var failing = shop { $0.failPercent = 100 }
    #expect(try hook(&failing, "room.live", [:]).response.status == 500)
    var repeating = shop { $0.repeats = 3 }
    let page = try checkOut(&repeating)
    let reports = try ask(&repeating, .post, page + "/paid").reports
    #expect(reports.count == 3 && Set(reports.map(\.headers.id)).count == 1)
    var lying = shop { $0.lies = true }
    let lies = try ask(&lying, .post, try checkOut(&lying) + "/cancelled").reports
    #expect(try report(lies[1], key).event == .order(.paid, room: "demo", order: 8))
    #expect(throws: HookRefusal.wrongSignature) { try report(lies[2], key) }
  }

  @Test("its switches are set by its page")
  func switches() throws {
    var shop = shop()
    _ = try ask(&shop, .post, "/switches", "slow=50&fail=10&repeat=2&lie=on")
    #expect(
      shop.switches == ShopSwitches(slowMs: 50, failPercent: 10, lies: true, repeats: 2))
    _ = try ask(&shop, .post, "/switches", "slow=-1&fail=1000&repeat=x")
    #expect(
      shop.switches == ShopSwitches(slowMs: 50, failPercent: 10, lies: false, repeats: 2))
    #expect(try ask(&shop, .get, "/").response.status == 200)
  }

  @Test("it reviews messages")
  func reviews() throws {
    var shop = shop()
    for (number, (text, verdict)) in [
      ("hello", ReviewVerdict.allow), ("buy spam", .deny), ("damn good", .modify("d*** good")),
    ].enumerated() {
      let answer = try hook(
        &shop, "chat.review", ["room": "demo", "text": .string(text)], id: "hwk_\(number)")
      let object = try JSONFields(document: try JSONValue.parse(answer.response.body)).object
      #expect(ReviewVerdict(object) == verdict)
    }
  }

  @Test(
    "its products are offered by one callback, with pictures it serves; the same again has the id")
  func products() throws {
    var shop = shop()
    let seed = shop.seed("demo", nowMs: nowMs)
    let read = try report(seed, key)
    #expect(read.event == .listingsPut(room: "demo"))
    #expect(shop.seed("demo", nowMs: nowMs + 1).headers.id == seed.headers.id)
    let listings = try JSONFields(read.data).fieldsArray("listings")
    #expect(listings.count == ShopProduct.all.count)
    for listing in listings {
      let image = try #require(try listing.strings("images").first.flatMap { HookURL($0) })
      #expect(image.authority == authority)
      let picture = try ask(&shop, .get, image.target).response
      #expect(picture.status == 200 && picture.headers["Content-Type"] == "image/svg+xml")
    }
    #expect(try ask(&shop, .get, "/products/none.svg").response.status == 404)
  }

  @Test("it gives the units it is asked for, and says so once for each question")
  func units() throws {
    var shop = shop()
    let data: JSONObject = ["room": "demo", "reserve": 9, "sku": "MUG", "quantity": 4]
    let answer = try hook(&shop, "stock.reserve", data)
    let given = try report(try #require(answer.reports.first), key)
    #expect(given.event == .stockGranted(room: "demo", reserve: 9, quantity: 4))
    #expect(try hook(&shop, "stock.reserve", data).reports.isEmpty)
    #expect(try hook(&shop, "price.check", order, id: "p").response.status == 200)
    var lying = self.shop { $0.lies = true }
    let lies = try hook(&lying, "stock.reserve", data).reports
    #expect(
      try report(lies[0], key).event == .stockGranted(room: "demo", reserve: 9, quantity: 5))
    #expect(try report(lies[1], key).event == given.event)
  }

  @Test("chaos draws the same fates from the same seed, and every kind of them")
  func chaos() throws {
    var outcomes: Set<[String]> = []
    for seed in UInt64(1)...20 {
      var chaos = ShopChaos(seed: seed)
      var again = ShopChaos(seed: seed)
      for _ in 0..<20 {
        let fate = chaos.fate()
        #expect(fate == again.fate())
        outcomes.insert(fate.reports.map(\.outcome))
      }
    }
    #expect(outcomes.count == 8)
    var shop = ShopCore(
      keys: [key], authority: authority, chaos: ShopChaos(seed: 3), random: .seeded(1))
    var reports: [ShopReport] = []
    for number in Int64(1)...40 {
      var data = order
      data["order"] = .integer(number)
      for _ in 0..<3 {
        let answer = try hook(&shop, "checkout.create", data, id: "hwk_\(number)")
        reports += answer.reports
      }
    }
    #expect(shop.payments.count == 40, "failed messages were taken when they came again")
    let events = reports.compactMap { try? report($0, key) }
    let forged = reports.count { $0.afterMs == 0 }
    #expect(events.count < reports.count && forged > 0)
    #expect(Set(reports.map(\.headers.id)).count < reports.count, "some come more than once")
  }
}
