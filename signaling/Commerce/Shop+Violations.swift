// What must always hold of a shop: the invariants, for tests and simulations.

extension Shop {
  /// What is wrong with the state; empty always. Counts everything anew, so it is slow.
  package func violations() -> [String] {
    stockViolations() + dropViolations() + lotViolations() + orderViolations()
  }

  private func stockViolations() -> [String] {
    var found: [String] = []
    var held: [SKU: Int64] = [:]
    var sold: [SKU: Int64] = [:]
    var reserved: [SKU: Int64] = [:]
    for hold in holds { held[hold.value.sku, default: 0] += hold.value.quantity }
    for order in orders {
      for line in order.value.lines where order.value.units == .kept {
        held[line.sku, default: 0] += line.quantity
      }
      for line in order.value.lines where order.value.units == .sold {
        sold[line.sku, default: 0] += line.quantity
      }
    }
    for drop in drops { reserved[drop.sku, default: 0] += drop.free }
    for lot in lots where lot.unit == .reserved { reserved[lot.sku, default: 0] += 1 }
    for entry in stock.items {
      let sku = entry.key
      let stock = entry.value
      if [stock.reserved, stock.held, stock.sold, stock.available].contains(where: { $0 < 0 }) {
        found.append("\(sku): a negative count")
      }
      if stock.held != held[sku] ?? 0 { found.append("\(sku): \(stock.held) held") }
      if stock.reserved != reserved[sku] ?? 0 { found.append("\(sku): \(stock.reserved) reserved") }
      // Refunded units that were shipped stay sold without an order.
      if stock.sold < sold[sku] ?? 0 { found.append("\(sku): \(stock.sold) sold") }
      if stock.surplus > 0 { found.append("\(sku): \(stock.surplus) units nobody wants") }
      if stock.asks.contains(where: { $0.value.quantity < 1 }) {
        found.append("\(sku): asks for nothing")
      }
      if isOver, stock.wanted ?? 0 > 0 { found.append("\(sku): wanted after the end") }
      if let id = stock.listing, listing(id)?.variant(sku) == nil {
        found.append("\(sku): of no listing")
      }
    }
    for listing in listings {
      for variant in listing.variants where stock.stock(variant.sku)?.listing != listing.id {
        found.append("\(variant.sku): without stock")
      }
      for variant in listing.variants where variant.priceMinor < 1 {
        found.append("\(variant.sku): without a price")
      }
    }
    return found
  }

  /// Whether what came free rightly waits: nobody could pay for it.
  private var mayWait: Bool { settings.isPaused || awaitsMerchant }

  private func dropViolations() -> [String] {
    var found: [String] = []
    for drop in drops {
      let name = "drop \(drop.id)"
      let own = holds.map(\.value).filter { $0.source == .drop(drop.id) }
      if own.reduce(0, { $0 + $1.quantity }) != drop.held { found.append("\(name): held") }
      if drop.held + drop.sold + drop.free > drop.quantity { found.append("\(name): too many") }
      if [drop.held, drop.sold, drop.free].contains(where: { $0 < 0 }) {
        found.append("\(name): negative")
      }
      if drop.stage != .ended, drop.held + drop.sold + drop.free != drop.quantity {
        found.append("\(name): units are missing")
      }
      if drop.canHandOn, !mayWait {
        found.append("\(name): somebody waits while a unit is free")
      }
      if drop.isSettled, drop.held + drop.free > 0 || !drop.claims.isEmpty {
        found.append("\(name): settled too soon")
      }
      if drop.stage == .ended, drop.waitlist.isEmpty, drop.free > 0 {
        found.append("\(name): units don't return to the shelf")
      }
      found += claimViolations(drop, name) + paidViolations(drop, name)
    }
    return found
  }

  /// A drop's price is for its quantity only, whatever the shelf has.
  private func paidViolations(_ drop: Drop, _ name: String) -> [String] {
    var found: [String] = []
    var paid: Int64 = 0
    var gone: Int64 = 0
    for order in orders.map(\.value) where order.drop == drop.id {
      let quantity = order.lines.reduce(0) { $0 + $1.quantity }
      if order.units == .sold { paid += quantity }
      if order.units == .sold || order.wasShipped { gone += quantity }
    }
    if paid > drop.quantity { found.append("\(name): sold \(paid) of \(drop.quantity)") }
    if paid > drop.sold { found.append("\(name): sold from elsewhere") }
    if drop.takesBack, drop.sold != gone { found.append("\(name): a refund went past who waits") }
    return found
  }

