// Judging what hosts do with the shelf: settings, listings, prices, pins and vouchers.

extension ShopDraft {
  // MARK: Settings

  mutating func setShop(_ change: ShopSettingsChange) throws(ShopRefusal) {
    let shop = state
    var settings = shop.settings
    if let currency = change.currency, currency != settings.currency {
      guard ShopText.isCurrency(currency) else {
        throw ShopRefusal(.badField, "currency: three capital letters (ISO 4217)")
      }
      guard shop.listings.isEmpty, shop.orders.isEmpty, shop.stock.count == 0 else {
        throw ShopRefusal(.wrongCurrency, "the room has prices in another currency already")
      }
      settings.currency = currency
    }
    if let isPaused = change.isPaused { settings.isPaused = isPaused }
    if let holdSeconds = change.holdSeconds {
      try check(holdSeconds, "holdSeconds", in: ShopLimits.holdSeconds)
      settings.holdSeconds = holdSeconds
    }
    if let merchant = change.merchant {
      guard ShopText.isName(merchant, max: ShopLimits.merchantMax) else {
        throw ShopRefusal(.badField, "merchant: 1…\(ShopLimits.merchantMax) of A–Z a–z 0–9 . _ -")
      }
      settings.merchant = merchant
    }
    if settings != shop.settings { add(.shopSet(settings)) }
    if shop.settings.isPaused, !settings.isPaused { resume() }
  }

  /// A pause is over: what came free in it goes on to those who waited.
  private mutating func resume() {
    for drop in state.drops { settleUp(drop: drop.id) }
    for lot in state.lots where lot.stage == .sold { askNext(lot: lot.id) }
  }

  // MARK: Listings

  mutating func put(_ draft: ListingDraft) throws(ShopRefusal) {
    decision(made: try putListing(draft))
  }

  /// All or nothing: a refusal names the row, from 0.
  mutating func importListings(_ drafts: [ListingDraft]) throws(ShopRefusal) {
    guard (1...ShopLimits.listingsMax).contains(drafts.count) else {
      throw ShopRefusal(.badField, "listings: 1…\(ShopLimits.listingsMax)")
    }
    var references = Set<String>()
    for (row, draft) in drafts.enumerated() {
      do throws(ShopRefusal) {
        guard references.insert(draft.reference).inserted else {
          throw ShopRefusal(.badField, "reference: there twice")
        }
        _ = try putListing(draft)
      } catch {
        throw ShopRefusal(error.code, "listings[\(row)]: \(error.text)")
      }
    }
  }

  private mutating func putListing(_ raw: ListingDraft) throws(ShopRefusal) -> ShopID {
    let draft = try cleaned(raw)
    var shop = state
    guard !shop.isOver else { throw ShopRefusal(.closed, "the show is over") }
    if let currency = shop.settings.currency {
      guard currency == draft.currency else {
        throw ShopRefusal(.wrongCurrency, "currency: this room's prices are in \(currency)")
      }
    } else {
      var settings = shop.settings
      settings.currency = draft.currency
      add(.shopSet(settings))
    }
    let old = shop.listings.first { $0.reference == draft.reference }
    guard old != nil || shop.listings.count < ShopLimits.listingsMax else {
      throw ShopRefusal(.limit, "a room has at most \(ShopLimits.listingsMax) listings")
    }
    if let old {
      for variant in old.variants where !draft.variants.contains(where: { $0.sku == variant.sku }) {
        try checkIsIdle(variant.sku)
      }
    }
    for variant in draft.variants { try checkUnits(variant.sku, variant.units, of: old?.id) }
    if let old, isAlready(old, draft) { return old.id }
    let event = ShopEvent.listingPut(old?.id, asAllotted(draft))
    // What is left is too many SKUs.
    shop = state
    guard shop.apply(event, at: ShopPlace(sequence: nextSequence, atMs: atMs, buyer: context.buyer))
    else { throw ShopRefusal(.limit, "a room has at most \(ShopLimits.skusMax) SKUs") }
    let sequence = add(event)
    for variant in draft.variants { try allot(variant.sku, variant.units) }
    return old?.id ?? sequence
  }

