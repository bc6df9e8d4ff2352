// Judging carts and checkouts: what becomes an order.

extension ShopDraft {
  // MARK: Cart

  mutating func setCart(_ sku: SKU, _ quantity: Int64) throws(ShopRefusal) {
    try checkBuyer()
    try check(quantity, "quantity", in: 0...ShopLimits.cartQuantityMax)
    let shop = state
    let cart = shop.buyers[context.buyer]?.cart ?? []
    let line = cart.first { $0.sku == sku }
    // What is in the cart can always be taken out.
    if line == nil || quantity > 0 {
      guard ShopText.isSKU(sku) else { throw ShopRefusal(.unknownSKU, "sku: no such SKU") }
      _ = try checkOffered(sku)
    }
    guard quantity != line?.quantity ?? 0 else { return }
    if line == nil {
      guard cart.count < ShopLimits.cartLinesMax else {
        throw ShopRefusal(.limit, "a cart has at most \(ShopLimits.cartLinesMax) lines")
      }
      guard !cart.isEmpty || shop.cartCount < ShopLimits.cartsMax else {
        throw ShopRefusal(.limit, "too many carts are in use")
      }
    }
    add(.cartSet(sku, quantity: quantity))
  }

  mutating func applyVoucher(_ raw: String?) throws(ShopRefusal) {
    try checkBuyer()
    let old = state.buyers[context.buyer]?.voucher
    guard let raw else {
      if old != nil { add(.voucherApplied(nil)) }
      return
    }
    let code = try voucherCode(raw)
    _ = try checkVoucher(code, sum: nil)
    if code != old { add(.voucherApplied(code)) }
  }

  /// A voucher the actor may use now, for a sum if there is one.
  private mutating func checkVoucher(
    _ code: String, sum: Minor?
  ) throws(ShopRefusal) -> Voucher {
    guard let voucher = state.vouchers[code] else {
      throw ShopRefusal(.unknownVoucher, "there is no such voucher")
    }
    let draft = voucher.draft
    guard atMs >= draft.startsAtMs ?? 0 else {
      throw ShopRefusal(.voucherInvalid, "the voucher is not valid yet")
    }
    guard atMs < draft.endsAtMs ?? .max else {
      throw ShopRefusal(.voucherInvalid, "the voucher is not valid any more")
    }
    guard voucher.uses < draft.usesMax ?? .max else {
      throw ShopRefusal(.voucherInvalid, "the voucher is used up")
    }
    guard voucher.usesBy[context.buyer] ?? 0 < draft.perBuyer else {
      throw ShopRefusal(.voucherInvalid, "you have used the voucher")
    }
    if let sum, sum < draft.minimumMinor ?? 0 {
      throw ShopRefusal(.voucherInvalid, "the voucher is for larger orders")
    }
    return voucher
  }

  // MARK: Checkout

  mutating func checkoutCart() throws(ShopRefusal) {
    try checkOrders()
    let shop = state
    let buyer = shop.buyers[context.buyer] ?? Buyer()
    guard !buyer.cart.isEmpty else { throw ShopRefusal(.emptyCart, "the cart is empty") }
    try checkPatience(buyer)
    let unpaid = unpaidUnits(of: buyer)
    var lines: [OrderLine] = []
    for line in buyer.cart {
      guard let variant = shop.listing(of: line.sku)?.variant(line.sku) else {
        throw ShopRefusal(.unknownSKU, "\(line.sku): not offered any more")
      }
      guard shop.stock.available(line.sku) >= line.quantity else {
        throw ShopRefusal(
          .soldOut, "\(line.sku): \(shop.stock.available(line.sku)) units are left")
      }
      guard unpaid[line.sku, default: 0] + line.quantity <= ShopLimits.unpaidEachMax else {
        throw ShopRefusal(
          .limitPerBuyer, "\(line.sku): at most \(ShopLimits.unpaidEachMax) units are kept unpaid")
      }
      lines.append(
        OrderLine(sku: line.sku, quantity: line.quantity, priceMinor: variant.priceMinor))
    }
    let sum = try sum(lines)
    let discount = try buyer.voucher.map { code throws(ShopRefusal) in
      try checkVoucher(code, sum: sum).discount(ofMinor: sum)
    }
    make(
      .orderMade(
        OrderMadeEvent(
          source: .cart, lines: lines, discountMinor: discount ?? 0, voucher: buyer.voucher,
          untilMs: time(in: shop.settings.holdSeconds), merchant: context.merchant)))
  }

