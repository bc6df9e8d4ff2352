// Holds, orders, buyers and gifts in snapshots.

import Wire

extension Hold {
  func write(to writer: inout SnapshotWriter) {
    writer.write(id)
    writer.write(buyer)
    writer.write(sku)
    writer.write(quantity)
    writer.write(priceMinor)
    writer.write(untilMs)
    switch source {
    case .drop(let id):
      writer.write(true)
      writer.write(id)
    case .lot(let id):
      writer.write(false)
      writer.write(id)
    }
    writer.write(isPriced)
    writer.optional(order)
  }

  init(_ reader: inout SnapshotReader) throws(WireError) {
    id = try reader.int()
    buyer = try reader.buyer()
    sku = try reader.sku()
    quantity = try reader.int(max: ShopLimits.perBuyerMax)
    priceMinor = try reader.minor()
    untilMs = try reader.int()
    source = try reader.flag() ? .drop(reader.int()) : .lot(reader.int())
    isPriced = try reader.flag()
    order = try reader.optionalInt()
  }
}

extension Order {
  func write(to writer: inout SnapshotWriter) {
    writer.write(id)
    writer.write(buyer)
    switch source {
    case .cart: writer.write(0)
    case .hold(let id):
      writer.write(1)
      writer.write(id)
    case .claim(let id):
      writer.write(2)
      writer.write(id)
    }
    writer.optional(drop)
    writer.optional(lot)
    writer.list(lines) { writer, line in
      writer.write(line.sku)
      writer.write(line.quantity)
      writer.write(line.priceMinor)
    }
    writer.write(discountMinor)
    writer.write(totalMinor)
    writer.optional(voucher)
    writer.optional(voucherID)
    writer.optional(merchant)
    writer.write(untilMs)
    writer.write(atMs)
    writer.write(status)
    writer.optional(reason)
    writer.optional(paymentURL)
    writer.write(units)
    writer.write(isPriced)
    writer.write(wasShipped)
  }

  init(_ reader: inout SnapshotReader) throws(WireError) {
    id = try reader.int()
    buyer = try reader.buyer()
    switch try reader.int(max: 2) {
    case 0: source = .cart
    case 1: source = .hold(try reader.int())
    default: source = .claim(try reader.int())
    }
    drop = try reader.optionalInt()
    lot = try reader.optionalInt()
    lines = try reader.list(max: ShopLimits.cartLinesMax) { reader throws(WireError) in
      OrderLine(
        sku: try reader.sku(), quantity: try reader.int(max: ShopLimits.cartQuantityMax),
        priceMinor: try reader.minor())
    }
    discountMinor = try reader.int(max: ShopLimits.orderMinorMax)
    totalMinor = try reader.int(max: ShopLimits.orderMinorMax)
    voucher = try reader.optionalText(max: ShopLimits.voucherCodeMax)
    voucherID = try reader.optionalInt()
    merchant = try reader.optionalText(max: ShopLimits.merchantMax)
    untilMs = try reader.int()
    atMs = try reader.int()
    status = try reader.choice()
    reason = try reader.optionalText(max: ShopLimits.reasonMax)
    paymentURL = try reader.optionalText(max: ShopLimits.urlMax)
    units = try reader.choice()
    isPriced = try reader.flag()
    wasShipped = try reader.flag()
  }
}

extension Buyer {
  /// What holds and orders say of a buyer is made anew from them.
  func write(to writer: inout SnapshotWriter) {
    writer.list(cart) {
      $0.write($1.sku)
      $0.write($1.quantity)
    }
    writer.optional(voucher)
    writer.list(endedHolds) { $0.write($1) }
  }

  init(_ reader: inout SnapshotReader) throws(WireError) {
    cart = try reader.list(max: ShopLimits.cartLinesMax) { reader throws(WireError) in
      CartLine(sku: try reader.sku(), quantity: try reader.int(max: ShopLimits.cartQuantityMax))
    }
    voucher = try reader.optionalText(max: ShopLimits.voucherCodeMax)
    endedHolds = try reader.list(max: ShopLimits.endedHoldsMax) { reader throws(WireError) in
      try reader.int()
    }
  }
}

extension GiftTally {
  func write(to writer: inout SnapshotWriter) {
    writer.write(lastPosting)
    writer.write(coins)
    writer.table(byBuyer) {
      $0.write($1)
      $0.write($2)
    }
    writer.list(combos) { writer, combo in
      writer.write(combo.buyer)
      writer.write(combo.gift)
      writer.write(combo.count)
      writer.write(combo.atMs)
    }
  }

  init(_ reader: inout SnapshotReader) throws(WireError) {
    self.init(
      lastPosting: try reader.int(), coins: try reader.int(),
      byBuyer: try reader.table(max: ShopLimits.giversMax) { reader throws(WireError) in
        (try reader.buyer(), try reader.int())
      },
      combos: try reader.list(max: ShopLimits.giversMax) { reader throws(WireError) in
        Combo(
          buyer: try reader.buyer(), gift: try reader.text(max: ShopLimits.giftMax),
          count: try reader.minor(), atMs: try reader.int())
      })
  }
}
