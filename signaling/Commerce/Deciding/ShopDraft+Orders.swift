// Judging what becomes of orders: the merchant's answers and reports, cancellations and refunds.

extension ShopDraft {
  // MARK: People's

  mutating func cancelOrder(_ id: ShopID) throws(ShopRefusal) {
    let order = try checkOrder(id)
    guard order.buyer == context.buyer || context.isHost else {
      throw ShopRefusal(.unknownOrder, "you have no such order")
    }
    guard order.status != .cancelled else { return }
    guard order.status.isOpen else {
      throw ShopRefusal(.wrongState, "the order is \(order.status.rawValue)")
    }
    add(.orderMoved(id, .cancelled, reason: nil))
    if case .hold(let hold) = order.source, let hold = state.holds[hold] { end(hold, .released) }
  }

  mutating func refund(_ id: ShopID, reason: String?) throws(ShopRefusal) {
    let order = try checkOrder(id)
    let text = try reason.map { raw throws(ShopRefusal) in
      try ShopText.clean(raw, "reason", max: ShopLimits.reasonMax)
    }
    switch order.status {
    case .paid, .shipped: add(.orderMoved(id, .refundRequested, reason: text))
    case .refundRequested, .refunded: break
    case .creating, .awaitingPayment, .failed, .cancelled, .expired:
      throw ShopRefusal(.wrongState, "the order is \(order.status.rawValue)")
    }
  }

  mutating func ship(_ id: ShopID) throws(ShopRefusal) {
    let order = try checkOrder(id)
    guard order.status != .shipped else { return }
    guard order.status == .paid else {
      throw ShopRefusal(.wrongState, "the order is \(order.status.rawValue)")
    }
    add(.orderMoved(id, .shipped, reason: nil))
  }

  // MARK: The merchant's

  /// The answer to the request for a payment page. One that comes too late changes nothing.
  mutating func answer(_ id: ShopID, _ reply: CheckoutAnswer) throws(ShopRefusal) {
    let order = try checkOrder(id)
    guard order.status == .creating else { return }
    switch reply {
    case .payment(let url):
      guard ShopText.isPlainURL(url) else {
        throw ShopRefusal(.badField, "url: at most \(ShopLimits.urlMax) characters of a URL")
      }
      add(.paymentOffered(id, url: url))
    case .failed(let reason):
      // A reason that is no text is still a failure.
      let text = try? ShopText.clean(
        String(reason.unicodeScalars.prefix(ShopLimits.reasonMax)), "reason",
        max: ShopLimits.reasonMax)
      add(.orderMoved(id, .failed, reason: text))
    }
  }

  /// What the merchant says to an order's prices: held units never cost more than was promised.
  mutating func price(_ id: ShopID, _ reply: PriceAnswer) throws(ShopRefusal) {
    let order = try checkOrder(id)
    guard order.status == .creating, !order.isPriced else { return }
    guard case .confirmed(let prices) = reply else {
      if case .denied(let reason) = reply { try answer(id, .failed(reason: reason)) }
      return
    }
    let lines = order.lines.map { line -> OrderLine in
      var line = line
      guard let price = prices[line.sku], (1...ShopLimits.minorMax).contains(price) else {
        return line
      }
      line.priceMinor = order.source == .cart ? price : min(price, line.priceMinor)
      return line
    }
    guard let sum = Order.sum(lines) else {
      return try answer(id, .failed(reason: "the sum is too large"))
    }
    let voucher = order.voucher.flatMap { state.vouchers[$0] }
    let discount = voucher?.discount(ofMinor: sum) ?? min(order.discountMinor, sum)
    add(.orderPriced(id, lines, discountMinor: discount))
  }

  /// A signed report. What is so already changes nothing; what can't be is recorded as refused.
  mutating func take(_ report: OrderReport, of id: ShopID) throws(ShopRefusal) {
    let order = try checkOrder(id)
    switch (report, order.status) {
    case (.paid, .creating), (.paid, .awaitingPayment), (.paid, .expired): pay(order)
    case (.paid, .failed), (.paid, .cancelled):
      add(.orderMoved(id, .refundRequested, reason: "paid-after-end"))
    case (.paid, .paid), (.paid, .shipped), (.paid, .refundRequested), (.paid, .refunded): break
    case (.failed, .creating), (.failed, .awaitingPayment):
      add(.orderMoved(id, .failed, reason: nil))
    case (.cancelled, .creating), (.cancelled, .awaitingPayment):
      add(.orderMoved(id, .cancelled, reason: nil))
    case (.failed, .failed), (.failed, .cancelled), (.failed, .expired), (.cancelled, .failed),
      (.cancelled, .cancelled), (.cancelled, .expired):
      break
    case (.refunded, .paid), (.refunded, .shipped):
      add(.orderMoved(id, .refundRequested, reason: "merchant"))
      giveBack(order)
    case (.refunded, .refundRequested): giveBack(order)
    case (.refunded, .refunded), (.shipped, .shipped): break
    case (.shipped, .paid): add(.orderMoved(id, .shipped, reason: nil))
    case (.failed, _), (.cancelled, _), (.refunded, _), (.shipped, _):
      add(.reportRefused(id, report))
      note(
        ShopRefusal(
          .wrongState, "the order is \(order.status.rawValue): it can't be \(report.rawValue)"))
    }
  }

  /// Money came: the units are sold, or the money goes back.
  private mutating func pay(_ order: Order) {
    guard order.units != .none || state.supply(for: order) != nil else {
      add(.orderMoved(order.id, .refundRequested, reason: "no-units"))
      return
    }
    guard order.status.isOpen || state.allowsVoucher(of: order) else {
      add(.orderMoved(order.id, .refundRequested, reason: "voucher-used"))
      return
    }
    add(.orderMoved(order.id, .paid, reason: nil))
    if let drop = order.drop { settleUp(drop: drop) }
  }

  /// The merchant has sent the money back. A unit of a drop that is still on goes to who waits for it,
  /// and not to the shelf.
  private mutating func giveBack(_ order: Order) {
    add(.orderMoved(order.id, .refunded, reason: nil))
    guard order.units == .sold, !order.wasShipped, let id = order.drop,
      let quantity = order.lines.first?.quantity, let drop = state.drop(id), drop.takesBack,
      quantity <= drop.sold
    else { return }
    add(.dropRestocked(id, quantity: quantity))
    settleUp(drop: id)
  }

  /// A gift the ledger has posted. One that is recorded already changes nothing.
  mutating func post(_ posting: GiftPosting) throws(ShopRefusal) {
    let gifts = state.gifts
    guard posting.number > gifts.lastPosting else { return }
    guard posting.number == gifts.lastPosting + 1 else {
      throw ShopRefusal(.wrongState, "number: a posting before it is missing")
    }
    guard ShopText.isName(posting.gift, max: ShopLimits.giftMax) else {
      throw ShopRefusal(.unknownGift, "gift: no such gift")
    }
    try check(posting.count, "count", in: 1...ShopLimits.giftCountMax)
    try check(posting.coins, "coins", in: 0...ShopLimits.minorMax)
    // 0: who gave was erased before the log had it.
    guard posting.buyer.rawValue <= ShopLimits.buyersMax else {
      throw ShopRefusal(.badField, "buyer: nobody")
    }
    make(.gifted(GiftedEvent(posting: posting, combo: gifts.combo(posting, at: atMs))))
  }

  private mutating func checkOrder(_ id: ShopID) throws(ShopRefusal) -> Order {
    guard let order = state.orders[id] else {
      throw ShopRefusal(.unknownOrder, "there is no such order")
    }
    return order
  }
}
