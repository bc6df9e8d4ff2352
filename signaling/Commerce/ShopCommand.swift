// What hosts, buyers, merchants and timers want of a room's shop: checked for form, not yet decided.

/// One wish. Texts are as they were sent; `Shop.decide` judges them.
package enum ShopCommand: Hashable, Sendable {
  // The shelf
  case setShop(ShopSettingsChange)
  case putListing(ListingDraft)
  /// All or nothing.
  case importListings([ListingDraft])
  case removeListing(ShopID)
  case orderListings([ShopID])
  case setVariant(SKU, priceMinor: Minor?, units: Int64?)
  /// Nil takes the pin away.
  case pinListing(slot: Int64, ShopID?)
  // Drops
  case scheduleDrop(DropDraft)
  case startDrop(ShopID)
  case cancelDrop(ShopID)
  case claim(drop: ShopID, quantity: Int64)
  case leaveDrop(ShopID)
  // Auctions
  case openLot(LotDraft)
  /// `maxMinor`: up to where the server bids for the buyer; nil: no more than the amount.
  case bid(lot: ShopID, amountMinor: Minor, maxMinor: Minor?)
  case closeLot(ShopID)
  case cancelLot(ShopID)
  // Buying
  case setCart(SKU, quantity: Int64)
  /// Nil takes the voucher out of the cart.
  case applyVoucher(String?)
  /// Of one hold, or (nil) of the cart.
  case checkout(hold: ShopID?)
  case releaseHold(ShopID)
  case cancelOrder(ShopID)
  case refundOrder(ShopID, reason: String?)
  case shipOrder(ShopID)
  case putVoucher(VoucherDraft)
  case removeVoucher(String)
  // The server's own
  case server(ShopServerCommand)

  /// Whom a command is for.
  package enum Authority: Hashable, Sendable {
    case anyone, staff, host, server
  }

  package var authority: Authority {
    switch self {
    case .claim, .leaveDrop, .bid, .setCart, .applyVoucher, .checkout, .releaseHold, .cancelOrder:
      .anyone
    case .pinListing: .staff
    case .setShop, .putListing, .importListings, .removeListing, .orderListings, .setVariant,
      .scheduleDrop, .startDrop, .cancelDrop, .openLot, .closeLot, .cancelLot, .refundOrder,
      .shipOrder, .putVoucher, .removeVoucher:
      .host
    case .server: .server
    }
  }

  /// Whether units may be to be given back after it.
  var movesUnits: Bool {
    switch self {
    case .putListing, .importListings, .removeListing, .setVariant, .server(.stockGranted),
      .server(.listingsPut), .server(.over):
      true
    default: false
    }
  }
}

/// What the server does by itself.
package enum ShopServerCommand: Hashable, Sendable {
  /// Countdowns, windows, ends and holds whose time has come.
  case due
  /// The merchant answered the request for a payment page.
  case checkoutAnswered(order: ShopID, CheckoutAnswer)
  /// The merchant reported by a signed callback.
  case orderReported(order: ShopID, OrderReport)
  /// The merchant was asked whether an order's prices stand.
  case pricesChecked(order: ShopID, PriceAnswer)
  /// The merchant was asked whether a hold's price stands, before its buyer orders.
  case holdChecked(hold: ShopID, PriceAnswer)
  /// A gift was paid for: the ledger's posting of this room, to be told.
  case giftPosted(GiftPosting)
  /// The merchant gives units it was asked for, by the number of the question; 0: none.
  case stockGranted(ask: ShopID, Int64)
  /// The merchant offers products here, with units it has set aside itself.
  case listingsPut([ListingDraft])
  /// The show has ended.
  case over
}

/// What a merchant says to an order's prices.
package enum PriceAnswer: Hashable, Sendable {
  /// They stand, but for those of these SKUs.
  case confirmed([SKU: Minor])
  case denied(reason: String)
}

/// What a merchant says to a request for a payment page.
package enum CheckoutAnswer: Hashable, Sendable {
  /// Where the buyer pays; https, or what the operator allowed.
  case payment(url: String)
  case failed(reason: String)
}

/// What a merchant reports of an order.
package enum OrderReport: String, Hashable, Sendable, CaseIterable {
  case paid, failed, cancelled, refunded, shipped
}

/// A gift whose coins the ledger has moved.
package struct GiftPosting: Hashable, Sendable {
  /// Counts this room's gift postings: 1, 2, 3, …
  package var number: Int64
  package var buyer: BuyerID
  package var gift: String
  /// How many of it.
  package var count: Int64
  /// What they cost together.
  package var coins: Int64
  package init(number: Int64, buyer: BuyerID, gift: String, count: Int64, coins: Int64) {
    self.number = number
    self.buyer = buyer
    self.gift = gift
    self.count = count
    self.coins = coins
  }
}

/// New settings; what is nil stays.
package struct ShopSettingsChange: Hashable, Sendable {
  /// ISO 4217, three capital letters; only while nothing has a price.
  package var currency: String?
  package var isPaused: Bool?
  /// Seconds a hold lasts.
  package var holdSeconds: Int64?
  /// The merchant whose hooks take this room's orders.
  package var merchant: String?
  package init() {}
}

