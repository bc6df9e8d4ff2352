// What happened in a room's shop: entries of the room's log.

/// One thing that happened; `Shop.apply` is what it means. Who did it stands beside it (`ShopPlace`);
/// an event that concerns another buyer names that one.
package enum ShopEvent: Hashable, Sendable {
  // The shelf
  /// All settings, as they are now.
  case shopSet(ShopSettings)
  /// Nil: a new listing, named by this event's number.
  case listingPut(ShopID?, ListingDraft)
  case listingRemoved(ShopID)
  /// Every listing, in the new order.
  case listingsOrdered([ShopID])
  /// The price and all units allotted, as they are now.
  case variantSet(SKU, priceMinor: Minor, units: Int64)
  /// A pin, named by this event's number; nil takes the slot's pin away.
  case listingPinned(slot: Int64, ShopID?)
  /// With its code in capitals.
  case voucherPut(VoucherDraft)
  case voucherRemoved(String)
  // Drops
  case dropScheduled(DropScheduledEvent)
  /// The countdown of a manual drop has begun.
  case dropStarted(ShopID, startsAtMs: Int64)
  /// Claims are taken; the opening window lasts `windowMs` (0: none).
  case dropOpened(ShopID, windowMs: Int64, endsAtMs: Int64)
  /// The actor claims; after the opening window with what the claim got at once.
  case claimed(ClaimedEvent)
  /// The actor gives up its claims that hold nothing.
  case dropLeft(ShopID)
  /// The opening window is over: its claims are put in order with the seed, and hold units until
  /// `untilMs` in that order (`DropOrder`).
  case dropDecided(ShopID, seed: [UInt8], untilMs: Int64)
  /// A unit that came free went to the next that waits.
  case holdMade(HoldMadeEvent)
  /// The merchant has said what a hold costs (of one unit): never more than was promised.
  case holdPriced(ShopID, BuyerID, priceMinor: Minor)
  /// A hold of a drop or lot is over, unpaid.
  case holdEnded(ShopID, BuyerID, HoldEnd)
  /// No more claims.
  case dropEnded(ShopID, DropEnd)
  /// Nothing can come free any more: nobody waits.
  case dropSettled(ShopID)
  /// What came free waits from now on because no merchant takes orders; false: one does again.
  case merchantAwaited(Bool)
  /// Units of a refunded order are the drop's again, not the shelf's.
  case dropRestocked(ShopID, quantity: Int64)
  // Auctions
  case lotOpened(LotOpenedEvent)
  /// Pre-bids became bids.
  case lotStarted(ShopID)
  /// The actor bids.
  case bidPlaced(BidPlacedEvent)
  /// Its end came while no process ran for it: it is open until `endsAtMs`, for who could not bid.
  case lotProlonged(ShopID, endsAtMs: Int64)
  /// Its time is over; bids that were made before it still count until `closesAtMs`.
  case lotClosing(ShopID, closesAtMs: Int64)
  /// Sold to a bidder, who holds the unit; the hold is named by this event's number.
  case lotAwarded(ShopID, BuyerID, priceMinor: Minor, untilMs: Int64)
  /// Not sold.
  case lotClosed(ShopID, LotEnd)
  // Buying
  /// The actor's cart; 0 takes the line out.
  case cartSet(SKU, quantity: Int64)
  case voucherApplied(String?)
  case orderMade(OrderMadeEvent)
  /// The merchant has said what an order costs: its lines, as they are now.
  case orderPriced(ShopID, [OrderLine], discountMinor: Minor)
  /// The merchant's page for an order; the URL is secret.
  case paymentOffered(ShopID, url: String)
  case orderMoved(ShopID, OrderStatus, reason: String?)
  /// A merchant's report that does not fit the order.
  case reportRefused(ShopID, OrderReport)
  // Gifts
  case gifted(GiftedEvent)
  // The merchant's units
  /// The show is to have `wanted` units of it in the end; the merchant is asked for `quantity` of them
  /// (0: for none). The question is named by this event's number.
  case unitsAsked(SKU, wanted: Int64, quantity: Int64)
  /// What the merchant gave for a question.
  case unitsGranted(ShopID, SKU, Int64)
  /// The merchant has not answered a question: it is asked once more.
  case unitsAskedAgain(ShopID, SKU)
  /// It never has: the question is given up.
  case unitsUnanswered(ShopID, SKU)
  /// Units that were not sold are the merchant's again.
  case unitsReturned(SKU, Int64)
  /// The show has ended.
  case shopOver
}

/// The settings of a room's shop.
package struct ShopSettings: Hashable, Sendable {
  /// ISO 4217; nil while nothing has a price.
  package var currency: String?
  /// Whether claims, bids and checkouts are refused.
  package var isPaused = false
  package var holdSeconds = ShopLimits.holdSecondsDefault
  /// Who takes this room's orders; nil: the server's only one.
  package var merchant: String?
  package init() {}
}

