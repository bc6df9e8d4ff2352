// The demo shop: a small merchant that verifies hooks, takes fake payments and reports them. Sans-IO.

import Crypto
import HTTP
import Hooks
import JSON

/// A report to Hawker, ready to be sent.
struct ShopReport: Hashable, Sendable {
  let headers: HookHeaders
  let body: [UInt8]
  /// How long it waits before it is sent.
  var afterMs = 0
}

/// What one request came to.
struct ShopAnswer: Sendable {
  var response: HTTPResponse
  /// How long the answer waits.
  var afterMs = 0
  var reports: [ShopReport] = []
}

/// The shop's state and rules. Everything is in memory: it is a demonstration.
struct ShopCore: Sendable {
  /// A checkout Hawker asked for.
  struct Payment: Sendable {
    let id: String
    let room: String
    /// The order's number, or that of a purchase of coins.
    let order: Int64
    let isCoins: Bool
    let totalMinor: Int64
    let currency: String
    let lines: [String]
    var status = "open"
    /// What was reported of it so far, each once.
    var reported: [String] = []
  }

  private(set) var switches: ShopSwitches
  /// Oldest first.
  private(set) var payments: [Payment] = []
  /// Messages as they came, oldest first.
  private(set) var messages: [(type: String, id: String, note: String)] = []
  /// Ids that were taken, with what they were answered: a second copy has no second effect.
  private var answers: [String: HTTPResponse] = [:]
  /// Ids of messages that were answered 500 by chaos: the next time they are taken.
  private var failedIDs: Set<String> = []
  private var chaos: ShopChaos?
  private var answeredIDs: [String] = []
  private let keys: [HookKey]
  /// Where browsers reach this shop: `127.0.0.1:8081`.
  private let authority: String
  private var random: RandomSource

  /// What is kept of the past.
  private static let paymentsMax = 1000
  private static let messagesMax = 200
  private static let answersMax = 10_000

  init(
    keys: [HookKey], authority: String, switches: ShopSwitches = ShopSwitches(),
    chaos: ShopChaos? = nil, random: RandomSource = .system
  ) {
    self.chaos = chaos
    self.keys = keys
    self.authority = authority
    self.switches = switches
    self.random = random
  }

  /// Answers one request.
  ///
  /// - Parameter nowMs: since 1970.
  mutating func answer(_ request: HTTPRequest, nowMs: Int64) -> ShopAnswer {
    // A page of another name that leads here (DNS rebinding) is not ours.
    guard request.headers["Host"] == authority else {
      return ShopAnswer(response: .text(421, "not this shop's address"))
    }
    let path = request.target.segments
    switch (request.method, path.first) {
    case (.post, "hooks"): return receive(request, nowMs: nowMs)
    case (.get, nil): return ShopAnswer(response: ShopPages.overview(self))
    case (.get, "products") where path.count == 2:
      guard let product = ShopProduct.all.first(where: { $0.reference + ".svg" == path[1] }) else {
        break
      }
      return ShopAnswer(response: product.picture)
    case (.get, "payments"): return ShopAnswer(response: paymentList)
    case (.get, "pay") where path.count == 2:
      guard let payment = payments.first(where: { $0.id == path[1] }) else { break }
      return ShopAnswer(response: ShopPages.payment(payment))
    case (.post, "pay") where path.count == 3:
      return settle(path[1], as: path[2], nowMs: nowMs)
    case (.post, "switches"):
      if let form = try? HTTPTarget("/?" + String(decoding: request.body, as: UTF8.self)) {
        switches.take(form)
      }
      return ShopAnswer(response: ShopPages.redirect("/"))
    default: break
    }
    return ShopAnswer(response: .text(404, "there is no such page"))
  }

  // MARK: Hooks

