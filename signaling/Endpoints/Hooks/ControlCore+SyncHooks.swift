// Questions to shops: asked without waiting, answered as an event of the control thread.

import Access
import Commerce
import Crypto
package import Hooks
import JSON
import Room
import RoomLog
package import Wire

/// Why a shop is asked, and so what its answer is for.
enum SyncPurpose: Hashable, Sendable {
  /// Whether a message may be shown.
  case review(room: String, message: EntryID, fallback: HookEndpointRow.Fallback)
  /// Where a buyer pays.
  case checkout(MerchantCall)
  /// Whether an order's prices stand.
  case prices(room: String, order: ShopID, merchant: String, fallback: HookEndpointRow.Fallback)
  /// Whether a hold's price stands, before it is ordered.
  case holdPrice(HeldPrice, merchant: String, fallback: HookEndpointRow.Fallback)
}

/// A hold whose price a merchant is to confirm.
struct HeldPrice: Hashable, Sendable {
  let room: String
  let hold: ShopID
}

/// A question that was asked.
struct SyncAsked: Sendable {
  let endpoint: Int64
  let purpose: SyncPurpose
}

extension MerchantCall {
  /// Whether it is for the buyer of another.
  func isOf(sameBuyerAs other: MerchantCall) -> Bool {
    merchant == other.merchant && data["buyer"] == other.data["buyer"]
  }
}

extension ControlCore {
  /// Whether one question more may be asked of an endpoint, for a buyer at a payment page.
  private func isFree(_ endpoint: Int64, for purpose: SyncPurpose) -> Bool {
    guard syncCalls.count < HookLimits.syncMax else { return false }
    let those = syncCalls.values.filter { $0.endpoint == endpoint }
    guard those.count < HookLimits.syncEachMax else { return false }
    if case .holdPrice = purpose {
      let holds = those.count { if case .holdPrice = $0.purpose { true } else { false } }
      return holds < HookLimits.syncHoldsMax
    }
    guard case .checkout(let call) = purpose else { return true }
    let own = those.count {
      if case .checkout(let other) = $0.purpose { other.isOf(sameBuyerAs: call) } else { false }
    }
    return own < HookLimits.syncBuyerMax
  }

  /// Asks the shop of `merchant`; the answer comes to `answered`.
  ///
  /// - Parameters:
  ///   - merchant: nil: nobody.
  ///   - id: the `webhook-id`, for a question that may be asked twice; nil: a new one.
  ///   - data: begins with `room`.
  /// - Returns: false when nobody is to be asked: the fallback is the caller's.
  mutating func ask(
    _ kind: SyncHookKind, of merchant: String?, id: String? = nil, data: JSONObject,
    for purpose: SyncPurpose
  ) -> Bool {
    guard let endpoint = hooks.endpoint(for: kind, of: merchant),
      isFree(endpoint.id, for: purpose)
    else { return false }
    lastSyncCall += 1
    syncCalls[lastSyncCall] = SyncAsked(endpoint: endpoint.id, purpose: purpose)
    let body = HookPayload.body(type: kind.rawValue, atMs: clock.wall.milliseconds, data: data)
    effects.append(
      .hookCall(
        SyncCall(
          number: lastSyncCall, kind: kind, endpoint: endpoint.id, id: id ?? newHookID(),
          body: body, deadlineMs: endpoint.deadlineMs)))
    return true
  }

  private mutating func newHookID() -> String {
    MerchantReport.ownIDPrefix
      + random.bytes(16).map { byte in
        String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
      }.joined()
  }

  /// A shop has answered, or its deadline has passed.
  package mutating func answered(_ number: UInt64, _ answer: SyncAnswer, wall: WallTime) {
    guard let purpose = syncCalls.removeValue(forKey: number)?.purpose else { return }
    defer {
      askWaiting(wall: wall)
      askWaitingHolds()
    }
    switch purpose {
    case .review(let room, let message, let fallback):
      let judgement: ReviewJudgement?
      switch answer {
      case .answered(let object):
        judgement = ReviewVerdict(object).map { ReviewJudgement($0) } ?? fallback.judgement
      case .failed: judgement = fallback.judgement
      }
      guard let judgement else { return }
      houses.serve(.reviewed(message, judgement), in: room, atMs: wall.milliseconds)
    case .checkout(let call): answered(call, answer.checkout(config), at: clock.now, wall: wall)
    case .prices(let room, let order, let merchant, let fallback):
      priced(order, answer.prices(fallback), in: room, by: merchant)
    case .holdPrice(let held, let merchant, let fallback):
      // Nobody's word: it is asked again with the order.
      guard let prices = answer.heldPrice(fallback) else { return }
      report(
        .holdChecked(hold: held.hold, prices), in: held.room, by: merchant, id: nil, for: nil)
    }
  }

