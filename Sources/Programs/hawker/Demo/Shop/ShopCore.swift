// The demo shop: a small merchant that verifies hooks, takes fake payments and reports them. Sans-IO.

import Crypto
import HTTP
import Hooks
import JSON

/// A report to Hawker, ready to be sent.
struct ShopReport: Hashable, Sendable {
  let headers: HookHeaders
  let body: [UInt8]
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
  }

  private(set) var switches: ShopSwitches
  /// Oldest first.
  private(set) var payments: [Payment] = []
  /// Messages as they came, oldest first.
  private(set) var messages: [(type: String, id: String, note: String)] = []
  /// Ids that were taken, with what they were answered: a second copy has no second effect.
  private var answers: [String: HTTPResponse] = [:]
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
    random: RandomSource = .system
  ) {
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
    if switches.failPercent > 0, Int(random.next() % 100) < switches.failPercent {
      note("failed", headers.id, "500 on purpose")
      return ShopAnswer(
        response: .text(500, "failing on purpose"), afterMs: switches.slowMs)
    }
    if let known = answers[headers.id] {
      note("repeated", headers.id, "without a second effect")
      return ShopAnswer(response: known, afterMs: switches.slowMs)
    }
    var answer = take(request.body, headers.id, nowMs: nowMs)
    answer.afterMs = switches.slowMs
    remember(answer.response, headers.id)
    return answer
  }

  private mutating func take(_ body: [UInt8], _ id: String, nowMs: Int64) -> ShopAnswer {
    guard let value = try? JSONValue.parse(body), let fields = try? JSONFields(document: value),
      let type = try? fields.string("type"), let data = try? fields.fields("data")
    else { return ShopAnswer(response: .text(400, "no type and data")) }
    switch type {
    case SyncHookKind.createCheckout.rawValue:
      return ShopAnswer(response: checkOut(data, id))
    case SyncHookKind.priceCheck.rawValue:
      note(type, id, "prices stand")
      return ShopAnswer(response: .json(["variants": []]))
    case SyncHookKind.reviewChat.rawValue:
      let verdict = review((try? data.string("text")) ?? "")
      note(type, id, String(decoding: verdict.write(), as: UTF8.self))
      return ShopAnswer(response: .json(verdict))
    case "order.refund_requested":
      note(type, id, "refunded at once")
      guard let room = try? data.string("room"), let order = try? data.int("order") else { break }
      setStatus("refunded") { $0.room == room && $0.order == order && !$0.isCoins }
      return ShopAnswer(
        response: HTTPResponse(204), reports: report("refunded", room, order, nowMs: nowMs))
    default: note(type, id, (try? data.string("room")) ?? "")
    }
    return ShopAnswer(response: HTTPResponse(204))
  }

  private mutating func checkOut(_ data: JSONFields, _ id: String) -> HTTPResponse {
    let coins = try? data.int("purchase")
    guard let room = try? data.string("room"), let order = try? coins ?? data.int("order") else {
      return .text(400, "no room and order")
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
    return .json(["url": .string("http://\(authority)/pay/\(payment.id)")])
  }

  private static func lines(_ data: JSONFields) -> [String] {
    if let coins = try? data.int("coins") { return ["\(coins) coins"] }
    return ((try? data.fieldsArray("lines")) ?? []).prefix(50).map { line in
      let quantity = (try? line.int("quantity")) ?? 1
      return "\(quantity) × \((try? line.string("sku")) ?? "?")"
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
    setStatus(outcome) { $0.id == id }
    if payment.isCoins {
      // Of coins only this is reported: what is not paid never was.
      guard outcome == MerchantReport.OrderStatus.paid.rawValue else {
        return ShopAnswer(response: ShopPages.redirect("/pay/\(id)"))
      }
      let report = sign("coins.paid", ["purchase": .integer(payment.order)], nowMs: nowMs, by: keys)
      return ShopAnswer(
        response: ShopPages.redirect("/pay/\(id)"),
        reports: (0..<switches.repeats).map { _ in report })
    }
    var reports = report(outcome, payment.room, payment.order, nowMs: nowMs)
    if switches.lies { reports += lies(payment, nowMs: nowMs) }
    return ShopAnswer(response: ShopPages.redirect("/pay/\(id)"), reports: reports)
  }

  private mutating func setStatus(_ status: String, _ isIt: (Payment) -> Bool) {
    for index in payments.indices where isIt(payments[index]) { payments[index].status = status }
  }

  private mutating func report(
    _ outcome: String, _ room: String, _ order: Int64, nowMs: Int64
  ) -> [ShopReport] {
    let signed = sign(outcome, room, order, nowMs: nowMs, by: keys)
    return (0..<switches.repeats).map { _ in signed }
  }

  /// What did not happen: another order paid, and a report that nobody signed who may.
  private mutating func lies(_ payment: Payment, nowMs: Int64) -> [ShopReport] {
    let stranger = HookKey.makeSymmetric(&random)
    return [
      sign("paid", payment.room, payment.order + 1, nowMs: nowMs, by: keys),
      sign("paid", payment.room, payment.order, nowMs: nowMs, by: [stranger]),
    ]
  }

  private mutating func sign(
    _ outcome: String, _ room: String, _ order: Int64, nowMs: Int64, by keys: [HookKey]
  ) -> ShopReport {
    sign(
      "order.\(outcome)", ["room": .string(room), "order": .integer(order)], nowMs: nowMs, by: keys)
  }

  private mutating func sign(
    _ type: String, _ data: JSONObject, nowMs: Int64, by keys: [HookKey]
  ) -> ShopReport {
    let body = HookPayload.body(type: type, atMs: nowMs, data: data)
    let id = "shop_" + String(random.next(), radix: 16)
    return ShopReport(
      headers: HookSignature.sign(id: id, seconds: nowMs / 1000, body: body, keys: keys),
      body: body)
  }
}

extension HTTPResponse {
  fileprivate static func json(_ value: JSONValue) -> HTTPResponse {
    HTTPResponse(200, mediaType: "application/json", body: value.write())
  }
}