  /// Whether the listing is as the draft wants it, down to its units.
  private mutating func isAlready(_ listing: Listing, _ draft: ListingDraft) -> Bool {
    let book = state.stock
    return listing == Listing(id: listing.id, draft)
      && draft.variants.allSatisfy { variant in
        book.stock(variant.sku).map { $0.wanted ?? $0.units } == variant.units
      }
  }

  /// Units of a SKU that this listing (nil: a new one) may offer.
  private mutating func checkUnits(
    _ sku: SKU, _ units: Int64, of listing: ShopID?
  ) throws(ShopRefusal) {
    guard let stock = state.stock.stock(sku) else { return }
    if let owner = stock.listing, owner != listing {
      throw ShopRefusal(.skuTaken, "a SKU belongs to another listing")
    }
    guard stock.committed <= units else {
      throw ShopRefusal(
        .unitsCommitted, "units: \(stock.committed) are reserved, held or sold already")
    }
  }

  /// No drop and no lot offers the SKU now.
  private mutating func checkIsIdle(_ sku: SKU) throws(ShopRefusal) {
    let shop = state
    guard !shop.drops.contains(where: { $0.sku == sku && !$0.isSettled }),
      !shop.lots.contains(where: { $0.sku == sku && ($0.unit == .reserved || $0.unit == .held) })
    else { throw ShopRefusal(.wrongState, "a drop or an auction of it is open") }
  }

  mutating func removeListing(_ id: ShopID) throws(ShopRefusal) {
    let listing = try checkListing(id)
    for variant in listing.variants { try checkIsIdle(variant.sku) }
    for pin in state.pins where pin.listing == id { add(.listingPinned(slot: pin.slot, nil)) }
    add(.listingRemoved(id))
  }

  mutating func orderListings(_ ids: [ShopID]) throws(ShopRefusal) {
    let shop = state
    let known = shop.listings.map(\.id)
    guard Set(ids).count == ids.count, Set(ids).isSubset(of: known) else {
      throw ShopRefusal(.badField, "listings: listings of the room, each once")
    }
    let order = ids + known.filter { !ids.contains($0) }
    if order != known { add(.listingsOrdered(order)) }
  }

  mutating func setVariant(
    _ sku: SKU, priceMinor: Minor?, units: Int64?
  ) throws(ShopRefusal) {
    let listing = try checkOffered(sku)
    guard !state.isOver else { throw ShopRefusal(.closed, "the show is over") }
    guard let variant = listing.variant(sku), let stock = state.stock.stock(sku) else { return }
    if let priceMinor { try checkPrice(priceMinor, "priceMinor") }
    if let units {
      try check(units, "units", in: 0...ShopLimits.unitsMax)
      try checkUnits(sku, units, of: listing.id)
    }
    let price = priceMinor ?? variant.priceMinor
    let total = units ?? stock.wanted ?? stock.units
    let isSame = total == stock.wanted ?? stock.units
    guard price != variant.priceMinor || !isSame else { return }
    if price != variant.priceMinor || allotment == .byWord {
      add(
        .variantSet(
          sku, priceMinor: price, units: allotment == .byWord ? total : stock.units))
    }
    try allot(sku, total)
  }

  mutating func pin(_ id: ShopID?, slot: Int64) throws(ShopRefusal) {
    try check(slot, "slot", in: 1...ShopLimits.slotsMax)
    if let id { _ = try checkListing(id) }
    let old = state.pins.first { $0.slot == slot }
    guard old?.listing != id else { return }
    if id == nil {
      add(.listingPinned(slot: slot, nil))
    } else {
      make(.listingPinned(slot: slot, id))
    }
  }

  // MARK: Vouchers