  private func claimViolations(_ drop: Drop, _ name: String) -> [String] {
    var found: [String] = []
    var taken: [BuyerID: Int64] = [:]
    for claim in drop.claims {
      taken[claim.value.buyer, default: 0] += claim.value.quantity
      if claim.value.quantity < 1 { found.append("\(name): an empty claim") }
      if !drop.claims(of: claim.value.buyer).contains(claim.key) { found.append("\(name): lost") }
      let waits = claim.value.rank.map { drop.waitlist[$0] == claim.key } ?? false
      if drop.mode == .hold, drop.stage != .window, !waits {
        found.append("\(name): waits nowhere")
      }
    }
    for hold in holds where hold.value.source == .drop(drop.id) {
      taken[hold.value.buyer, default: 0] += hold.value.quantity
    }
    // A unit that was paid for counts for its buyer whatever becomes of the order.
    for order in orders where order.value.drop == drop.id && order.value.units == .sold {
      taken[order.value.buyer, default: 0] += order.value.lines.reduce(0) { $0 + $1.quantity }
    }
    for (buyer, count) in taken {
      if count > drop.perBuyer { found.append("\(name): a buyer has \(count)") }
      if drop.taken(by: buyer) < count { found.append("\(name): miscounted") }
    }
    return found
  }

  private func lotViolations() -> [String] {
    var found: [String] = []
    if lots.count(where: \.isLive) > 1 { found.append("two lots are open") }
    for lot in lots {
      let name = "lot \(lot.id)"
      let own = holds.map(\.value).filter { $0.source == .lot(lot.id) }
      if own.count > 1 { found.append("\(name): two winners") }
      if lot.canHandOn, !mayWait {
        found.append("\(name): nobody is asked")
      }
      if lot.isLetGo, !settings.isPaused { found.append("\(name): its unit is kept for nobody") }
      if (lot.unit == .held) != (own.count == 1) { found.append("\(name): the unit is elsewhere") }
      if let hold = own.first, lot.winner != hold.buyer { found.append("\(name): another winner") }
      let paid = orders.count { $0.value.lot == lot.id && $0.value.units == .sold }
      if paid > 1 { found.append("\(name): sold twice") }
      if lot.bids.count != lot.ranking.count { found.append("\(name): bids are lost") }
      if let winner = lot.winner, let bid = lot.bids[winner], lot.priceMinor > bid.maxMinor {
        found.append("\(name): more than the winner's maximum")
      }
      if let winner = lot.winner, let bid = lot.bids[winner], bid.maxMinor < lot.reserveMinor ?? 0 {
        found.append("\(name): below the reserve")
      }
      if lot.isLive, let top = lot.ranking.first, lot.priceMinor > top.key.maxMinor {
        found.append("\(name): above the highest maximum")
      }
    }
    return found
  }

  private func orderViolations() -> [String] {
    var found: [String] = []
    var open: [BuyerID: Int] = [:]
    var due = 0
    for entry in orders {
      let order = entry.value
      let name = "order \(order.id)"
      if Order.sum(order.lines) != order.totalMinor + order.discountMinor || order.totalMinor < 0 {
        found.append("\(name): the sum is wrong")
      }
      if order.status.isOpen { open[order.buyer, default: 0] += 1 }
      if order.status.isOpen, order.units != .hold { due += 1 }
      let keeps = order.units == .kept || order.units == .hold
      if keeps, !order.status.isOpen { found.append("\(name): keeps units") }
      if order.units == .hold {
        let own = holds.contains { $0.value.order == order.id && $0.value.buyer == order.buyer }
        if !own { found.append("\(name): without its hold") }
      }
      let isPaid = [.paid, .shipped].contains(order.status)
      if isPaid, order.units != .sold { found.append("\(name): paid without units") }
    }
    for voucher in vouchers.map(\.value) {
      let uses = orders.count { entry in
        entry.value.voucherID == voucher.id
          && (entry.value.status.isOpen || entry.value.units == .sold)
      }
      if voucher.uses < uses { found.append("voucher \(voucher.draft.code): miscounted") }
    }
    if forgettable.map(\.key) != orders.filter({ $0.value.status.isUnpaidEnd }).map(\.key) {
      found.append("orders to be forgotten")
    }
    if clocks.count != holds.count + due { found.append("clocks: \(clocks.count)") }
    for entry in buyers where entry.value.openOrders != open[entry.key] ?? 0 {
      found.append("buyer \(entry.key.rawValue): open orders")
    }
    if cartCount != buyers.count(where: { !$0.value.cart.isEmpty }) { found.append("carts") }
    if revenue.refundedMinor > revenue.paidMinor { found.append("more given back than paid") }
    return found
  }
}
