// Settings, listings, stock, pins and vouchers in snapshots.

import Wire

extension ShopSettings {
  func write(to writer: inout SnapshotWriter) {
    writer.optional(currency)
    writer.write(isPaused)
    writer.write(holdSeconds)
    writer.optional(merchant)
  }

  init(_ reader: inout SnapshotReader) throws(WireError) {
    currency = try reader.optionalText(max: 3)
    isPaused = try reader.flag()
    holdSeconds = try reader.int(max: ShopLimits.holdSeconds.upperBound)
    merchant = try reader.optionalText(max: ShopLimits.merchantMax)
  }
}

extension Listing {
  func write(to writer: inout SnapshotWriter) {
    writer.write(id)
    writer.write(reference)
    writer.write(title)
    writer.optional(description)
    writer.list(images) { $0.write($1) }
    writer.optional(url)
    writer.list(variants) { writer, variant in
      writer.write(variant.sku)
      writer.optional(variant.title)
      writer.write(variant.priceMinor)
      writer.optional(variant.compareAtMinor)
    }
  }

  init(_ reader: inout SnapshotReader) throws(WireError) {
    id = try reader.int()
    reference = try reader.text(max: ShopLimits.referenceMax)
    title = try reader.text(max: ShopLimits.titleMax)
    description = try reader.optionalText(max: ShopLimits.descriptionMax)
    images = try reader.list(max: ShopLimits.imagesMax) { reader throws(WireError) in
      try reader.text(max: ShopLimits.urlMax)
    }
    url = try reader.optionalText(max: ShopLimits.urlMax)
    variants = try reader.list(max: ShopLimits.variantsMax) { reader throws(WireError) in
      Variant(
        sku: try reader.sku(), title: try reader.optionalText(max: ShopLimits.titleMax),
        priceMinor: try reader.minor(),
        compareAtMinor: try reader.optional { reader throws(WireError) in try reader.minor() })
    }
  }
}

extension StockBook {
  func write(to writer: inout SnapshotWriter) {
    writer.table(items) { writer, sku, stock in
      writer.write(sku)
      for number in [stock.units, stock.reserved, stock.held, stock.sold] { writer.write(number) }
      writer.optional(stock.listing)
      writer.optional(stock.wanted)
      writer.table(stock.asks) {
        $0.write($1)
        for number in [$2.quantity, $2.dueMs, $2.times] { $0.write(number) }
      }
      writer.write(stock.unanswered)
    }
  }

  init(_ reader: inout SnapshotReader) throws(WireError) {
    let items = try reader.table(max: ShopLimits.skusMax) { reader throws(WireError) in
      (try reader.sku(), try Stock(&reader))
    }
    for entry in items { restore(entry.key, entry.value) }
  }
}

extension Stock {
  fileprivate init(_ reader: inout SnapshotReader) throws(WireError) {
    self.init(units: try reader.int(max: ShopLimits.unitsMax))
    reserved = try reader.int(max: ShopLimits.unitsMax)
    held = try reader.int(max: ShopLimits.unitsMax)
    sold = try reader.int(max: ShopLimits.unitsMax)
    listing = try reader.optionalInt()
    wanted = try reader.optional { reader throws(WireError) in
      try reader.int(max: ShopLimits.unitsMax)
    }
    asks = try reader.table(max: ShopLimits.asksMax) { reader throws(WireError) in
      (
        try reader.int(),
        StockAsk(
          quantity: try reader.int(max: ShopLimits.unitsMax), dueMs: try reader.int(),
          times: try reader.int())
      )
    }
    unanswered = try reader.int(max: ShopLimits.unitsMax)
    guard committed <= units else { throw .badValue }
  }
}

extension Pin {
  func write(to writer: inout SnapshotWriter) {
    writer.write(id)
    writer.write(slot)
    writer.write(listing)
    writer.write(atMs)
    writer.optional(mediaTimeMs)
    writer.optional(endedAtMs)
  }

  init(_ reader: inout SnapshotReader) throws(WireError) {
    id = try reader.int()
    slot = try reader.int(max: ShopLimits.slotsMax)
    listing = try reader.int()
    atMs = try reader.int()
    mediaTimeMs = try reader.optionalInt()
    endedAtMs = try reader.optionalInt()
  }
}

extension Voucher {
  func write(to writer: inout SnapshotWriter) {
    writer.write(id)
    writer.write(draft.code)
    writer.write(draft.kind)
    writer.write(draft.value)
    writer.optional(draft.minimumMinor)
    writer.optional(draft.usesMax)
    writer.write(draft.perBuyer)
    writer.optional(draft.startsAtMs)
    writer.optional(draft.endsAtMs)
    writer.write(uses)
    writer.table(usesBy) {
      $0.write($1)
      $0.write($2)
    }
  }

  init(_ reader: inout SnapshotReader) throws(WireError) {
    id = try reader.int()
    draft = VoucherDraft(
      code: try reader.text(max: ShopLimits.voucherCodeMax), kind: try reader.choice(),
      value: try reader.minor(), minimumMinor: try reader.optionalInt(),
      usesMax: try reader.optionalInt(), perBuyer: try reader.minor(),
      startsAtMs: try reader.optionalInt(), endsAtMs: try reader.optionalInt())
    uses = try reader.int()
    usesBy = try reader.table(max: ShopLimits.ordersMax) { reader throws(WireError) in
      (try reader.buyer(), try reader.int())
    }
  }
}
