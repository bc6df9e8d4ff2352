// Which events of a room are told to shops: the one place that says so.

import Commerce
import Hooks
import JSON
import Room
import RoomLog

/// Messages of committed room events.
enum RoomHooks {
  /// What an event means for shops: nothing, mostly; as many messages as a drop's opening made holds.
  ///
  /// - Parameters:
  ///   - house: after the event was applied.
  ///   - merchant: whose the room is; nil: nobody's, and nobody is told but of an order, whoever took it.
  static func messages(
    of entry: SequencedEvent, in room: String, _ house: RoomHouse, merchant: String?
  ) -> [OutboxRow] {
    guard let merchant = taker(of: entry, house.state.shop) ?? merchant else { return [] }
    if case .shop(.dropDecided(let drop, _, _)) = entry.event {
      return holdsMade(by: drop, entry, in: room, house, merchant)
    }
    return message(of: entry, in: room, house, merchant).map { [$0] } ?? []
  }

  /// The merchant that took the order an event is about; nil: it is about none, or its log is too old
  /// to say.
  private static func taker(of entry: SequencedEvent, _ shop: Shop) -> String? {
    switch entry.event {
    case .shop(.orderMade): shop.orders[entry.sequence]?.merchant
    case .shop(.paymentOffered(let id, _)), .shop(.orderMoved(let id, _, _)):
      shop.orders[id]?.merchant
    default: nil
    }
  }

  private static func message(
    of entry: SequencedEvent, in room: String, _ house: RoomHouse, _ merchant: String
  ) -> OutboxRow? {
    switch entry.event {
    // The first time only: a host that comes back from a break is no new show.
    case .phaseChanged(.live) where house.state.show.firstLiveAtMs == entry.atMs:
      row(HookTopic.roomLive, entry, room, merchant)
    case .phaseChanged(.ended): row(HookTopic.roomEnded, entry, room, merchant)
    case .shop(let event): message(of: event, entry, in: room, house, merchant)
    default: nil
    }
  }

  private static func row(
    _ topic: String, _ entry: SequencedEvent, _ room: String, _ merchant: String,
    _ members: [(String, JSONValue)] = []
  ) -> OutboxRow {
    let data = JSONObject(
      [("room", .string(room)), ("sequence", .integer(entry.sequence))] + members)
    return OutboxRow(
      topic: topic, body: HookPayload.body(type: topic, atMs: entry.atMs, data: data),
      merchant: merchant, isOnRequest: HookTopic.onRequest.contains(topic), atMs: entry.atMs)
  }

  /// Somebody came (`viewer.joined`) or went (`viewer.left`): in no log, so without a sequence.
  static func message(
    _ topic: String, identity: String, name: String, role: String, in room: String,
    merchant: String, atMs: Int64
  ) -> OutboxRow {
    let data: JSONObject = [
      "room": .string(room), "identity": .string(identity), "name": .string(name),
      "role": .string(role),
    ]
    return OutboxRow(
      topic: topic, body: HookPayload.body(type: topic, atMs: atMs, data: data),
      merchant: merchant, subject: identity, isOnRequest: true, atMs: atMs)
  }

  // MARK: The shop

  /// The opening window's holds have the numbers of their claims, which came before the decision.
  private static func holdsMade(
    by drop: ShopID, _ entry: SequencedEvent, in room: String, _ house: RoomHouse,
    _ merchant: String
  ) -> [OutboxRow] {
    let shop = house.state.shop
    return shop.holds.map(\.value).filter { $0.source == .drop(drop) && $0.id < entry.sequence }
      .map { hold in
        let identity = house.people.record(PersonID(hold.buyer.rawValue))?.identity
        return row(
          "hold.created", entry, room, merchant,
          [
            ("hold", .integer(hold.id)), ("drop", .integer(drop)),
            ("buyer", identity.map { .string($0) } ?? .null),
            ("quantity", .integer(hold.quantity)), ("untilMs", .integer(hold.untilMs)),
          ])
      }
  }

