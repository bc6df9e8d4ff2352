// Where every unit of a show is: on the shelf, reserved, held or sold; never in two places.

/// The units of one SKU.
package struct Stock: Hashable, Sendable {
  /// All units allotted to the show.
  package internal(set) var units: Int64
  /// Kept for drops and lots, and not held by a buyer.
  package internal(set) var reserved: Int64 = 0
  /// Kept for buyers that have not paid.
  package internal(set) var held: Int64 = 0
  /// Paid for.
  package internal(set) var sold: Int64 = 0
  /// The listing it is offered by; nil when it is not offered any more.
  package internal(set) var listing: ShopID?
  /// Where units are the merchant's to give: how many the show is to have in the end. Nil: the host's
  /// word is enough.
  package internal(set) var wanted: Int64?
  /// Units the merchant was asked for and has said nothing of, by the number of the question.
  package internal(set) var asks = SortedTable<ShopID, StockAsk>()
  /// Units that the merchant was asked for, again and again, and never said anything of: asked for no
  /// more until the host wants them anew.
  package internal(set) var unanswered: Int64 = 0

  init(units: Int64) { self.units = units }

  /// What can be bought from the shelf.
  package var available: Int64 { units - committed }

  /// What is promised or gone.
  package var committed: Int64 { reserved + held + sold }

  /// Units that are asked for: not there yet.
  package var pending: Int64 { asks.reduce(0) { $0 + $1.value.quantity } }

  /// Units the show has no use for any more: the merchant's again.
  var surplus: Int64 { wanted.map { max(0, units - max($0, committed)) } ?? 0 }
}

/// A question for units that a merchant has not answered.
package struct StockAsk: Hashable, Sendable {
  package let quantity: Int64
  /// When it is asked again, or given up.
  package internal(set) var dueMs: Int64
  /// How often it was asked.
  package internal(set) var times: Int64 = 1
}