  /// Units of the shelf that a buyer's open orders keep.
  private mutating func unpaidUnits(of buyer: Buyer) -> [SKU: Int64] {
    let shop = state
    var units: [SKU: Int64] = [:]
    guard buyer.openOrders > 0 else { return units }
    for order in buyer.orders.compactMap({ shop.orders[$0] }) where order.units == .kept {
      for line in order.lines { units[line.sku, default: 0] += line.quantity }
    }
    return units
  }

  /// Who lets order after order run out keeps units from others: then not for a while.
  private mutating func checkPatience(_ buyer: Buyer) throws(ShopRefusal) {
    let shop = state
    let last = buyer.orders.suffix(ShopLimits.ordersExpiredMax).compactMap { shop.orders[$0] }
    guard last.count == ShopLimits.ordersExpiredMax,
      last.allSatisfy({ $0.source == .cart && $0.status == .expired }),
      last.contains(where: { $0.untilMs > atMs - ShopLimits.patienceMs })
    else { return }
    throw ShopRefusal(.limit, "your last orders ran out unpaid: wait a few minutes")
  }

  /// Of a drop's or lot's hold, or of a right to buy from a drop of first payers.
  mutating func checkout(hold id: ShopID) throws(ShopRefusal) {
    try checkOrders()
    let shop = state
    if let index = shop.payableDrop(of: id) {
      try checkout(claim: id, of: shop.drops[index])
      return
    }
    let hold = try checkHold(id)
    guard hold.order == nil else { throw ShopRefusal(.wrongState, "an order of it is open") }
    let lines = [hold.line]
    _ = try sum(lines)
    make(
      .orderMade(
        OrderMadeEvent(
          source: .hold(id), lines: lines, discountMinor: 0, voucher: nil, untilMs: hold.untilMs,
          merchant: context.merchant)))
  }

  private mutating func checkout(claim id: ShopID, of drop: Drop) throws(ShopRefusal) {
    guard let claim = drop.claims[id], claim.buyer == context.buyer else {
      throw ShopRefusal(.unknownHold, "you have no such hold")
    }
    guard claim.order == nil else { throw ShopRefusal(.wrongState, "an order of it is open") }
    guard drop.free >= claim.quantity else {
      throw ShopRefusal(.soldOut, "\(drop.free) units are left")
    }
    let lines = [drop.line(claim.quantity)]
    _ = try sum(lines)
    make(
      .orderMade(
        OrderMadeEvent(
          source: .claim(id), lines: lines, discountMinor: 0, voucher: nil,
          untilMs: time(in: drop.holdSeconds), merchant: context.merchant)))
  }

  private func sum(_ lines: [OrderLine]) throws(ShopRefusal) -> Minor {
    guard let sum = Order.sum(lines) else {
      throw ShopRefusal(.limit, "an order's sum is at most \(ShopLimits.orderMinorMax)")
    }
    return sum
  }

  /// The actor may make an order now.
  private mutating func checkOrders() throws(ShopRefusal) {
    try checkSales()
    guard context.hasMerchant else {
      throw ShopRefusal(.noCheckout, "no merchant takes this room's orders")
    }
    let shop = state
    guard shop.hasRoomForOrder else {
      throw ShopRefusal(.limit, "a room has at most \(ShopLimits.ordersMax) orders")
    }
    guard (shop.buyers[context.buyer]?.orders.count ?? 0) < ShopLimits.ordersEachMax else {
      throw ShopRefusal(.limit, "you have made \(ShopLimits.ordersEachMax) orders in this show")
    }
    guard (shop.buyers[context.buyer]?.openOrders ?? 0) < ShopLimits.ordersOpenEachMax else {
      throw ShopRefusal(.limit, "\(ShopLimits.ordersOpenEachMax) of your orders are not paid")
    }
  }
}
