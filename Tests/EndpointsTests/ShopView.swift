// What a client knows of a room's shop: PROTOCOL.md's snapshot, `me` and events, applied as a page would.

import JSON

/// The shop as one client was told of it.
struct ShopView: Equatable {
  private(set) var head = JSONObject()
  /// By name of the snapshot's list: items by id or code.
  private(set) var lists: [String: [JSONObject]] = [:]
  /// `cart`, and lists of `holds`, `claims`, `bids` and `orders`.
  private(set) var cart = JSONObject()
  private(set) var own: [String: [JSONObject]] = [:]

  static let lists = ["listings", "pins", "drops", "vouchers"]
  /// What is one's own: it does not move the cursor.
  static let own: Set<String> = [
    "claimed", "dropLeft", "holdMade", "holdPriced", "holdEnded", "bidPlaced", "outbid", "cartSet",
  ]
  static let counters: Set<String> = [
    "stock", "units", "dropCounts", "lotState", "leaderboard", "revenue", "pinSeen",
  ]

  static func isOwn(_ message: JSONObject) -> Bool {
    own.contains(message.type)
      || (message.type == "orderUpdated" && message.object("order")["member"] == nil)
  }

  mutating func takeSnapshot(_ message: JSONObject) {
    if message["part"] == 0 {
      lists = [:]
      head = message.object("shop")
    }
    for list in ShopView.lists { lists[list, default: []] += message.objects(list) }
  }

  mutating func takeMe(_ message: JSONObject) {
    let shop = message.object("shop")
    cart = shop.object("cart")
    for list in ["holds", "claims", "bids", "orders"] { own[list] = shop.objects(list) }
  }

  /// Whether the message is the shop's.
  mutating func take(_ message: JSONObject) -> Bool {
    takeShelf(message) || takeSale(message) || takeOwn(message)
  }

  // MARK: The shelf

  private mutating func takeShelf(_ message: JSONObject) -> Bool {
    switch message.type {
    case "shopSet": for member in message.object("shop").members { head[member.key] = member.value }
    case "listingPut": put(message.object("listing"), in: "listings")
    case "listingRemoved":
      let id = message["listing"]
      lists["listings"]?.removeAll { $0["id"] == id }
      lists["pins"]?.removeAll { $0["listing"] == id }
    case "listingsOrdered":
      guard case .array(let ids)? = message["listings"] else { return true }
      let old = lists["listings"] ?? []
      lists["listings"] = ids.compactMap { id in old.first { $0["id"] == id } }
    case "variantSet": change(message.object("variant"))
    case "stock":
      change([
        "sku": message["sku"] ?? .null, "available": message["available"] ?? .null,
        "sold": message["sold"] ?? .null,
      ])
    case "units":
      change([
        "sku": message["sku"] ?? .null, "units": message["units"] ?? .null,
        "held": message["held"] ?? .null, "reserved": message["reserved"] ?? .null,
        "pending": message["pending"] ?? .null, "unanswered": message["unanswered"] ?? .null,
      ])
    case "listingPinned":
      let slot = message["slot"]
      lists["pins"]?.removeAll { $0["slot"] == slot }
      if case .object(let pin)? = message["pin"] { lists["pins", default: []].append(pin) }
      lists["pins"]?.sort { $0.number("slot") < $1.number("slot") }
    case "voucherPut":
      let voucher = message.object("voucher")
      lists["vouchers"]?.removeAll { $0["code"] == voucher["code"] }
      lists["vouchers", default: []].append(voucher)
      lists["vouchers"]?.sort { $0.text("code") < $1.text("code") }
    case "voucherRemoved": lists["vouchers"]?.removeAll { $0["code"] == message["code"] }
    default: return false
    }
    return true
  }

  private mutating func put(_ item: JSONObject, in list: String) {
    if let index = lists[list]?.firstIndex(where: { $0["id"] == item["id"] }) {
      lists[list]?[index] = item
    } else {
      lists[list, default: []].append(item)
    }
  }

  private mutating func change(_ variant: JSONObject) {
    for (index, listing) in (lists["listings"] ?? []).enumerated() {
      let variants = listing.objects("variants").map { old -> JSONValue in
        guard old["sku"] == variant["sku"] else { return .object(old) }
        var new = old
        for member in variant.members { new[member.key] = member.value }
        return .object(new)
      }
      lists["listings"]?[index]["variants"] = .array(variants)
    }
  }

  // MARK: Drops, lots, gifts

