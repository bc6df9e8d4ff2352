// What the events of orders mean: who keeps the units, and where they go.

extension Shop {
  mutating func applyOrder(_ event: ShopEvent, at place: ShopPlace) -> Bool {
    switch event {
    case .orderMade(let event): return make(event, at: place)
    case .orderPriced(let id, let lines, let discountMinor):
      return price(id, lines, discountMinor)
    case .paymentOffered(let id, let url):
      guard orders[id]?.status == .creating else { return false }
      orders.update(id) { order in
        order.status = .awaitingPayment
        order.paymentURL = url
      }
      return true
    case .orderMoved(let id, let status, let reason):
      guard let order = orders[id], move(order, to: status) else { return false }
      orders.update(id) { order in
        order.status = status
        if let reason { order.reason = reason }
      }
      forgettable[id] = status.isUnpaidEnd ? true : nil
      return true
    case .reportRefused(let id, _): return orders[id] != nil
    default: return false
    }
  }

  // MARK: Making

  private mutating func make(_ event: OrderMadeEvent, at place: ShopPlace) -> Bool {
    guard place.buyer != .server, !event.lines.isEmpty, hasRoomForOrder,
      let sum = Order.sum(event.lines), (0...sum).contains(event.discountMinor),
      (buyers[place.buyer]?.openOrders ?? 0) < ShopLimits.ordersOpenEachMax
    else { return false }
    var drop: ShopID?
    var lot: ShopID?
    var isPriced = false
    switch event.source {
    case .cart:
      guard keep(event.lines) else { return false }
    case .hold(let id):
      guard let hold = holds[id], hold.buyer == place.buyer, hold.order == nil,
        event.lines == [hold.line], event.untilMs == hold.untilMs
      else { return false }
      holds.update(id) { $0.order = place.sequence }
      isPriced = hold.isPriced
      switch hold.source {
      case .drop(let id): drop = id
      case .lot(let id): lot = id
      }
    case .claim(let id):
      guard let index = payableDrop(of: id), let claim = drops[index].claims[id],
        claim.buyer == place.buyer, claim.order == nil,
        event.lines == [drops[index].line(claim.quantity)]
      else { return false }
      drops[index].claims.update(id) { $0.order = place.sequence }
      drop = drops[index].id
    }
    var order = Order(
      id: place.sequence, buyer: place.buyer, source: event.source, drop: drop, lot: lot,
      lines: event.lines, discountMinor: event.discountMinor,
      totalMinor: sum - event.discountMinor, voucher: event.voucher,
      voucherID: event.voucher.flatMap { vouchers[$0]?.id }, merchant: event.merchant,
      untilMs: event.untilMs, atMs: place.atMs, units: event.source.units)
    if orders.count >= ShopLimits.ordersMax { forgetOldest() }
    order.isPriced = isPriced
    record(order)
    return true
  }

  /// Whether one more order can be remembered.
  var hasRoomForOrder: Bool { orders.count < ShopLimits.ordersMax || !forgettable.isEmpty }

  /// The oldest order that came to nothing makes room.
  private mutating func forgetOldest() {
    guard let oldest = forgettable.first?.key, let order = orders[oldest] else { return }
    forgettable[oldest] = nil
    orders[oldest] = nil
    updateBuyer(order.buyer) { buyer in buyer.orders.removeAll { $0 == oldest } }
  }

  /// An order more or less uses its voucher: that very one, not another put under its code since.
  private mutating func countVoucher(of order: Order, by change: Int64) {
    guard let code = order.voucher, vouchers[code]?.id == order.voucherID else { return }
    vouchers.update(code) { $0.count(order.buyer, by: change) }
  }

  /// Whether an order that came to nothing, and gave its voucher back, could use it again.
  func allowsVoucher(of order: Order) -> Bool {
    guard let code = order.voucher else { return true }
    guard let voucher = vouchers[code], voucher.id == order.voucherID else { return false }
    return voucher.uses < voucher.draft.usesMax ?? .max
      && voucher.usesBy[order.buyer] ?? 0 < voucher.draft.perBuyer
  }

  private mutating func record(_ order: Order) {
    orders[order.id] = order
    updateBuyer(order.buyer) { buyer in
      buyer.orders.append(order.id)
      buyer.openOrders += 1
      guard order.source == .cart else { return }
      buyer.cart = []
      buyer.voucher = nil
    }
    countVoucher(of: order, by: 1)
    // A hold has a clock of its own.
    if order.units != .hold { clocks[ShopClock(atMs: order.untilMs, id: order.id)] = true }
  }

