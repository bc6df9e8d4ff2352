// Units kept for one buyer until a time, and the clocks that end them.

/// Units of a drop or a lot that one buyer may pay for.
package struct Hold: Hashable, Sendable {
  /// Where they come from and, unpaid, return to.
  package enum Source: Hashable, Sendable {
    case drop(ShopID), lot(ShopID)
  }

  /// The claim's number, or that of the event that made it.
  package let id: ShopID
  package let buyer: BuyerID
  package let sku: SKU
  package let quantity: Int64
  /// Of one unit; what the merchant said of it once `isPriced`.
  package internal(set) var priceMinor: Minor
  /// Milliseconds since 1970.
  package let untilMs: Int64
  package let source: Source
  /// The merchant has said that its price stands, or what it is.
  package internal(set) var isPriced = false
  /// The open order that would pay for it.
  package internal(set) var order: ShopID?
}

/// When a hold or an order ends by itself.
struct ShopClock: Hashable, Comparable, Sendable {
  var atMs: Int64
  var id: ShopID

  static func < (a: ShopClock, b: ShopClock) -> Bool { (a.atMs, a.id) < (b.atMs, b.id) }
}