  private mutating func takeSale(_ message: JSONObject) -> Bool {
    switch message.type {
    case "dropScheduled", "dropStarted", "dropOpened", "dropDecided", "dropEnded", "dropSettled":
      let drop = message.object("drop")
      put(drop, in: "drops")
      let isOver =
        drop["settled"] == true
        || (drop["stage"] == "ended" && (drop["endWhy"] != "time" || drop["mode"] == "firstPaid"))
      if isOver { own["claims"]?.removeAll { $0["drop"] == drop["id"] } }
    case "dropCounts":
      guard let index = lists["drops"]?.firstIndex(where: { $0["id"] == message["drop"] }) else {
        return true
      }
      lists["drops"]?[index]["remaining"] = message["remaining"]
      lists["drops"]?[index]["sold"] = message["sold"]
      lists["drops"]?[index]["waiting"] = message["waiting"]
    case "lotOpened", "lotStarted", "lotProlonged", "lotClosing", "lotAwarded", "lotClosed",
      "lotState":
      let lot = message.object("lot")
      if case .object(let old)? = head["lot"], old.number("id") > lot.number("id") { return true }
      head["lot"] = .object(lot)
      own["bids"]?.removeAll { $0["lot"] != lot["id"] }
    case "leaderboard", "revenue": head[message.type] = message[message.type]
    case "orderUpdated" where !ShopView.isOwn(message): break
    case "reportRefused", "gifted", "pinSeen": break
    default: return false
    }
    return true
  }

  // MARK: One's own

  private mutating func takeOwn(_ message: JSONObject) -> Bool {
    switch message.type {
    case "claimed":
      let claim = message.object("claim")
      if claim["status"] == "held" {
        own["claims"]?.removeAll { $0["id"] == claim["id"] }
      } else {
        putOwn(claim, in: "claims")
      }
      if case .object(let hold)? = message["hold"] { putOwn(hold, in: "holds") }
    case "dropLeft": own["claims"]?.removeAll { $0["drop"] == message["drop"] }
    case "holdMade", "holdPriced": putOwn(message.object("hold"), in: "holds")
    case "holdEnded": own["holds"]?.removeAll { $0["id"] == message["hold"] }
    case "bidPlaced": own["bids"] = [message.object("bid")]
    case "outbid": break
    case "cartSet": cart = message.object("cart")
    case "orderUpdated": takeOrder(message.object("order"))
    default: return false
    }
    return true
  }

  private mutating func putOwn(_ item: JSONObject, in list: String) {
    own[list]?.removeAll { $0["id"] == item["id"] }
    own[list, default: []].append(item)
    own[list]?.sort { $0.number("id") < $1.number("id") }
  }

  private mutating func takeOrder(_ order: JSONObject) {
    putOwn(order, in: "orders")
    own["orders"]?.sort { $0.number("id") > $1.number("id") }
    let isSold = ["paid", "shipped", "refundRequested", "refunded"].contains(order.text("status"))
    if isSold {
      own["holds"]?.removeAll { $0["id"] == order["hold"] }
      own["claims"]?.removeAll { $0["id"] == order["claim"] }
    }
    let isOpen = ["creating", "awaitingPayment"].contains(order.text("status"))
    for (index, hold) in (own["holds"] ?? []).enumerated() where hold["id"] == order["hold"] {
      own["holds"]?[index]["order"] = isOpen ? order["id"] : .null
    }
  }

  // MARK: Comparing

  /// Without what no event tells of: places in a line move with those before, vouchers are counted, and
  /// carts and listings follow what they name.
  func settled(isStaff: Bool) -> ShopView {
    var view = self
    if !isStaff {
      view.lists["vouchers"] = nil
      view.head["merchant"] = nil
      view.head["revenue"] = nil
    }
    view.cart["voucher"] = nil
    for (index, _) in (lists["vouchers"] ?? []).enumerated() where isStaff {
      view.lists["vouchers"]?[index]["uses"] = nil
    }
    for (index, _) in (lists["drops"] ?? []).enumerated() {
      view.lists["drops"]?[index]["listing"] = nil
    }
    for (index, _) in (own["claims"] ?? []).enumerated() {
      view.own["claims"]?[index]["position"] = nil
    }
    if case .object(var lot)? = head["lot"] {
      lot["listing"] = nil
      view.head["lot"] = .object(lot)
    }
    view.own["orders"] = Array((own["orders"] ?? []).prefix(20))
    for list in ["holds", "claims"] {
      view.own[list]?.sort { $0.number("id") < $1.number("id") }
    }
    view.lists = view.lists.filter { !$0.value.isEmpty }
    view.own = view.own.filter { !$0.value.isEmpty }
    return view
  }

  /// Where two differ, for people.
  func differences(from other: ShopView) -> [String] {
    var found: [String] = []
    if head != other.head { found.append("shop: \(text(head)), not \(text(other.head))") }
    if cart != other.cart { found.append("cart: \(text(cart)), not \(text(other.cart))") }
    for (mine, theirs) in [(lists, other.lists), (own, other.own)] {
      for name in Set(mine.keys).union(theirs.keys).sorted() where mine[name] != theirs[name] {
        found.append(
          "\(name): \((mine[name] ?? []).map { text($0) }), not "
            + "\((theirs[name] ?? []).map { text($0) })")
      }
    }
    return found
  }

  private func text(_ object: JSONObject) -> String {
    String(decoding: JSONValue.object(object).write(), as: UTF8.self)
  }
}