/// A product as a room offers it.
package struct ListingDraft: Hashable, Sendable {
  /// The merchant's name for it; the same again replaces it.
  package var reference: String
  package var title: String
  package var description: String?
  /// https URLs.
  package var images: [String]
  package var url: String?
  package var currency: String
  package var variants: [VariantDraft]
  package init(
    reference: String, title: String, description: String? = nil, images: [String] = [],
    url: String? = nil, currency: String, variants: [VariantDraft]
  ) {
    self.reference = reference
    self.title = title
    self.description = description
    self.images = images
    self.url = url
    self.currency = currency
    self.variants = variants
  }
}

/// One kind of unit of a product.
package struct VariantDraft: Hashable, Sendable {
  package var sku: SKU
  package var title: String?
  package var priceMinor: Minor
  /// The price it is compared with; nil for none.
  package var compareAtMinor: Minor?
  /// All units the shop allots to this show, those held and sold included.
  package var units: Int64
  package init(
    sku: SKU, title: String? = nil, priceMinor: Minor, compareAtMinor: Minor? = nil, units: Int64
  ) {
    self.sku = sku
    self.title = title
    self.priceMinor = priceMinor
    self.compareAtMinor = compareAtMinor
    self.units = units
  }
}

/// A drop to be scheduled.
package struct DropDraft: Hashable, Sendable {
  /// Who has a right to a unit.
  package enum Mode: String, Hashable, Sendable, CaseIterable {
    /// Who claims first holds it while paying.
    case hold
    /// Who pays first.
    case firstPaid
  }
  /// When the countdown begins.
  package enum Start: String, Hashable, Sendable, CaseIterable {
    /// At once.
    case auto
    /// With `startDrop`.
    case manual
  }
  package var sku: SKU
  package var quantity: Int64
  package var priceMinor: Minor
  package var countdownSeconds: Int64
  package var durationSeconds: Int64
  package var perBuyer: Int64
  package var mode: Mode
  package var start: Start
  /// Seconds a hold lasts; nil: the room's.
  package var holdSeconds: Int64?
  package init(
    sku: SKU, quantity: Int64, priceMinor: Minor, countdownSeconds: Int64, durationSeconds: Int64,
    perBuyer: Int64 = 1, mode: Mode = .hold, start: Start = .auto, holdSeconds: Int64? = nil
  ) {
    self.sku = sku
    self.quantity = quantity
    self.priceMinor = priceMinor
    self.countdownSeconds = countdownSeconds
    self.durationSeconds = durationSeconds
    self.perBuyer = perBuyer
    self.mode = mode
    self.start = start
    self.holdSeconds = holdSeconds
  }
}

/// An auction to be opened.
package struct LotDraft: Hashable, Sendable {
  /// From a price on, the least step to the next bid.
  package struct Increment: Hashable, Sendable {
    package var fromMinor: Minor
    package var stepMinor: Minor
    package init(fromMinor: Minor, stepMinor: Minor) {
      self.fromMinor = fromMinor
      self.stepMinor = stepMinor
    }
  }
  package var sku: SKU
  package var startMinor: Minor
  /// Below it nothing is sold; nil for none.
  package var reserveMinor: Minor?
  /// Rising; empty: 5 % of the start, at least one unit.
  package var increments: [Increment]
  package var durationSeconds: Int64
  /// Whether a late bid sets the end anew; false: sudden death.
  package var isSoft: Bool
  package var softSeconds: Int64
  /// Seconds until it opens; pre-bids are taken meanwhile.
  package var startsAfterSeconds: Int64
  package init(
    sku: SKU, startMinor: Minor, reserveMinor: Minor? = nil, increments: [Increment] = [],
    durationSeconds: Int64, isSoft: Bool = true, softSeconds: Int64 = 10,
    startsAfterSeconds: Int64 = 0
  ) {
    self.sku = sku
    self.startMinor = startMinor
    self.reserveMinor = reserveMinor
    self.increments = increments
    self.durationSeconds = durationSeconds
    self.isSoft = isSoft
    self.softSeconds = softSeconds
    self.startsAfterSeconds = startsAfterSeconds
  }
}

/// A voucher to be made or replaced.
package struct VoucherDraft: Hashable, Sendable {
  /// What it takes off.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    /// `value` hundredths of the sum, rounded down.
    case percent
    /// `value` in minor units, at most the sum.
    case amount
  }
  /// 1–32 characters; case does not matter.
  package var code: String
  package var kind: Kind
  package var value: Int64
  package var minimumMinor: Minor?
  /// Orders it may be used in; nil: any number.
  package var usesMax: Int64?
  package var perBuyer: Int64
  /// Milliseconds since 1970.
  package var startsAtMs: Int64?
  package var endsAtMs: Int64?
  package init(
    code: String, kind: Kind, value: Int64, minimumMinor: Minor? = nil, usesMax: Int64? = nil,
    perBuyer: Int64 = 1, startsAtMs: Int64? = nil, endsAtMs: Int64? = nil
  ) {
    self.code = code
    self.kind = kind
    self.value = value
    self.minimumMinor = minimumMinor
    self.usesMax = usesMax
    self.perBuyer = perBuyer
    self.startsAtMs = startsAtMs
    self.endsAtMs = endsAtMs
  }
}