  /// The merchant's prices: of the same units, and of what was held never more than promised.
  private mutating func price(_ id: ShopID, _ lines: [OrderLine], _ discountMinor: Minor) -> Bool {
    guard let order = orders[id], order.status == .creating, !order.isPriced,
      lines.count == order.lines.count, let sum = Order.sum(lines),
      (0...sum).contains(discountMinor),
      zip(lines, order.lines).allSatisfy({ new, old in
        new.sku == old.sku && new.quantity == old.quantity && new.priceMinor >= 1
          && (order.source == .cart || new.priceMinor <= old.priceMinor)
      })
    else { return false }
    orders.update(id) { order in
      order.lines = lines
      order.discountMinor = discountMinor
      order.totalMinor = sum - discountMinor
      order.isPriced = true
    }
    return true
  }

  /// Every line's units from the shelf, or none.
  private mutating func keep(_ lines: [OrderLine]) -> Bool {
    var book = stock
    for line in lines {
      guard book.move(line.sku, line.quantity, from: .shelf, to: .held) else { return false }
    }
    stock = book
    return true
  }

  /// The drop of first payers that a claim belongs to.
  func payableDrop(of claim: ShopID) -> Int? {
    drops.firstIndex { $0.mode == .firstPaid && $0.claims[claim] != nil }
  }

  // MARK: Moving

  /// Moves the units with the order; false when it can't go there.
  private mutating func move(_ order: Order, to status: OrderStatus) -> Bool {
    switch (order.status, status) {
    case (.creating, .paid), (.awaitingPayment, .paid), (.expired, .paid): return pay(order)
    case (.creating, .failed), (.creating, .cancelled), (.creating, .expired),
      (.awaitingPayment, .failed), (.awaitingPayment, .cancelled), (.awaitingPayment, .expired):
      return giveUp(order)
    case (.creating, .refundRequested), (.awaitingPayment, .refundRequested):
      // Paid, and no unit is left.
      return order.units == .none && giveUp(order)
    case (.expired, .refundRequested), (.failed, .refundRequested),
      (.cancelled, .refundRequested), (.shipped, .refundRequested), (.paid, .refundRequested):
      return true
    case (.paid, .shipped):
      orders.update(order.id) { $0.wasShipped = true }
      return true
    case (.refundRequested, .refunded): return refund(order)
    default: return false
    }
  }

  /// An open order comes to nothing: what it kept returns to the shelf.
  private mutating func giveUp(_ order: Order) -> Bool {
    switch order.source {
    case .cart:
      for line in order.lines {
        guard stock.move(line.sku, line.quantity, from: .held, to: .shelf) else { return false }
      }
    case .hold(let id): holds.update(id) { $0.order = nil }
    case .claim(let id):
      if let index = payableDrop(of: id), drops[index].claims[id]?.order == order.id {
        drops[index].claims.update(id) { $0.order = nil }
      }
    }
    orders.update(order.id) { $0.units = .none }
    countVoucher(of: order, by: -1)
    close(order)
    return true
  }

  /// An order is open no more.
  private mutating func close(_ order: Order) {
    if order.units != .hold { clocks[ShopClock(atMs: order.untilMs, id: order.id)] = nil }
    updateBuyer(order.buyer) { $0.openOrders = max(0, $0.openOrders - 1) }
  }

  private mutating func pay(_ order: Order) -> Bool {
    switch order.units {
    case .kept:
      for line in order.lines {
        guard stock.move(line.sku, line.quantity, from: .held, to: .sold) else { return false }
      }
    case .hold:
      guard case .hold(let id) = order.source, let hold = holds[id], hold.order == order.id,
        stock.move(hold.sku, hold.quantity, from: .held, to: .sold)
      else { return false }
      remove(hold)
      sell(hold)
    case .none: guard takeUnits(for: order) else { return false }
    case .sold: return false
    }
    if order.status.isOpen { close(order) } else { countVoucher(of: order, by: 1) }
    orders.update(order.id) { $0.units = .sold }
    revenue.paidCount += 1
    revenue.paidMinor += order.totalMinor
    return true
  }

  private mutating func sell(_ hold: Hold) {
    switch hold.source {
    case .drop(let id):
      guard let index = dropIndex(id) else { return }
      drops[index].held -= hold.quantity
      drops[index].sold += hold.quantity
    case .lot(let id):
      if let index = lotIndex(id) { lots[index].unit = .sold }
    }
  }

  private mutating func refund(_ order: Order) -> Bool {
    guard order.units == .sold else { return true }
    if !order.wasShipped {
      for line in order.lines {
        guard stock.move(line.sku, line.quantity, from: .sold, to: .shelf) else { return false }
      }
    }
    orders.update(order.id) { $0.units = .none }
    revenue.refundedCount += 1
    revenue.refundedMinor += order.totalMinor
    return true
  }