  mutating func put(_ raw: VoucherDraft) throws(ShopRefusal) {
    var draft = raw
    draft.code = try voucherCode(raw.code)
    switch draft.kind {
    case .percent: try check(draft.value, "value", in: 1...100)
    case .amount: try checkPrice(draft.value, "value")
    }
    if let minimum = draft.minimumMinor {
      try check(minimum, "minimumMinor", in: 0...ShopLimits.minorMax)
    }
    if let uses = draft.usesMax { try check(uses, "usesMax", in: 1...Int64(ShopLimits.ordersMax)) }
    try check(draft.perBuyer, "perBuyer", in: 1...Int64(ShopLimits.ordersMax))
    if let starts = draft.startsAtMs {
      try check(starts, "startsAtMs", in: 0...ShopLimits.timeMsMax)
    }
    if let ends = draft.endsAtMs {
      try check(ends, "endsAtMs", in: (draft.startsAtMs ?? 0)...ShopLimits.timeMsMax)
    }
    let shop = state
    guard shop.vouchers[draft.code] != nil || shop.vouchers.count < ShopLimits.vouchersMax else {
      throw ShopRefusal(.limit, "a room has at most \(ShopLimits.vouchersMax) vouchers")
    }
    if shop.vouchers[draft.code]?.draft != draft { add(.voucherPut(draft)) }
  }

  mutating func removeVoucher(_ raw: String) throws(ShopRefusal) {
    let code = try voucherCode(raw)
    guard state.vouchers[code] != nil else {
      throw ShopRefusal(.unknownVoucher, "there is no such voucher")
    }
    add(.voucherRemoved(code))
  }

  /// In capitals: people type codes as they like.
  func voucherCode(_ raw: String) throws(ShopRefusal) -> String {
    guard ShopText.isName(raw, max: ShopLimits.voucherCodeMax) else {
      throw ShopRefusal(.badField, "code: 1…\(ShopLimits.voucherCodeMax) of A–Z a–z 0–9 . _ -")
    }
    return raw.uppercased()
  }

  // MARK: Form

  /// The draft with its texts fit to be shown, every field judged.
  private func cleaned(_ raw: ListingDraft) throws(ShopRefusal) -> ListingDraft {
    var draft = raw
    guard ShopText.isName(raw.reference, max: ShopLimits.referenceMax) else {
      throw ShopRefusal(.badField, "reference: 1…\(ShopLimits.referenceMax) of A–Z a–z 0–9 . _ -")
    }
    draft.title = try ShopText.clean(raw.title, "title", max: ShopLimits.titleMax)
    if let description = raw.description, !description.isEmpty {
      draft.description = try ShopText.clean(
        description, "description", max: ShopLimits.descriptionMax, allowsLines: true)
    } else {
      draft.description = nil
    }
    guard raw.images.count <= ShopLimits.imagesMax, raw.images.allSatisfy(ShopText.isPictureURL)
    else {
      throw ShopRefusal(.badField, "images: at most \(ShopLimits.imagesMax) https URLs")
    }
    if let url = raw.url, !ShopText.isSecureURL(url) {
      throw ShopRefusal(.badField, "url: an https URL")
    }
    guard ShopText.isCurrency(raw.currency) else {
      throw ShopRefusal(.badField, "currency: three capital letters (ISO 4217)")
    }
    guard (1...ShopLimits.variantsMax).contains(raw.variants.count),
      Set(raw.variants.map(\.sku)).count == raw.variants.count
    else {
      throw ShopRefusal(.badField, "variants: 1…\(ShopLimits.variantsMax), each SKU once")
    }
    draft.variants = []
    for variant in raw.variants { draft.variants.append(try cleaned(variant)) }
    return draft
  }

  private func cleaned(_ raw: VariantDraft) throws(ShopRefusal) -> VariantDraft {
    var draft = raw
    guard ShopText.isSKU(raw.sku) else {
      throw ShopRefusal(.badField, "sku: 1…\(ShopLimits.skuMax) of A–Z a–z 0–9 . _ -")
    }
    if let title = raw.title, !title.isEmpty {
      draft.title = try ShopText.clean(title, "variant title", max: ShopLimits.titleMax)
    } else {
      draft.title = nil
    }
    try checkPrice(raw.priceMinor, "priceMinor")
    if let compare = raw.compareAtMinor { try checkPrice(compare, "compareAtMinor") }
    try check(raw.units, "units", in: 0...ShopLimits.unitsMax)
    return draft
  }
}