/// A drop was scheduled.
package struct DropScheduledEvent: Hashable, Sendable {
  package var sku: SKU
  package var quantity: Int64
  package var priceMinor: Minor
  package var countdownSeconds: Int64
  package var durationSeconds: Int64
  package var perBuyer: Int64
  package var mode: DropDraft.Mode
  package var holdSeconds: Int64
  /// The countdown's end; nil: it waits for `dropStarted`.
  package var startsAtMs: Int64?
  /// SHA-256 of the seed and the drop's name (`DropOrder.commitment`).
  package var commitment: [UInt8]
  /// The seed: in the log, but published by `dropDecided` only; empty in an exported log.
  package var secret: [UInt8]
}

/// A buyer claimed units of a drop.
package struct ClaimedEvent: Hashable, Sendable {
  package var drop: ShopID
  package var quantity: Int64
  /// Received, less the buyer's measured delay; not before the drop opened.
  package var adjustedMs: Int64
  /// Units it holds at once; the hold has the claim's number.
  package var held: Int64
  /// When that hold ends.
  package var untilMs: Int64
}

/// A claim that waited holds units now.
package struct HoldMadeEvent: Hashable, Sendable {
  package var drop: ShopID
  package var claim: ShopID
  package var buyer: BuyerID
  package var quantity: Int64
  package var untilMs: Int64
}

/// How a hold ended that was not paid for.
package enum HoldEnd: String, Hashable, Sendable, CaseIterable {
  case expired
  /// Its buyer gave it back.
  case released
  /// The merchant does not sell it so.
  case refused
}

/// Why a drop takes no more claims.
package enum DropEnd: String, Hashable, Sendable, CaseIterable {
  /// Every unit is paid for.
  case soldOut
  case time, cancelled
}

/// An auction was opened.
package struct LotOpenedEvent: Hashable, Sendable {
  package var sku: SKU
  package var startMinor: Minor
  package var reserveMinor: Minor?
  /// Rising and never empty.
  package var increments: [LotDraft.Increment]
  package var isSoft: Bool
  package var softSeconds: Int64
  package var holdSeconds: Int64
  package var startsAtMs: Int64
  package var endsAtMs: Int64
}

/// A bid that counts.
package struct BidPlacedEvent: Hashable, Sendable {
  package var lot: ShopID
  /// What was needed to bid then, which everybody knew; a plain bid of more is a maximum too.
  package var amountMinor: Minor
  /// Up to where the server bids for the buyer: secret, and no more than the amount in an exported log.
  package var maxMinor: Minor
  /// Received, less the buyer's measured delay.
  package var adjustedMs: Int64
  /// When the lot ends now.
  package var endsAtMs: Int64
  /// Who led before and does no longer.
  package var outbid: BuyerID?
}

/// How a lot ended that was not sold.
package enum LotEnd: String, Hashable, Sendable, CaseIterable {
  case unsold, cancelled
}

/// An order was made: the merchant is asked for a payment page.
package struct OrderMadeEvent: Hashable, Sendable {
  package var source: OrderSource
  package var lines: [OrderLine]
  package var discountMinor: Minor
  package var voucher: String?
  /// Until when its units are kept.
  package var untilMs: Int64
  /// Who takes it; nil in older logs.
  package var merchant: String?
}

/// What an order is made of.
package enum OrderSource: Hashable, Sendable {
  case cart
  /// A drop's or lot's hold.
  case hold(ShopID)
  /// A right to buy from a drop whose first payers get the units.
  case claim(ShopID)
}

/// Units of one SKU at one price.
package struct OrderLine: Hashable, Sendable {
  package var sku: SKU
  package var quantity: Int64
  /// Of one unit.
  package var priceMinor: Minor
  package init(sku: SKU, quantity: Int64, priceMinor: Minor) {
    self.sku = sku
    self.quantity = quantity
    self.priceMinor = priceMinor
  }
}

/// Where an order stands.
package enum OrderStatus: String, Hashable, Sendable, CaseIterable {
  /// The merchant is being asked.
  case creating
  case awaitingPayment, paid, shipped, failed, cancelled, expired, refundRequested, refunded

  /// Whether it keeps units that are not paid for.
  package var isOpen: Bool { self == .creating || self == .awaitingPayment }

  /// Whether it came to nothing, and no money did either.
  var isUnpaidEnd: Bool { self == .failed || self == .cancelled || self == .expired }
}

/// A gift was given and paid for.
package struct GiftedEvent: Hashable, Sendable {
  package var posting: GiftPosting
  /// How many of it the buyer has given in one go, these included.
  package var combo: Int64
}
