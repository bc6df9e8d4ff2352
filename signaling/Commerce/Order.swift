// What a buyer pays for: lines, their sum and where the order stands.

/// One order.
package struct Order: Hashable, Sendable {
  /// Who keeps its units.
  enum Units: String, Hashable, Sendable {
    /// The order itself: units from the shelf.
    case kept
    /// A hold.
    case hold
    /// Nobody: over, or a right to buy without units.
    case none
    case sold
  }

  package let id: ShopID
  package let buyer: BuyerID
  package let source: OrderSource
  /// The drop or lot it buys from.
  package let drop: ShopID?
  package let lot: ShopID?
  package internal(set) var lines: [OrderLine]
  package internal(set) var discountMinor: Minor
  package internal(set) var totalMinor: Minor
  package let voucher: String?
  /// The voucher's own number: a code can be put again.
  let voucherID: ShopID?
  /// Whose it is to take and to report; nil in orders of older logs: the room's merchant.
  package let merchant: String?
  package let untilMs: Int64
  package let atMs: Int64
  package internal(set) var status = OrderStatus.creating
  /// Why it came to nothing or is given back.
  package internal(set) var reason: String?
  /// Where the buyer pays; for the buyer's eyes only.
  package internal(set) var paymentURL: String?
  var units: Units
  /// The merchant has said that its prices stand, or what they are.
  package internal(set) var isPriced = false
  /// Shipped units don't return to the shelf with a refund.
  var wasShipped = false

  /// The sum of the lines before the discount; nil when it is more than an order may be.
  static func sum(_ lines: [OrderLine]) -> Minor? {
    var sum: Minor = 0
    for line in lines {
      let (product, isTooMuch) = line.priceMinor.multipliedReportingOverflow(by: line.quantity)
      let (next, isOver) = sum.addingReportingOverflow(product)
      guard !isTooMuch, !isOver, product >= 0, next <= ShopLimits.orderMinorMax else { return nil }
      sum = next
    }
    return sum
  }
}

/// Sums over all orders of a room.
package struct Revenue: Hashable, Sendable {
  /// Orders that were paid, those refunded later included.
  package internal(set) var paidCount: Int64 = 0
  package internal(set) var paidMinor: Minor = 0
  package internal(set) var refundedCount: Int64 = 0
  package internal(set) var refundedMinor: Minor = 0
}

/// What the shop knows of one buyer; forgotten when nothing is left.
package struct Buyer: Hashable, Sendable {
  /// Units in the cart; prices are those of the moment of checkout.
  package struct CartLine: Hashable, Sendable {
    package let sku: SKU
    package internal(set) var quantity: Int64
  }
  package internal(set) var cart: [CartLine] = []
  /// The cart's voucher.
  package internal(set) var voucher: String?
  /// Live holds and all orders, by their numbers.
  package internal(set) var holds: [ShopID] = []
  package internal(set) var orders: [ShopID] = []
  /// The last holds that ended unpaid, so that a late checkout is told why.
  var endedHolds: [ShopID] = []
  /// Orders that are not paid and not over.
  var openOrders = 0

  var isEmpty: Bool { self == Buyer() }
}