  private mutating func receive(_ request: HTTPRequest, nowMs: Int64) -> ShopAnswer {
    let headers = HookHeaders(
      id: request.headers[HookHeaders.idName] ?? "",
      timestamp: request.headers[HookHeaders.timestampName] ?? "",
      signature: request.headers[HookHeaders.signatureName] ?? "")
    do throws(HookRefusal) {
      try HookSignature.verify(headers, body: request.body, keys: keys, seconds: nowMs / 1000)
    } catch {
      note("refused", headers.id, "\(error)")
      return ShopAnswer(response: .text(error == .missingHeader ? 400 : 401, "\(error)"))
    }
    let slowMs = switches.slowMs + (chaos?.slowMs() ?? 0)
    if failsNow(headers.id) {
      note("failed", headers.id, "500 on purpose")
      return ShopAnswer(response: .text(500, "failing on purpose"), afterMs: slowMs)
    }
    if let known = answers[headers.id] {
      note("repeated", headers.id, "without a second effect")
      return ShopAnswer(response: known, afterMs: slowMs)
    }
    var answer = take(request.body, headers.id, nowMs: nowMs)
    answer.afterMs = slowMs
    remember(answer.response, headers.id)
    return answer
  }

  private mutating func failsNow(_ id: String) -> Bool {
    if switches.failPercent > 0, Int(random.next() % 100) < switches.failPercent { return true }
    // Chaos fails a message once: what is tried again is to be seen.
    guard chaos?.fails() ?? false, failedIDs.count < ShopCore.answersMax else { return false }
    return failedIDs.insert(id).inserted
  }

  private mutating func take(_ body: [UInt8], _ id: String, nowMs: Int64) -> ShopAnswer {
    guard let value = try? JSONValue.parse(body), let fields = try? JSONFields(document: value),
      let type = try? fields.string("type"), let data = try? fields.fields("data")
    else { return ShopAnswer(response: .text(400, "no type and data")) }
    switch type {
    case SyncHookKind.createCheckout.rawValue:
      return checkOut(data, id, nowMs: nowMs)
    case SyncHookKind.priceCheck.rawValue: return ShopAnswer(response: price(data, id))
    case HookTopic.stockReserve:
      guard let room = try? data.string("room"), let reserve = try? data.int("reserve"),
        let quantity = try? data.int("quantity")
      else { break }
      note(type, id, "\(quantity) given")
      var reports = sign(
        "stock.granted",
        ["room": .string(room), "reserve": .integer(reserve), "quantity": .integer(quantity)],
        nowMs: nowMs, times: repeats)
      if isLying {
        // More than was asked for: refused, so the true one counts.
        reports.insert(
          contentsOf: sign(
            "stock.granted",
            [
              "room": .string(room), "reserve": .integer(reserve),
              "quantity": .integer(quantity + 1),
            ], nowMs: nowMs), at: 0)
      }
      return ShopAnswer(response: HTTPResponse(204), reports: reports)
    case SyncHookKind.reviewChat.rawValue:
      let verdict = review((try? data.string("text")) ?? "")
      note(type, id, String(decoding: verdict.write(), as: UTF8.self))
      return ShopAnswer(response: .json(verdict))
    case "order.refund_requested":
      note(type, id, "refunded at once")
      guard let room = try? data.string("room"), let order = try? data.int("order") else { break }
      return ShopAnswer(
        response: HTTPResponse(204), reports: report("refunded", room, order, nowMs: nowMs))
    default: note(type, id, (try? data.string("room")) ?? "")
    }
    return ShopAnswer(response: HTTPResponse(204))
  }

  /// Prices stand; a shop that lies wants half as much again.
  private mutating func price(_ data: JSONFields, _ id: String) -> HTTPResponse {
    guard isLying, let lines = try? data.fieldsArray("lines") else {
      note(SyncHookKind.priceCheck.rawValue, id, "prices stand")
      return .json(["variants": []])
    }
    note(SyncHookKind.priceCheck.rawValue, id, "prices have risen")
    let variants = lines.compactMap { line -> JSONValue? in
      guard let sku = try? line.string("sku"), let price = try? line.int("priceMinor") else {
        return nil
      }
      return ["sku": .string(sku), "priceMinor": .integer(price + price / 2 + 1)]
    }
    return .json(["variants": .array(variants)])
  }

