// Drops and lots in snapshots.

import Wire

extension Drop {
  func write(to writer: inout SnapshotWriter) {
    writer.write(id)
    writer.write(sku)
    for number in [
      quantity, priceMinor, countdownSeconds, durationSeconds, perBuyer, holdSeconds, windowMs,
      free, held, sold, rankLast,
    ] {
      writer.write(number)
    }
    writer.write(mode)
    writer.write(stage)
    writer.write(commitment)
    writer.write(secret)
    for time in [startsAtMs, openedAtMs, endsAtMs] { writer.optional(time) }
    writer.optional(endedBy) { $0.write($1) }
    writer.optional(seed) { $0.write($1) }
    writer.write(isSettled)
    writer.table(claims) { writer, id, claim in
      writer.write(id)
      writer.write(claim.buyer)
      writer.write(claim.quantity)
      writer.write(claim.adjustedMs)
      writer.optional(claim.rank)
      writer.optional(claim.order)
    }
    writer.table(claimants) { writer, buyer, claimant in
      writer.write(buyer)
      writer.write(claimant.taken)
    }
  }

  init(_ reader: inout SnapshotReader) throws(WireError) {
    id = try reader.int()
    sku = try reader.sku()
    quantity = try reader.int(max: ShopLimits.dropQuantityMax)
    priceMinor = try reader.minor()
    countdownSeconds = try reader.int(max: ShopLimits.countdownSeconds.upperBound)
    durationSeconds = try reader.int(max: ShopLimits.durationSeconds.upperBound)
    perBuyer = try reader.int(max: ShopLimits.perBuyerMax)
    holdSeconds = try reader.int(max: ShopLimits.holdSeconds.upperBound)
    windowMs = try reader.int(max: ShopLimits.windowMsMax)
    free = try reader.int(max: quantity)
    held = try reader.int(max: quantity)
    sold = try reader.int(max: quantity)
    rankLast = try reader.int()
    mode = try reader.choice()
    stage = try reader.choice()
    commitment = try reader.data()
    secret = try reader.data()
    startsAtMs = try reader.optionalInt()
    openedAtMs = try reader.optionalInt()
    endsAtMs = try reader.optionalInt()
    endedBy = try reader.optional { reader throws(WireError) in try reader.choice() }
    seed = try reader.optional { reader throws(WireError) in try reader.data() }
    isSettled = try reader.flag()
    claims = try reader.table(max: ShopLimits.waitingMax) { reader throws(WireError) in
      (try reader.int(), try Claim(&reader))
    }
    let taken: SortedTable<BuyerID, Int64> = try reader.table(
      max: ShopLimits.waitingMax + Int(ShopLimits.dropQuantityMax)
    ) { reader throws(WireError) in
      (try reader.buyer(), try reader.int(max: ShopLimits.perBuyerMax))
    }
    for entry in taken { claimants.change(entry.key) { $0.taken = entry.value } }
    for entry in claims {
      claimants.change(entry.value.buyer) { $0.claims.append(entry.key) }
      guard let rank = entry.value.rank else { continue }
      guard rank <= rankLast, waitlist[rank] == nil else { throw .badValue }
      waitlist[rank] = entry.key
    }
  }
}

extension Claim {
  fileprivate init(_ reader: inout SnapshotReader) throws(WireError) {
    buyer = try reader.buyer()
    quantity = try reader.int(max: ShopLimits.perBuyerMax)
    adjustedMs = try reader.int()
    rank = try reader.optionalInt()
    order = try reader.optionalInt()
  }
}

extension Lot {
  func write(to writer: inout SnapshotWriter) {
    writer.write(id)
    writer.write(sku)
    writer.write(startMinor)
    writer.optional(reserveMinor)
    writer.list(increments) {
      $0.write($1.fromMinor)
      $0.write($1.stepMinor)
    }
    writer.write(isSoft)
    for number in [
      softSeconds, holdSeconds, startsAtMs, endsAtMs, prolongedCount, priceMinor, bidCount,
    ] {
      writer.write(number)
    }
    writer.optional(closesAtMs)
    writer.write(stage)
    writer.optional(winner) { $0.write($1) }
    writer.list(asked) { $0.write($1) }
    writer.write(isFinal)
    writer.write(unit)
    writer.table(bids) { writer, buyer, bid in
      writer.write(buyer)
      writer.write(bid.maxMinor)
      writer.write(bid.adjustedMs)
      writer.write(bid.sequence)
    }
  }

  init(_ reader: inout SnapshotReader) throws(WireError) {
    id = try reader.int()
    sku = try reader.sku()
    startMinor = try reader.minor()
    reserveMinor = try reader.optional { reader throws(WireError) in try reader.minor() }
    increments = try reader.list(max: ShopLimits.incrementsMax) { reader throws(WireError) in
      LotDraft.Increment(fromMinor: try reader.minor(), stepMinor: try reader.minor())
    }
    isSoft = try reader.flag()
    softSeconds = try reader.int(max: ShopLimits.softSeconds.upperBound)
    holdSeconds = try reader.int(max: ShopLimits.holdSeconds.upperBound)
    startsAtMs = try reader.int()
    endsAtMs = try reader.int()
    prolongedCount = try reader.int(max: ShopLimits.prolongedMax)
    priceMinor = try reader.minor()
    bidCount = try reader.int()
    closesAtMs = try reader.optionalInt()
    stage = try reader.choice()
    winner = try reader.optional { reader throws(WireError) in try reader.buyer() }
    asked = try reader.list(max: ShopLimits.winnersAskedMax) { reader throws(WireError) in
      try reader.buyer()
    }
    isFinal = try reader.flag()
    unit = try reader.choice()
    bids = try reader.table(max: ShopLimits.biddersMax) { reader throws(WireError) in
      (
        try reader.buyer(),
        Bid(
          maxMinor: try reader.minor(), adjustedMs: try reader.int(), sequence: try reader.int())
      )
    }
    for entry in bids { ranking[entry.value] = entry.key }
  }
}
