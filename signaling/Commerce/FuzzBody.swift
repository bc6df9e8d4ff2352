// What a fuzzer runs against a shop: log rows and snapshots from anywhere.

import JSON
import Wire

/// The Commerce fuzz body.
package enum CommerceFuzzBody {
  /// The kinds a first byte chooses from; the rest is the body.
  static let kinds = [
    "shopSet", "listingPut", "listingRemoved", "listingsOrdered", "variantSet", "listingPinned",
    "voucherPut", "voucherRemoved", "dropScheduled", "dropStarted", "dropOpened", "claimed",
    "dropLeft", "dropDecided", "holdMade", "holdEnded", "dropEnded", "dropSettled", "lotOpened",
    "lotStarted", "bidPlaced", "lotClosing", "lotAwarded", "lotClosed", "cartSet",
    "voucherApplied", "unitsAsked", "unitsGranted", "unitsReturned", "shopOver", "orderPriced",
    "orderMade", "paymentOffered", "orderMoved", "reportRefused", "gifted", "dropRestocked",
    "notKnown", "holdPriced", "lotProlonged", "unitsAskedAgain", "unitsUnanswered",
    "merchantAwaited",
  ]

  /// Reads `bytes` as a snapshot and as a log row; both must survive writing and reading again, and
  /// an event must be applicable whatever it says.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    var reader = SnapshotReader(copy bytes)
    if let shop = try? Shop(&reader) {
      precondition(copy(of: shop) == shop, "a snapshot changed by writing and reading it")
      _ = try? shop.decide(.server(.due), by: context, firstSequence: 1)
    }
    guard bytes.count > 0, let value = try? JSONValue.parse(bytes.extracting(droppingFirst: 1)),
      case .object(let body) = value,
      let event = ShopEvent(kind: kinds[Int(bytes[0]) % kinds.count], body: body)
    else { return }
    precondition(ShopEvent(kind: event.kind, body: event.body) == event, "an event changed")
    var shop = Shop()
    for sequence in Int64(1)...3 {
      _ = shop.apply(event, at: ShopPlace(sequence: sequence, atMs: 1, buyer: BuyerID(1)))
    }
    precondition(copy(of: shop) == shop, "a shop changed by writing and reading it")
    precondition(shop.violations().isEmpty, "an event broke the shop")
  }

  private static func copy(of shop: Shop) -> Shop? {
    var writer = SnapshotWriter()
    shop.write(to: &writer)
    var reader = SnapshotReader(writer.bytes.span)
    return try? Shop(&reader)
  }

  private static let context = ShopContext(
    buyer: .server, isStaff: false, atMs: ShopLimits.timeMsMax)
}
