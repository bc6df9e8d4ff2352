// Snapshots: a shop's state as bytes, a part of the room's snapshot.

package import Wire

extension Shop {
  /// Writes the state. Equal states give equal bytes.
  package func write(to writer: inout SnapshotWriter) {
    settings.write(to: &writer)
    writer.list(listings) { $1.write(to: &$0) }
    stock.write(to: &writer)
    writer.list(pins) { $1.write(to: &$0) }
    writer.list(pinHistory) { $1.write(to: &$0) }
    writer.table(vouchers) { writer, _, voucher in voucher.write(to: &writer) }
    writer.list(drops) { $1.write(to: &$0) }
    writer.list(lots) { $1.write(to: &$0) }
    writer.table(holds) { writer, _, hold in hold.write(to: &writer) }
    writer.table(orders) { writer, _, order in order.write(to: &writer) }
    writer.table(buyers) { writer, id, buyer in
      writer.write(id)
      buyer.write(to: &writer)
    }
    gifts.write(to: &writer)
    for number in [
      revenue.paidCount, revenue.paidMinor, revenue.refundedCount, revenue.refundedMinor,
    ] {
      writer.write(number)
    }
    writer.write(isOver)
    writer.write(awaitsMerchant)
  }

  /// Reads what `write` wrote; what follows from the rest is made anew.
  ///
  /// - Throws: what is wrong with the bytes; the caller replays the log then.
  package init(_ reader: inout SnapshotReader) throws(WireError) {
    settings = try ShopSettings(&reader)
    listings = try reader.list(max: ShopLimits.listingsMax) { reader throws(WireError) in
      try Listing(&reader)
    }
    stock = try StockBook(&reader)
    pins = try reader.list(max: Int(ShopLimits.slotsMax)) { reader throws(WireError) in
      try Pin(&reader)
    }
    pinHistory = try reader.list(max: ShopLimits.pinsMax) { reader throws(WireError) in
      try Pin(&reader)
    }
    vouchers = try reader.table(max: ShopLimits.vouchersMax) { reader throws(WireError) in
      let voucher = try Voucher(&reader)
      return (voucher.draft.code, voucher)
    }
    drops = try reader.list(max: ShopLimits.dropsMax) { reader throws(WireError) in
      try Drop(&reader)
    }
    lots = try reader.list(max: ShopLimits.lotsMax) { reader throws(WireError) in
      try Lot(&reader)
    }
    holds = try reader.table(max: ShopLimits.holdsMax) { reader throws(WireError) in
      let hold = try Hold(&reader)
      return (hold.id, hold)
    }
    orders = try reader.table(max: ShopLimits.ordersMax) { reader throws(WireError) in
      let order = try Order(&reader)
      return (order.id, order)
    }
    buyers = try reader.table(max: Int(ShopLimits.buyersMax)) { reader throws(WireError) in
      (try reader.buyer(), try Buyer(&reader))
    }
    gifts = try GiftTally(&reader)
    revenue.paidCount = try reader.int()
    revenue.paidMinor = try reader.int(max: ShopLimits.revenueMinorMax)
    revenue.refundedCount = try reader.int()
    revenue.refundedMinor = try reader.int(max: ShopLimits.revenueMinorMax)
    isOver = try reader.flag()
    awaitsMerchant = try reader.flag()
    index()
  }

  /// Makes the tables that follow from others.
  private mutating func index() {
    for entry in holds {
      clocks[ShopClock(atMs: entry.value.untilMs, id: entry.key)] = true
      updateBuyer(entry.value.buyer) { $0.holds.append(entry.key) }
    }
    for entry in orders {
      let order = entry.value
      updateBuyer(order.buyer) { buyer in
        buyer.orders.append(entry.key)
        if order.status.isOpen { buyer.openOrders += 1 }
      }
      if order.status.isUnpaidEnd { forgettable[entry.key] = true }
      if order.status.isOpen, order.units != .hold {
        clocks[ShopClock(atMs: order.untilMs, id: entry.key)] = true
      }
    }
    cartCount = buyers.count { !$0.value.cart.isEmpty }
  }
}

extension SnapshotWriter {
  mutating func write(_ buyer: BuyerID) { write(UInt64(buyer.rawValue)) }

  mutating func optional(_ number: Int64?) { optional(number) { $0.write($1) } }

  mutating func optional(_ text: String?) { optional(text) { $0.write($1) } }

  /// A table in the order of its keys.
  mutating func table<K, V>(
    _ table: SortedTable<K, V>, _ write: (inout SnapshotWriter, K, V) -> Void
  ) {
    self.write(table.count)
    for entry in table { write(&self, entry.key, entry.value) }
  }
}

extension SnapshotReader {
  mutating func buyer() throws(WireError) -> BuyerID {
    BuyerID(UInt32(try int(max: Int64(ShopLimits.buyersMax))))
  }

  mutating func minor() throws(WireError) -> Minor { try int(max: ShopLimits.minorMax) }

  mutating func optionalInt() throws(WireError) -> Int64? {
    try optional { reader throws(WireError) in try reader.int() }
  }

  /// A text of at most `max` scalars.
  mutating func text(max: Int) throws(WireError) -> String { try string(max: 4 * max) }

  mutating func optionalText(max: Int) throws(WireError) -> String? {
    try optional { reader throws(WireError) in try reader.text(max: max) }
  }

  mutating func sku() throws(WireError) -> SKU { try string(max: ShopLimits.skuMax) }

  /// A table whose keys only grow.
  mutating func table<K, V>(
    max: Int, _ read: (inout SnapshotReader) throws(WireError) -> (K, V)
  ) throws(WireError) -> SortedTable<K, V> {
    let count = try count(max: max)
    var table = SortedTable<K, V>()
    for _ in 0..<count {
      let (key, value) = try read(&self)
      if let last = table.last, key <= last.key { throw .badValue }
      table[key] = value
    }
    return table
  }
}