  private mutating func checkOut(_ data: JSONFields, _ id: String, nowMs: Int64) -> ShopAnswer {
    let coins = try? data.int("purchase")
    guard let room = try? data.string("room"), let order = try? coins ?? data.int("order") else {
      return ShopAnswer(response: .text(400, "no room and order"))
    }
    let known = payments.first {
      $0.room == room && $0.order == order && $0.isCoins == (coins != nil)
    }
    let payment =
      known
      ?? Payment(
        id: String(random.next(), radix: 16) + String(random.next(), radix: 16), room: room,
        order: order, isCoins: coins != nil, totalMinor: (try? data.int("totalMinor")) ?? 0,
        currency: (try? data.string("currency")) ?? "", lines: ShopCore.lines(data))
    if known == nil {
      payments.append(payment)
      if payments.count > ShopCore.paymentsMax { payments.removeFirst() }
    }
    note(
      SyncHookKind.createCheckout.rawValue, id,
      "\(coins == nil ? "order" : "purchase") \(order) of \(room)")
    var answer = ShopAnswer(
      response: .json(["url": .string("http://\(authority)/pay/\(payment.id)")]))
    if known == nil { answer.reports = meet(payment, nowMs: nowMs) }
    return answer
  }

  /// In chaos nobody clicks: what becomes of a payment is drawn.
  private mutating func meet(_ payment: Payment, nowMs: Int64) -> [ShopReport] {
    guard let fate = chaos?.fate() else { return [] }
    var reports: [ShopReport] = []
    for step in fate.reports {
      for var report in report(step.outcome, of: payment, nowMs: nowMs) {
        report.afterMs = step.afterMs
        reports.append(report)
      }
    }
    if isLying { reports += forgeries(payment, nowMs: nowMs) }
    return reports
  }

  private static func lines(_ data: JSONFields) -> [String] {
    if let coins = try? data.int("coins") { return ["\(coins) coins"] }
    return ((try? data.fieldsArray("lines")) ?? []).prefix(50).map { line in
      let quantity = (try? line.int("quantity")) ?? 1
      // What buyers know it by. An order of a listing that is gone has no title.
      let title = (try? line.string("title")) ?? (try? line.string("sku")) ?? "?"
      let variant = (try? line.string("variant")).map { ", \($0)" } ?? ""
      return "\(quantity) × \(title)\(variant)"
    }
  }

  private func review(_ text: String) -> JSONValue {
    let lowered = text.lowercased()
    if lowered.contains("spam") { return ["verdict": "deny"] }
    if lowered.contains("damn") {
      return ["verdict": "modify", "text": .string(lowered.replacing("damn", with: "d***"))]
    }
    return ["verdict": "allow"]
  }

  private mutating func remember(_ response: HTTPResponse, _ id: String) {
    answers[id] = response
    answeredIDs.append(id)
    if answeredIDs.count > ShopCore.answersMax { answers[answeredIDs.removeFirst()] = nil }
  }

  private mutating func note(_ type: String, _ id: String, _ note: String) {
    messages.append((type, String(id.prefix(64)), String(note.prefix(200))))
    if messages.count > ShopCore.messagesMax { messages.removeFirst() }
  }

  // MARK: Payments

  private mutating func settle(_ id: String, as outcome: String, nowMs: Int64) -> ShopAnswer {
    guard let payment = payments.first(where: { $0.id == id }),
      MerchantReport.OrderStatus(rawValue: outcome) != nil
    else { return ShopAnswer(response: .text(404, "there is no such payment")) }
    var reports = report(outcome, of: payment, nowMs: nowMs)
    if switches.lies { reports += lies(payment, nowMs: nowMs) }
    return ShopAnswer(response: ShopPages.redirect("/pay/\(id)"), reports: reports)
  }

  /// How often each report is sent now.
  private var repeats: Int {
    mutating get { max(switches.repeats, chaos?.repeats() ?? 1) }
  }