  /// Asks whether the prices of new holds stand, so that their buyers see them before they order: as
  /// many as the shop is asked at once, the others when it has answered. Those for which there is no
  /// room at all are asked about with their orders.
  mutating func checkPrices(_ holds: [ShopID], in room: String) {
    guard !holds.isEmpty, let house = houses[room],
      hooks.endpoint(for: .priceCheck, of: merchant(of: house)) != nil
    else { return }
    for hold in holds where waitingHolds.count < HookLimits.syncWaitingMax {
      waitingHolds.append(HeldPrice(room: room, hold: hold))
    }
    askWaitingHolds()
  }

  private mutating func askWaitingHolds() {
    guard !waitingHolds.isEmpty else { return }
    // Looked up once a room: a long queue at a slow shop is gone through with every answer.
    var merchants: [String: String] = [:]
    var unasked: Set<String> = []
    var full: Set<String> = []
    let waiting = waitingHolds
    waitingHolds = []
    for held in waiting where !unasked.contains(held.room) {
      if merchants[held.room] == nil {
        merchants[held.room] = houses[held.room].flatMap { merchant(of: $0) }
      }
      guard let merchant = merchants[held.room] else {
        unasked.insert(held.room)
        continue
      }
      guard !full.contains(merchant) else {
        waitingHolds.append(held)
        continue
      }
      // One that is over, ordered or priced by now is asked about no more.
      guard let endpoint = hooks.endpoint(for: .priceCheck, of: merchant),
        let data = houses[held.room]?.priceToCheck(ofHold: held.hold, in: held.room)
      else { continue }
      // The same question after a crash has the same id.
      let id = "\(MerchantReport.ownIDPrefix)price-\(held.room)-hold-\(held.hold)"
      let purpose = SyncPurpose.holdPrice(
        held, merchant: merchant, fallback: endpoint.fallback)
      if !ask(.priceCheck, of: merchant, id: id, data: data, for: purpose) {
        full.insert(merchant)
        waitingHolds.append(held)
      }
    }
  }

  /// Asks whether an order's prices stand; false when nobody wants to be asked, or it is settled.
  mutating func checkPrices(of order: ShopID, in room: String, by merchant: String) -> Bool {
    guard let data = houses[room]?.pricesToCheck(of: order, in: room),
      let endpoint = hooks.endpoint(for: .priceCheck, of: merchant)
    else { return false }
    let purpose = SyncPurpose.prices(
      room: room, order: order, merchant: merchant, fallback: endpoint.fallback)
    // The same question after a crash has the same id.
    let id = "\(MerchantReport.ownIDPrefix)price-\(room)-\(order)"
    if !ask(.priceCheck, of: merchant, id: id, data: data, for: purpose) {
      priced(order, endpoint.fallback.prices, in: room, by: merchant)
    }
    return true
  }

  /// Asks a merchant for a payment page; without one that answers, the order fails. While the shop has
  /// enough to answer, it waits as long as its units are kept.
  package mutating func ask(_ call: MerchantCall, at now: Instant, wall: WallTime) {
    clock = (now, wall)
    guard !asked(call) else { return }
    guard hooks.endpoint(for: .createCheckout, of: call.merchant) != nil,
      waitingCalls.count < HookLimits.syncWaitingMax
    else {
      return answered(call, .failed(reason: "the shop can't be asked now"), at: now, wall: wall)
    }
    waitingCalls.append(call)
  }

  private mutating func asked(_ call: MerchantCall) -> Bool {
    // The same question after a crash has the same id: a shop makes one page for it.
    ask(.createCheckout, of: call.merchant, id: call.id, data: call.data, for: .checkout(call))
  }

  /// Asks for the payment pages that can be asked for now, the oldest first. What it is too late for
  /// is asked for no more: its order has expired.
  private mutating func askWaiting(wall: WallTime) {
    guard !waitingCalls.isEmpty else { return }
    let waiting = waitingCalls.filter { $0.untilMs > wall.milliseconds }
    waitingCalls = []
    var asked: [Int64: Int] = [:]
    for call in syncCalls.values { asked[call.endpoint, default: 0] += 1 }
    for call in waiting {
      // Looked at first, so that a long queue at a slow shop costs little.
      let endpoint = hooks.endpoint(for: .createCheckout, of: call.merchant)?.id ?? 0
      let isFull = asked[endpoint, default: 0] >= HookLimits.syncEachMax
      if !isFull, self.asked(call) {
        asked[endpoint, default: 0] += 1
      } else {
        waitingCalls.append(call)
      }
    }
  }

