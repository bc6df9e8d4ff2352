// What shelf events mean: settings, listings, prices, pins and vouchers.

extension Shop {
  mutating func applyShelf(_ event: ShopEvent, at place: ShopPlace) -> Bool {
    switch event {
    case .shopSet(let settings):
      self.settings = settings
      return true
    case .listingPut(let id, let draft): return put(id, draft, at: place)
    case .listingRemoved(let id): return removeListing(id)
    case .listingsOrdered(let ids): return order(ids)
    case .variantSet(let sku, let priceMinor, let units): return setVariant(sku, priceMinor, units)
    case .listingPinned(let slot, let id): return pin(id, slot: slot, at: place)
    case .voucherPut(let draft):
      guard vouchers[draft.code] != nil || vouchers.count < ShopLimits.vouchersMax else {
        return false
      }
      if !vouchers.update(draft.code, { $0.draft = draft }) {
        vouchers[draft.code] = Voucher(id: place.sequence, draft)
      }
      return true
    case .voucherRemoved(let code):
      guard vouchers[code] != nil else { return false }
      vouchers[code] = nil
      return true
    default: return false
    }
  }

  private mutating func put(_ id: ShopID?, _ draft: ListingDraft, at place: ShopPlace) -> Bool {
    let listing = Listing(id: id ?? place.sequence, draft)
    let index = id.flatMap { listingIndex($0) }
    guard id == nil || index != nil, index != nil || listings.count < ShopLimits.listingsMax else {
      return false
    }
    var book = stock
    let kept = Set(draft.variants.map(\.sku))
    if let index {
      for variant in listings[index].variants where !kept.contains(variant.sku) {
        book.withdraw(variant.sku)
      }
    }
    for variant in draft.variants {
      guard book.offer(variant.sku, units: variant.units, by: listing.id) else { return false }
    }
    guard book.count <= ShopLimits.skusMax else { return false }
    stock = book
    if let index { listings[index] = listing } else { listings.append(listing) }
    return true
  }

  private mutating func removeListing(_ id: ShopID) -> Bool {
    guard let index = listingIndex(id) else { return false }
    for variant in listings[index].variants { stock.withdraw(variant.sku) }
    listings.remove(at: index)
    return true
  }

  private mutating func order(_ ids: [ShopID]) -> Bool {
    guard ids.count == listings.count, Set(ids) == Set(listings.map(\.id)) else { return false }
    listings = ids.compactMap { listing($0) }
    return true
  }

  private mutating func setVariant(_ sku: SKU, _ priceMinor: Minor, _ units: Int64) -> Bool {
    guard let listing = stock.stock(sku)?.listing, let index = listingIndex(listing),
      let place = listings[index].variants.firstIndex(where: { $0.sku == sku }),
      stock.offer(sku, units: units, by: listing)
    else { return false }
    listings[index].variants[place].priceMinor = priceMinor
    return true
  }

  private mutating func pin(_ id: ShopID?, slot: Int64, at place: ShopPlace) -> Bool {
    guard (1...ShopLimits.slotsMax).contains(slot) else { return false }
    if let id, listingIndex(id) == nil { return false }
    let index = pins.firstIndex { $0.slot == slot }
    guard id != nil || index != nil else { return false }
    if let index {
      var old = pins.remove(at: index)
      old.endedAtMs = place.atMs
      if pinHistory.count >= ShopLimits.pinsMax { pinHistory.removeFirst() }
      pinHistory.append(old)
    }
    guard let id else { return true }
    let pin = Pin(
      id: place.sequence, slot: slot, listing: id, atMs: place.atMs, mediaTimeMs: place.mediaTimeMs)
    pins.insert(pin, at: pins.firstIndex { $0.slot > slot } ?? pins.count)
    return true
  }

  // MARK: Carts

  mutating func setCart(_ sku: SKU, _ quantity: Int64, of buyer: BuyerID) -> Bool {
    guard (0...ShopLimits.cartQuantityMax).contains(quantity), buyer != .server else {
      return false
    }
    let cart = buyers[buyer]?.cart ?? []
    let index = cart.firstIndex { $0.sku == sku }
    if index == nil {
      guard quantity > 0, cart.count < ShopLimits.cartLinesMax else { return false }
      guard !cart.isEmpty || cartCount < ShopLimits.cartsMax else { return false }
    }
    updateBuyer(buyer) { buyer in
      if let index {
        if quantity == 0 {
          buyer.cart.remove(at: index)
        } else {
          buyer.cart[index].quantity = quantity
        }
      } else {
        buyer.cart.append(Buyer.CartLine(sku: sku, quantity: quantity))
      }
    }
    return true
  }

  mutating func applyVoucher(_ code: String?, of buyer: BuyerID) -> Bool {
    guard buyer != .server, code != buyers[buyer]?.voucher else { return false }
    if let code, vouchers[code] == nil { return false }
    updateBuyer(buyer) { $0.voucher = code }
    return true
  }
}