  /// Whether something false is said now.
  private var isLying: Bool {
    mutating get { switches.lies || chaos?.lies() ?? false }
  }

  private mutating func report(
    _ outcome: String, of payment: Payment, nowMs: Int64
  ) -> [ShopReport] {
    guard payment.isCoins else {
      return report(outcome, payment.room, payment.order, nowMs: nowMs)
    }
    setStatus(outcome) { $0.id == payment.id }
    // Of coins only this is reported: what is not paid never was.
    guard outcome == MerchantReport.OrderStatus.paid.rawValue else { return [] }
    let data: JSONObject = ["purchase": .integer(payment.order)]
    return sign("coins.paid", data, nowMs: nowMs, times: repeats)
  }

  private mutating func setStatus(_ outcome: String, of isIt: (Payment) -> Bool) {
    for index in payments.indices where isIt(payments[index]) {
      payments[index].status = outcome
      payments[index].reported.append(outcome)
    }
  }

  private mutating func report(
    _ outcome: String, _ room: String, _ order: Int64, nowMs: Int64
  ) -> [ShopReport] {
    setStatus(outcome) { $0.room == room && $0.order == order && !$0.isCoins }
    return sign("order.\(outcome)", ShopCore.data(room, order), nowMs: nowMs, times: repeats)
  }

  private static func data(_ room: String, _ order: Int64) -> JSONObject {
    ["room": .string(room), "order": .integer(order)]
  }

  /// What did not happen: another order paid, and what nobody believes.
  private mutating func lies(_ payment: Payment, nowMs: Int64) -> [ShopReport] {
    sign("order.paid", ShopCore.data(payment.room, payment.order + 1), nowMs: nowMs)
      + forgeries(payment, nowMs: nowMs)
  }

  /// What is never believed: a report nobody signed who may, and one of an order that never was.
  private mutating func forgeries(_ payment: Payment, nowMs: Int64) -> [ShopReport] {
    let stranger = HookKey.makeSymmetric(&random)
    let data = ShopCore.data(payment.room, payment.order)
    return sign("order.paid", data, nowMs: nowMs, by: [stranger])
      + sign(
        "order.paid", ShopCore.data(payment.room, payment.order + 1_000_000), nowMs: nowMs)
  }

  /// The products for a room, to be sent until the server is there: once for each place of this shop.
  mutating func seed(_ room: String, nowMs: Int64) -> ShopReport {
    let data: JSONObject = [
      "room": .string(room),
      "listings": .array(ShopProduct.all.map { $0.listing(at: authority) }),
    ]
    let body = HookPayload.body(type: "listings.put", atMs: nowMs, data: data)
    let id = "shop_seed_\(room)_\(authority)"
    return ShopReport(
      headers: HookSignature.sign(id: id, seconds: nowMs / 1000, body: body, keys: keys),
      body: body)
  }

  private mutating func sign(
    _ type: String, _ data: JSONObject, nowMs: Int64, by signers: [HookKey]? = nil, times: Int = 1
  ) -> [ShopReport] {
    let body = HookPayload.body(type: type, atMs: nowMs, data: data)
    let id = "shop_" + String(random.next(), radix: 16)
    let report = ShopReport(
      headers: HookSignature.sign(
        id: id, seconds: nowMs / 1000, body: body, keys: signers ?? keys),
      body: body)
    return (0..<times).map { _ in report }
  }

  /// The payments for programs: what this shop believes.
  private var paymentList: HTTPResponse {
    .json([
      "payments": .array(
        payments.map { payment in
          [
            "room": .string(payment.room), "order": .integer(payment.order),
            "totalMinor": .integer(payment.totalMinor), "status": .string(payment.status),
            "reported": .array(payment.reported.map { .string($0) }),
          ]
        })
    ])
  }
}

extension HTTPResponse {
  fileprivate static func json(_ value: JSONValue) -> HTTPResponse {
    HTTPResponse(200, mediaType: "application/json", body: value.write())
  }
}