  /// Whether the shop of a room wants to see messages before they are shown.
  func isReviewed(_ room: String) -> Bool {
    hooks.endpoint(for: .reviewChat, of: owner(of: room)) != nil
  }

  /// Has a message reviewed that waits for nothing else.
  mutating func review(_ entry: SequencedEvent, _ event: SaidEvent, in room: String) {
    guard event.isForReview, let house = houses[room], let text = house.texts[event.text] else {
      return
    }
    let merchant = owner(of: room)
    let record = house.people.record(entry.actor)
    let data: JSONObject = [
      "room": .string(room), "sequence": .integer(entry.sequence),
      "message": .integer(entry.sequence), "text": .string(text),
      "identity": .string(record?.identity ?? ""), "name": .string(record?.name ?? ""),
      "role": .string(event.role.rawValue),
    ]
    let fallback = hooks.endpoint(for: .reviewChat, of: merchant)?.fallback ?? .hold
    let isAsked = ask(
      .reviewChat, of: merchant, data: data,
      for: .review(room: room, message: entry.sequence, fallback: fallback))
    guard !isAsked, let judgement = fallback.judgement else { return }
    houses.serve(
      .reviewed(entry.sequence, judgement), in: room, atMs: clock.wall.milliseconds)
  }

  /// Whose room it is: the merchant it names, or the only one there is; nil: nobody's.
  func owner(of room: String) -> String? {
    houses[room].flatMap { $0.state.shop.settings.merchant ?? hooks.soleMerchant }
  }

  // MARK: Who comes and goes

  /// Tells endpoints that asked for it that somebody came or went.
  mutating func tellHooks(
    _ topic: String, _ arrival: Arrival, in room: String, wall: WallTime
  ) {
    guard config.isDurable, let merchant = owner(of: room), hooks.wants(topic, of: merchant),
      let key = houses.key(of: room)
    else { return }
    let message = RoomHooks.message(
      topic, identity: arrival.identity, name: arrival.name, role: arrival.role.rawValue,
      in: room, merchant: merchant, atMs: wall.milliseconds)
    effects.append(.house(.change(.publish(message, room: key), number: 0)))
  }
}

extension ReviewJudgement {
  fileprivate init(_ verdict: ReviewVerdict) {
    switch verdict {
    case .allow: self = .allow
    case .modify(let text): self = .modify(text)
    case .deny: self = .deny
    }
  }
}

extension HookEndpointRow.Fallback {
  /// Nil: the message stays where moderators see it.
  fileprivate var judgement: ReviewJudgement? {
    switch self {
    case .allow: .allow
    case .hold: nil
    case .deny: .deny
    }
  }

  /// What an order costs that nobody has confirmed.
  fileprivate var prices: PriceAnswer {
    switch self {
    case .allow: .confirmed([:])
    case .hold, .deny: .denied(reason: "the shop has not confirmed the price")
    }
  }
}

extension SyncAnswer {
  /// The answer to a question about prices.
  fileprivate func prices(_ fallback: HookEndpointRow.Fallback) -> PriceAnswer {
    guard case .answered(let object) = self, let verdict = PriceVerdict(object) else {
      return fallback.prices
    }
    return switch verdict {
    case .prices(let prices): .confirmed(prices)
    case .refused(let text): .denied(reason: text)
    }
  }

  /// The answer to a question about a hold's price; nil: nobody's, and the order is asked about.
  fileprivate func heldPrice(_ fallback: HookEndpointRow.Fallback) -> PriceAnswer? {
    if case .answered(let object) = self, PriceVerdict(object) != nil { return prices(fallback) }
    return fallback == .allow ? .confirmed([:]) : nil
  }

  /// The answer to a request for a payment page.
  fileprivate func checkout(_ config: ControlConfig) -> CheckoutAnswer {
    switch self {
    case .answered(let object):
      // Without TLS only where the operator allowed an address without it.
      switch CheckoutVerdict(object, isPlainAllowed: !config.hookAllowed.isEmpty) {
      case .url(let url): .payment(url: url)
      case .refused(let text): .failed(reason: text)
      case nil: .failed(reason: "the shop's answer can't be read")
      }
    case .failed: .failed(reason: "the shop did not answer")
    }
  }
}
