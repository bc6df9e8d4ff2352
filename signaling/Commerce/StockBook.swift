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

  /// What can be bought from the shelf.
  package var available: Int64 { units - committed }

  /// What is promised or gone.
  package var committed: Int64 { reserved + held + sold }
}

/// Every SKU's units. A unit changes its place by `move` only.
package struct StockBook: Hashable, Sendable {
  /// Where a unit can be.
  enum Place: Hashable, Sendable { case shelf, reserved, held, sold }

  private(set) var items = SortedTable<SKU, Stock>()

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
    // What is not offered is forgotten with its last promise.
    items[sku] = stock.listing == nil && stock.committed == 0 ? nil : stock
    return true
  }

  /// A SKU is offered with so many units in all; false when more are promised.
  mutating func offer(_ sku: SKU, units: Int64, by listing: ShopID) -> Bool {
    guard (0...ShopLimits.unitsMax).contains(units) else { return false }
    var stock = items[sku] ?? Stock(units: units)
    guard stock.committed <= units, stock.listing ?? listing == listing else { return false }
    stock.units = units
    stock.listing = listing
    items[sku] = stock
    return true
  }

  /// A SKU is not offered any more; it is forgotten once nothing is promised or sold.
  mutating func withdraw(_ sku: SKU) {
    guard let stock = items[sku] else { return }
    if stock.committed == 0 {
      items[sku] = nil
    } else {
      items.update(sku) { $0.listing = nil }
    }
  }

  /// As a snapshot has it.
  mutating func restore(_ sku: SKU, _ stock: Stock) { items[sku] = stock }
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