  /// A refunded unit goes from the shelf back to its drop, for who waits there.
  mutating func restock(_ id: ShopID, _ quantity: Int64) -> Bool {
    guard let index = dropIndex(id), quantity > 0, quantity <= drops[index].sold,
      drops[index].takesBack,
      stock.move(drops[index].sku, quantity, from: .shelf, to: .reserved)
    else { return false }
    drops[index].sold -= quantity
    drops[index].free += quantity
    return true
  }

  // MARK: Units for an order that keeps none

  /// Where the units of a paid order that keeps none come from; nil: its money goes back.
  ///
  /// What was sold at the price of a drop or a lot comes from nothing else: a drop sells its quantity
  /// and a lot one unit, however many the shelf has.
  func supply(for order: Order) -> Supply? {
    if let lot = order.lot { return lotSupply(lot, for: order) }
    if let drop = order.drop { return dropSupply(drop, for: order) }
    return isOnShelf(order.lines) ? .shelf : nil
  }

  /// Where units can come from.
  enum Supply: Hashable {
    case shelf
    /// A drop, at that place in the list.
    case drop(Int)
    /// A drop of first payers, for one of its claims.
    case claim(Int, ShopID)
    /// The shelf, where the drop has left some of its quantity unsold.
    case leftOver(Int)
    /// The shelf, where the lot's unit went unsold.
    case lot(Int)
  }

  private func dropSupply(_ id: ShopID, for order: Order) -> Supply? {
    guard let index = dropIndex(id), let quantity = order.lines.first?.quantity else { return nil }
    let drop = drops[index]
    if case .claim(let claim) = order.source, drop.claims[claim]?.quantity == quantity {
      // The buyer's right counts it already.
      return drop.free >= quantity ? .claim(index, claim) : nil
    }
    guard drop.taken(by: order.buyer) + quantity <= drop.perBuyer else { return nil }
    if drop.stage == .open {
      // Units that others wait for are theirs, also while a pause keeps them from being handed on.
      return drop.free >= quantity && drop.waitlist.isEmpty ? .drop(index) : nil
    }
    guard drop.held + drop.free + drop.sold + quantity <= drop.quantity, isOnShelf(order.lines)
    else { return nil }
    return .leftOver(index)
  }

  /// A lot's unit can still be had once it went unsold, and by one winner only.
  private func lotSupply(_ id: ShopID, for order: Order) -> Supply? {
    guard let index = lotIndex(id), lots[index].unit == .gone, isOnShelf(order.lines) else {
      return nil
    }
    return .lot(index)
  }

  private func isOnShelf(_ lines: [OrderLine]) -> Bool {
    lines.allSatisfy { stock.available($0.sku) >= $0.quantity }
  }

  private mutating func takeUnits(for order: Order) -> Bool {
    guard let line = order.lines.first else { return false }
    // Older logs have orders that were supplied from the shelf; what they say happened.
    switch supply(for: order) ?? .shelf {
    case .shelf: return takeFromShelf(order.lines)
    case .lot(let index):
      guard takeFromShelf(order.lines) else { return false }
      lots[index].unit = .sold
    case .leftOver(let index):
      guard takeFromShelf(order.lines) else { return false }
      drops[index].sold += line.quantity
      drops[index].claimants.change(order.buyer) { $0.taken += line.quantity }
    case .drop(let index):
      guard takeUnits(line.quantity, from: index) else { return false }
      drops[index].claimants.change(order.buyer) { $0.taken += line.quantity }
    case .claim(let index, let claim):
      guard takeUnits(line.quantity, from: index) else { return false }
      drops[index].serve(claim, line.quantity)
    }
    return true
  }

  private mutating func takeFromShelf(_ lines: [OrderLine]) -> Bool {
    var book = stock
    for line in lines {
      guard book.move(line.sku, line.quantity, from: .shelf, to: .sold) else { return false }
    }
    stock = book
    return true
  }

  private mutating func takeUnits(_ quantity: Int64, from index: Int) -> Bool {
    guard stock.move(drops[index].sku, quantity, from: .reserved, to: .sold) else { return false }
    drops[index].free -= quantity
    drops[index].sold += quantity
    return true
  }
}

extension OrderSource {
  fileprivate var units: Order.Units {
    switch self {
    case .cart: .kept
    case .hold: .hold
    case .claim: .none
    }
  }
}

extension Hold {
  var line: OrderLine { OrderLine(sku: sku, quantity: quantity, priceMinor: priceMinor) }
}

extension Drop {
  func line(_ quantity: Int64) -> OrderLine {
    OrderLine(sku: sku, quantity: quantity, priceMinor: priceMinor)
  }
}
