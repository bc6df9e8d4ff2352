// What an open room can say of its shop: orders, what was pinned, who gave most.

import Commerce
import JSON
import Wire

extension RoomHouse {
  // MARK: Orders

  /// One buyer's orders with an id below `before`, newest first.
  package func orderPage(of person: PersonID, before: Int64?, limit: Int) -> [UInt8] {
    let ids = state.shop.buyers[person.buyer]?.orders ?? []
    let orders = ids.reversed().lazy.filter { id in before.map { id < $0 } ?? true }
      .compactMap { state.shop.orders[$0] }
    return page("orders", orders, limit: limit, id: \.id) {
      shopEntries.order($0, forStaff: false)
    }
  }

  /// All orders with an id below `before`, newest first, and what they came to.
  package func orderPage(before: Int64?, limit: Int) -> [UInt8] {
    page(
      "orders", state.shop.orders.entries(before: before, limit: limit + 1).map(\.value),
      limit: limit, id: \.id, [("revenue", shopEntries.revenue())]
    ) { shopEntries.order($0, forStaff: true) }
  }

  /// Orders' lines as a table (RFC 4180), those of orders with an id above `after`, oldest first.
  ///
  /// - Returns: the rows, with a header on the first page, and where they go on.
  package func orderTable(after: Int64?, limit: Int) -> (text: [UInt8], next: Int64?) {
    var text = ""
    if after == nil {
      text +=
        "order,status,at_ms,buyer,sku,quantity,price_minor,discount_minor,total_minor,currency,"
        + "voucher\r\n"
    }
    let orders = state.shop.orders.entries(after: after, limit: limit + 1).map(\.value)
    for order in orders.prefix(limit) {
      let buyer = people.record(order.buyer.person)?.identity ?? ""
      for line in order.lines {
        let cells = [
          "\(order.id)", order.status.rawValue, "\(order.atMs)", buyer, line.sku,
          "\(line.quantity)", "\(line.priceMinor)", "\(order.discountMinor)",
          "\(order.totalMinor)", state.shop.settings.currency ?? "", order.voucher ?? "",
        ]
        text += cells.map(RoomHouse.cell).joined(separator: ",") + "\r\n"
      }
    }
    return (Array(text.utf8), orders.count > limit ? orders[limit - 1].id : nil)
  }

  /// A cell that a spreadsheet takes for a text and nothing else.
  private static func cell(_ text: String) -> String {
    var text = text
    if let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first) {
      text = "'" + text
    }
    guard text.unicodeScalars.contains(where: { "\",\r\n".unicodeScalars.contains($0) }) else {
      return text
    }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  // MARK: Pins and gifts

  /// Pins with an id below `before`, newest first, those on screen included.
  package func pinPage(before: Int64?, limit: Int) -> [UInt8] {
    let pins = (state.shop.pinHistory + state.shop.pins).sorted { $0.id > $1.id }
      .filter { pin in before.map { pin.id < $0 } ?? true }
    return page("pins", pins, limit: limit, id: \.id) { pin in
      var object = shopEntries.pin(pin)
      object["endedAtMs"] = json(pin.endedAtMs)
      return .object(object)
    }
  }

  /// Who gave most.
  package var leaderboard: [UInt8] {
    let body: JSONValue = ["leaderboard": shopEntries.leaders(ShopLimits.leadersMax)]
    return body.write()
  }

  private func page<Item>(
    _ name: String, _ items: some Sequence<Item>, limit: Int, id: (Item) -> Int64,
    _ more: [(String, JSONValue)] = [], _ write: (Item) -> JSONValue
  ) -> [UInt8] {
    var page = EntryPage()
    var (last, next): (Int64?, Int64?) = (nil, nil)
    for item in items {
      guard page.items.count < limit, page.add(write(item)) else {
        next = last
        break
      }
      last = id(item)
    }
    return JSONValue.object(
      JSONObject([(name, .array(page.items)), ("next", json(next))] + more)
    ).write()
  }
}

extension SortedTable where Key == Int64 {
  /// The entries with a key below `before`, the last one first.
  fileprivate func entries(before: Int64?, limit: Int) -> [Entry] {
    guard let before else { return suffix(limit) }
    // Pages begin at keys that are there; another one is found by going through.
    let above = rank(of: before).map { count - $0 } ?? self.lazy.filter { $0.key >= before }.count
    return Array(suffix(above + limit).dropFirst(above))
  }

  /// The entries with a key above `after`, the first one first.
  fileprivate func entries(after: Int64?, limit: Int) -> [Entry] {
    Array(self.lazy.filter { entry in after.map { entry.key > $0 } ?? true }.prefix(limit))
  }
}