/// Every SKU's units. A unit changes its place by `move` only.
package struct StockBook: Hashable, Sendable {
  /// Where a unit can be.
  enum Place: Hashable, Sendable { case shelf, reserved, held, sold }

  private(set) var items = SortedTable<SKU, Stock>()
  /// When questions are asked again.
  private(set) var clocks = SortedTable<ShopClock, SKU>()
  /// SKUs with more units than are wanted: what comes free of them goes back.
  private(set) var leaving = SortedTable<SKU, Bool>()

  /// The units of a SKU; nil for one that was never offered.
  package func stock(_ sku: SKU) -> Stock? { items[sku] }

  /// How many SKUs it knows.
  package var count: Int { items.count }

  func available(_ sku: SKU) -> Int64 { items[sku]?.available ?? 0 }

  /// Moves units; false, and nothing moved, when so many are not there.
  mutating func move(_ sku: SKU, _ quantity: Int64, from: Place, to: Place) -> Bool {
    guard quantity > 0, var stock = items[sku], stock.count(at: from) >= quantity else {
      return false
    }
    stock.add(-quantity, at: from)
    stock.add(quantity, at: to)
    // What is not offered is forgotten with its last promise; a merchant's units go back to it first.
    let isForgotten = stock.listing == nil && stock.committed == 0 && stock.wanted == nil
    if stock.wanted != nil { note(sku, stock) } else { put(sku, isForgotten ? nil : stock) }
    return true
  }

  /// A SKU is offered with so many units in all, by the host's word; false when more are promised.
  mutating func offer(_ sku: SKU, units: Int64, by listing: ShopID) -> Bool {
    guard (0...ShopLimits.unitsMax).contains(units) else { return false }
    var stock = items[sku] ?? Stock(units: units)
    guard stock.committed <= units, stock.listing ?? listing == listing else { return false }
    stock.units = units
    stock.listing = listing
    stock.wanted = nil
    stock.unanswered = 0
    note(sku, stock)
    return true
  }

  /// A SKU is not offered any more; it is forgotten once nothing is promised, sold or to be given back.
  mutating func withdraw(_ sku: SKU) {
    guard var stock = items[sku] else { return }
    stock.listing = nil
    if stock.wanted == nil, stock.asks.isEmpty {
      put(sku, stock.committed == 0 ? nil : stock)
    } else {
      stock.wanted = 0
      note(sku, stock)
    }
  }

  /// As a snapshot has it.
  mutating func restore(_ sku: SKU, _ stock: Stock) { note(sku, stock) }

  // MARK: The merchant's units

  /// The show is to have so many units in the end, and asks the merchant for some of them.
  mutating func ask(
    _ sku: SKU, wanted: Int64, quantity: Int64, as id: ShopID, at atMs: Int64
  ) -> Bool {
    guard var stock = items[sku], stock.listing != nil,
      (0...ShopLimits.unitsMax).contains(wanted), (0...ShopLimits.unitsMax).contains(quantity)
    else { return false }
    if quantity > 0 {
      guard stock.asks.count < ShopLimits.asksMax else { return false }
      stock.asks[id] = StockAsk(quantity: quantity, dueMs: atMs + ShopLimits.askAgainMs)
      stock.unanswered = 0
    }
    stock.wanted = wanted
    note(sku, stock)
    return true
  }

  /// The merchant gives what it was asked for, or less; what it does not give is not wanted any more.
  mutating func grant(_ sku: SKU, _ quantity: Int64, of id: ShopID) -> Bool {
    guard var stock = items[sku], let asked = stock.asks[id]?.quantity,
      (0...asked).contains(quantity), stock.units + quantity <= ShopLimits.unitsMax
    else { return false }
    stock.asks[id] = nil
    stock.unanswered = 0
    stock.units += quantity
    stock.wanted = stock.wanted.map { min($0, stock.units + stock.pending) }
    note(sku, stock)
    return true
  }

  /// The merchant is asked once more what it has not answered.
  mutating func askAgain(_ sku: SKU, _ id: ShopID, at atMs: Int64) -> Bool {
    guard var stock = items[sku], stock.asks[id] != nil else { return false }
    stock.asks.update(id) { ask in
      ask.dueMs = atMs + ShopLimits.askAgainMs
      ask.times += 1
    }
    put(sku, stock)
    return true
  }

  /// A question is given up: what it was for is not wanted any more, and the team is told so.
  mutating func giveUp(_ sku: SKU, _ id: ShopID) -> Bool {
    guard var stock = items[sku], let ask = stock.asks[id] else { return false }
    stock.asks[id] = nil
    stock.unanswered = min(stock.unanswered + ask.quantity, ShopLimits.unitsMax)
    stock.wanted = stock.wanted.map { min($0, stock.units + stock.pending) }
    note(sku, stock)
    return true
  }

  /// Units go back to the merchant; false when so many are not free.
  mutating func giveBack(_ sku: SKU, _ quantity: Int64) -> Bool {
    guard var stock = items[sku], quantity > 0, stock.available >= quantity else { return false }
    stock.units -= quantity
    note(sku, stock)
    return true
  }

  /// The show is over: what comes free is not wanted any more.
  mutating func wantNothing() {
    for entry in items where entry.value.wanted != nil {
      var stock = entry.value
      stock.wanted = 0
      note(entry.key, stock)
    }
  }

  private mutating func put(_ sku: SKU, _ stock: Stock?) {
    for ask in items[sku]?.asks ?? SortedTable() {
      clocks[ShopClock(atMs: ask.value.dueMs, id: ask.key)] = nil
    }
    items[sku] = stock
    for ask in stock?.asks ?? SortedTable() {
      clocks[ShopClock(atMs: ask.value.dueMs, id: ask.key)] = sku
    }
  }

  private mutating func note(_ sku: SKU, _ stock: Stock) {
    let isGone =
      stock.wanted != nil && stock.listing == nil && stock.units == 0 && stock.asks.isEmpty
    put(sku, isGone ? nil : stock)
    leaving[sku] = !isGone && stock.units > stock.wanted ?? stock.units ? true : nil
  }
}

extension Stock {
  fileprivate func count(at place: StockBook.Place) -> Int64 {
    switch place {
    case .shelf: available
    case .reserved: reserved
    case .held: held
    case .sold: sold
    }
  }

  fileprivate mutating func add(_ quantity: Int64, at place: StockBook.Place) {
    switch place {
    case .shelf: break
    case .reserved: reserved += quantity
    case .held: held += quantity
    case .sold: sold += quantity
    }
  }
}
