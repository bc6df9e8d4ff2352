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
      return true
    case .reportRefused(let id, _): return orders[id] != nil
    default: return false
    }
  }

  // MARK: Making

  private mutating func make(_ event: OrderMadeEvent, at place: ShopPlace) -> Bool {
    guard place.buyer != .server, !event.lines.isEmpty, orders.count < ShopLimits.ordersMax,
      let sum = Order.sum(event.lines), (0...sum).contains(event.discountMinor),
      (buyers[place.buyer]?.openOrders ?? 0) < ShopLimits.ordersOpenEachMax
    else { return false }
    var drop: ShopID?
    var lot: ShopID?
    switch event.source {
    case .cart:
      guard keep(event.lines) else { return false }
    case .hold(let id):
      guard let hold = holds[id], hold.buyer == place.buyer, hold.order == nil,
        event.lines == [hold.line], event.untilMs == hold.untilMs
      else { return false }
      holds.update(id) { $0.order = place.sequence }
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
    let order = Order(
      id: place.sequence, buyer: place.buyer, source: event.source, drop: drop, lot: lot,
      lines: event.lines, discountMinor: event.discountMinor,
      totalMinor: sum - event.discountMinor, voucher: event.voucher, untilMs: event.untilMs,
      atMs: place.atMs, units: event.source.units)
    record(order)
    return true
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
    if let code = order.voucher { vouchers.update(code) { $0.count(order.buyer, by: 1) } }
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
    if let code = order.voucher { vouchers.update(code) { $0.count(order.buyer, by: -1) } }
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
    if order.status.isOpen {
      close(order)
    } else if let code = order.voucher {
      vouchers.update(code) { $0.count(order.buyer, by: 1) }
    }
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

  // MARK: Units for an order that keeps none

  /// Where the units of a paid order that keeps none come from; nil when there are none for it.
  func supply(for order: Order) -> Supply? {
    guard let id = order.drop, let index = dropIndex(id), !drops[index].isSettled else {
      return isOnShelf(order.lines) ? .shelf : nil
    }
    let quantity = order.lines.first?.quantity ?? 0
    let drop = drops[index]
    if case .claim(let claim) = order.source, drop.claims[claim]?.quantity == quantity {
      // The buyer's right counts it already.
      return drop.free >= quantity ? .claim(index, claim) : nil
    }
    guard drop.taken(by: order.buyer) + quantity <= drop.perBuyer else { return nil }
    if drop.stage == .open, drop.free >= quantity { return .drop(index) }
    return isOnShelf(order.lines) ? .shelf : nil
  }

  /// Where units can come from.
  enum Supply: Hashable {
    case shelf
    /// A drop, at that place in the list.
    case drop(Int)
    /// A drop of first payers, for one of its claims.
    case claim(Int, ShopID)
  }

  private func isOnShelf(_ lines: [OrderLine]) -> Bool {
    lines.allSatisfy { stock.available($0.sku) >= $0.quantity }
  }

  private mutating func takeUnits(for order: Order) -> Bool {
    guard let supply = supply(for: order), let line = order.lines.first else { return false }
    switch supply {
    case .shelf:
      var book = stock
      for line in order.lines {
        guard book.move(line.sku, line.quantity, from: .shelf, to: .sold) else { return false }
      }
      stock = book
      if let id = order.drop, let index = dropIndex(id), !drops[index].isSettled {
        drops[index].claimants.change(order.buyer) { $0.taken += line.quantity }
      }
    case .drop(let index):
      guard takeUnits(line.quantity, from: index) else { return false }
      drops[index].claimants.change(order.buyer) { $0.taken += line.quantity }
    case .claim(let index, let claim):
      guard takeUnits(line.quantity, from: index) else { return false }
      drops[index].serve(claim, line.quantity)
    }
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