  private static func message(
    of event: ShopEvent, _ entry: SequencedEvent, in room: String, _ house: RoomHouse,
    _ merchant: String
  ) -> OutboxRow? {
    let shop = house.state.shop
    func row(_ topic: String, _ members: [(String, JSONValue)]) -> OutboxRow {
      self.row(topic, entry, room, merchant, members)
    }
    func units(_ sku: SKU, _ quantity: Int64) -> [(String, JSONValue)] {
      let reference = shop.listing(of: sku)?.reference
      return [
        ("sku", .string(sku)), ("reference", reference.map { .string($0) } ?? .null),
        ("quantity", .integer(quantity)),
      ]
    }
    func buyer(_ buyer: BuyerID) -> (String, JSONValue) {
      let identity = house.people.record(PersonID(buyer.rawValue))?.identity
      return ("buyer", identity.map { .string($0) } ?? .null)
    }
    func order(_ id: ShopID) -> [(String, JSONValue)] {
      guard let order = shop.orders[id] else { return [("order", .integer(id))] }
      return [
        ("order", .integer(id)), ("status", .string(order.status.rawValue)), buyer(order.buyer),
        ("totalMinor", .integer(order.totalMinor)),
        ("currency", shop.settings.currency.map { .string($0) } ?? .null),
      ]
    }
    switch event {
    case .orderMade:
      return row("order.created", order(entry.sequence))
    // Where to pay is for the buyer alone.
    case .paymentOffered(let id, _):
      return row("order.awaiting_payment", order(id))
    case .orderMoved(let id, let status, let reason):
      let why = ("reason", reason.map { JSONValue.string($0) } ?? .null)
      return row("order.\(status.topic)", order(id) + [why])
    case .holdMade(let hold):
      return row(
        "hold.created",
        [
          ("hold", .integer(entry.sequence)), ("drop", .integer(hold.drop)), buyer(hold.buyer),
          ("quantity", .integer(hold.quantity)), ("untilMs", .integer(hold.untilMs)),
        ])
    case .claimed(let claim) where claim.held > 0:
      return row(
        "hold.created",
        [
          ("hold", .integer(entry.sequence)), ("drop", .integer(claim.drop)),
          buyer(BuyerID(entry.actor.rawValue)), ("quantity", .integer(claim.held)),
          ("untilMs", .integer(claim.untilMs)),
        ])
    case .holdEnded(let id, let who, let end):
      return row(
        "hold.ended",
        [("hold", .integer(id)), buyer(who), ("why", .string(end.rawValue))])
    case .dropScheduled(let drop):
      return row(
        "drop.scheduled",
        [
          ("drop", .integer(entry.sequence)), ("sku", .string(drop.sku)),
          ("quantity", .integer(drop.quantity)), ("priceMinor", .integer(drop.priceMinor)),
        ])
    case .dropOpened(let id, _, let endsAtMs):
      return row("drop.opened", [("drop", .integer(id)), ("endsAtMs", .integer(endsAtMs))])
    case .dropEnded(let id, let why):
      return row("drop.ended", [("drop", .integer(id)), ("why", .string(why.rawValue))])
    case .lotOpened: return row("auction.opened", [("lot", .integer(entry.sequence))])
    case .lotAwarded(let id, let who, let priceMinor, let untilMs):
      return row(
        "auction.won",
        [
          ("lot", .integer(id)), buyer(who), ("priceMinor", .integer(priceMinor)),
          ("untilMs", .integer(untilMs)), ("hold", .integer(entry.sequence)),
        ])
    case .lotClosed(let id, let why):
      return row("auction.closed", [("lot", .integer(id)), ("why", .string(why.rawValue))])
    case .unitsAsked(let sku, _, let quantity) where quantity > 0:
      let ask = [("reserve", JSONValue.integer(entry.sequence))]
      return row(HookTopic.stockReserve, ask + units(sku, quantity))
    case .unitsAskedAgain(let id, let sku):
      // Answered in the same decision: there is nothing to ask any more.
      guard let quantity = shop.stock.stock(sku)?.asks[id]?.quantity else { return nil }
      return row(HookTopic.stockReserve, [("reserve", .integer(id))] + units(sku, quantity))
    case .unitsReturned(let sku, let quantity):
      return row(HookTopic.stockReturn, units(sku, quantity))
    case .gifted(let gift):
      let posting = gift.posting
      return row(
        "gift.given",
        [
          buyer(posting.buyer), ("gift", .string(posting.gift)), ("count", .integer(posting.count)),
          ("coins", .integer(posting.coins)),
        ])
    default: return nil
    }
  }
}

extension OrderStatus {
  /// The last word of the topic that tells of it.
  fileprivate var topic: String {
    switch self {
    case .awaitingPayment: "awaiting_payment"
    case .refundRequested: "refund_requested"
    default: rawValue
    }
  }
}
