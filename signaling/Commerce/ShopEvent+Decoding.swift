// Log rows to a shop's events: total; every number and text within the shop's bounds.

package import JSON
import Wire

extension ShopEvent {
  /// Reads a log row. Nil for a kind that is not the shop's, or a body not as expected.
  package init?(kind: String, body: JSONObject) {
    do throws(JSONMismatch) {
      guard let event = try ShopEvent.read(kind, ShopFields(JSONFields(body))) else { return nil }
      self = event
    } catch {
      return nil
    }
  }

  private static func read(
    _ kind: String, _ fields: ShopFields
  ) throws(JSONMismatch) -> ShopEvent? {
    switch kind {
    case "shopSet": return .shopSet(try ShopSettings(fields))
    case "listingPut":
      return .listingPut(try fields.optionalID("listing"), try ListingDraft(fields))
    case "listingRemoved": return .listingRemoved(try fields.id("listing"))
    case "listingsOrdered": return .listingsOrdered(try fields.ids("listings"))
    case "variantSet":
      return .variantSet(
        try fields.sku(), priceMinor: try fields.price("priceMinor"), units: try fields.units())
    case "listingPinned":
      return .listingPinned(
        slot: try fields.int("slot", in: 1...ShopLimits.slotsMax), try fields.optionalID("listing"))
    case "voucherPut": return .voucherPut(try VoucherDraft(fields))
    case "voucherRemoved": return .voucherRemoved(try fields.text("code", max: 32))
    case "gifted": return .gifted(try GiftedEvent(fields))
    case "shopOver": return .shopOver
    default:
      if let event = try readUnits(kind, fields) { return event }
      if let event = try readDrop(kind, fields) { return event }
      if let event = try readLot(kind, fields) { return event }
      return try readBuying(kind, fields)
    }
  }

  private static func readUnits(
    _ kind: String, _ fields: ShopFields
  ) throws(JSONMismatch) -> ShopEvent? {
    func quantity() throws(JSONMismatch) -> Int64 {
      try fields.int("quantity", in: 0...ShopLimits.unitsMax)
    }
    switch kind {
    case "unitsAsked":
      return .unitsAsked(
        try fields.sku(), wanted: try fields.int("wanted", in: 0...ShopLimits.unitsMax),
        quantity: try quantity())
    case "unitsGranted":
      return .unitsGranted(try fields.id("ask"), try fields.sku(), try quantity())
    case "unitsAskedAgain": return .unitsAskedAgain(try fields.id("ask"), try fields.sku())
    case "unitsUnanswered": return .unitsUnanswered(try fields.id("ask"), try fields.sku())
    case "unitsReturned": return .unitsReturned(try fields.sku(), try quantity())
    default: return nil
    }
  }

  private static func readDrop(
    _ kind: String, _ fields: ShopFields
  ) throws(JSONMismatch) -> ShopEvent? {
    switch kind {
    case "dropScheduled": return .dropScheduled(try DropScheduledEvent(fields))
    case "dropStarted":
      return .dropStarted(try fields.id("drop"), startsAtMs: try fields.time("startsAtMs"))
    case "dropOpened":
      return .dropOpened(
        try fields.id("drop"), windowMs: try fields.int("windowMs", in: 0...ShopLimits.windowMsMax),
        endsAtMs: try fields.time("endsAtMs"))
    case "claimed": return .claimed(try ClaimedEvent(fields))
    case "dropLeft": return .dropLeft(try fields.id("drop"))
    case "dropDecided":
      return .dropDecided(
        try fields.id("drop"), seed: try fields.digest("seed"), untilMs: try fields.time("untilMs"))
    case "holdMade": return .holdMade(try HoldMadeEvent(fields))
    case "holdPriced":
      return .holdPriced(
        try fields.id("hold"), try fields.buyer("buyer"),
        priceMinor: try fields.price("priceMinor"))
    case "holdEnded":
      return .holdEnded(
        try fields.id("hold"), try fields.buyer("buyer"), try fields.choice("why"))
    case "dropEnded": return .dropEnded(try fields.id("drop"), try fields.choice("why"))
    case "dropSettled": return .dropSettled(try fields.id("drop"))
    case "merchantAwaited": return .merchantAwaited(try fields.fields.bool("awaited"))
    case "dropRestocked":
      return .dropRestocked(
        try fields.id("drop"),
        quantity: try fields.int("quantity", in: 1...ShopLimits.perBuyerMax))
    default: return nil
    }
  }

  private static func readLot(
    _ kind: String, _ fields: ShopFields
  ) throws(JSONMismatch) -> ShopEvent? {
    switch kind {
    case "lotOpened": return .lotOpened(try LotOpenedEvent(fields))
    case "lotStarted": return .lotStarted(try fields.id("lot"))
    case "bidPlaced": return .bidPlaced(try BidPlacedEvent(fields))
    case "lotProlonged":
      return .lotProlonged(try fields.id("lot"), endsAtMs: try fields.time("endsAtMs"))
    case "lotClosing":
      return .lotClosing(try fields.id("lot"), closesAtMs: try fields.time("closesAtMs"))
    case "lotAwarded":
      return .lotAwarded(
        try fields.id("lot"), try fields.buyer("buyer"),
        priceMinor: try fields.price("priceMinor"), untilMs: try fields.time("untilMs"))
    case "lotClosed": return .lotClosed(try fields.id("lot"), try fields.choice("why"))
    default: return nil
    }
  }

  private static func readBuying(
    _ kind: String, _ fields: ShopFields
  ) throws(JSONMismatch) -> ShopEvent? {
    switch kind {
    case "cartSet":
      return .cartSet(
        try fields.sku(), quantity: try fields.int("quantity", in: 0...ShopLimits.cartQuantityMax))
    case "voucherApplied": return .voucherApplied(try fields.optionalText("code", max: 32))
    case "orderMade": return .orderMade(try OrderMadeEvent(fields))
    case "orderPriced":
      return .orderPriced(
        try fields.id("order"), try fields.lines(),
        discountMinor: try fields.int("discountMinor", in: 0...ShopLimits.orderMinorMax))
    case "paymentOffered":
      // An exported log has no URL.
      let url = try fields.optionalText(ShopEvent.secretKey, max: ShopLimits.urlMax)
      return .paymentOffered(try fields.id("order"), url: url ?? "")
    case "orderMoved":
      return .orderMoved(
        try fields.id("order"), try fields.choice("status"),
        reason: try fields.optionalText("reason", max: ShopLimits.reasonMax))
    case "reportRefused":
      return .reportRefused(try fields.id("order"), try fields.choice("report"))
    default: return nil
    }
  }
}

/// The fields of a log row's body, with the shop's kinds and bounds.
struct ShopFields {
  let fields: JSONFields

  init(_ fields: JSONFields) { self.fields = fields }

  func int(_ key: String, in range: ClosedRange<Int64>) throws(JSONMismatch) -> Int64 {
    try fields.int(key, in: range)
  }

  /// Numbers of the log.
  func id(_ key: String) throws(JSONMismatch) -> ShopID {
    try fields.int(key, in: 1...ShopLimits.timeMsMax)
  }

  func optionalID(_ key: String) throws(JSONMismatch) -> ShopID? {
    try fields.optionalInt(key, in: 1...ShopLimits.timeMsMax)
  }

  func ids(_ key: String) throws(JSONMismatch) -> [ShopID] {
    let items = try fields.array(key)
    guard items.count <= ShopLimits.listingsMax else { throw mismatch(key, "fewer items") }
    var ids: [ShopID] = []
    for item in items {
      guard case .integer(let id) = item, (1...ShopLimits.timeMsMax).contains(id) else {
        throw mismatch(key, "numbers of the log")
      }
      ids.append(id)
    }
    return ids
  }

  func time(_ key: String) throws(JSONMismatch) -> Int64 {
    try fields.int(key, in: 0...ShopLimits.timeMsMax)
  }

  func optionalTime(_ key: String) throws(JSONMismatch) -> Int64? {
    try fields.optionalInt(key, in: 0...ShopLimits.timeMsMax)
  }

  func minor(_ key: String) throws(JSONMismatch) -> Minor {
    try fields.int(key, in: 0...ShopLimits.minorMax)
  }

  func optionalMinor(_ key: String) throws(JSONMismatch) -> Minor? {
    try fields.optionalInt(key, in: 0...ShopLimits.minorMax)
  }

  func price(_ key: String) throws(JSONMismatch) -> Minor {
    try fields.int(key, in: 1...ShopLimits.minorMax)
  }

  /// An amount kept apart. An exported log has none.
  func secretPrice(otherwise: Minor) throws(JSONMismatch) -> Minor {
    guard let text = try fields.optionalString(ShopEvent.secretKey) else { return otherwise }
    guard let price = Minor(text), (1...ShopLimits.minorMax).contains(price), String(price) == text
    else { throw mismatch(ShopEvent.secretKey, "an amount") }
    return price
  }

  func units() throws(JSONMismatch) -> Int64 {
    try fields.int("units", in: 0...ShopLimits.unitsMax)
  }

  func sku() throws(JSONMismatch) -> SKU {
    let sku = try fields.string("sku")
    guard ShopText.isSKU(sku) else { throw mismatch("sku", "a SKU") }
    return sku
  }

  func buyer(_ key: String) throws(JSONMismatch) -> BuyerID {
    BuyerID(UInt32(truncatingIfNeeded: try int(key, in: 1...Int64(ShopLimits.buyersMax))))
  }

  /// A buyer, or (0) one who was erased before the log had it.
  func giver(_ key: String) throws(JSONMismatch) -> BuyerID {
    BuyerID(UInt32(truncatingIfNeeded: try int(key, in: 0...Int64(ShopLimits.buyersMax))))
  }

  func optionalBuyer(_ key: String) throws(JSONMismatch) -> BuyerID? {
    try fields.optionalInt(key, in: 1...Int64(ShopLimits.buyersMax)).map {
      BuyerID(UInt32(truncatingIfNeeded: $0))
    }
  }

  /// A text of at most `max` scalars.
  func text(_ key: String, max: Int) throws(JSONMismatch) -> String {
    try bounded(try fields.string(key), key, max)
  }

  func optionalText(_ key: String, max: Int) throws(JSONMismatch) -> String? {
    guard let text = try fields.optionalString(key) else { return nil }
    return try bounded(text, key, max)
  }

  private func bounded(
    _ text: String, _ key: String, _ max: Int
  ) throws(JSONMismatch) -> String {
    // A scalar has at most four bytes: long texts are refused before they are counted.
    guard text.utf8.count <= 4 * max, text.unicodeScalars.count <= max else {
      throw mismatch(key, "at most \(max) characters")
    }
    return text
  }

  func texts(_ key: String, count: Int, max: Int) throws(JSONMismatch) -> [String] {
    let texts = try fields.strings(key)
    guard texts.count <= count else { throw mismatch(key, "at most \(count)") }
    for text in texts { _ = try bounded(text, key, max) }
    return texts
  }

  func choice<T: RawRepresentable<String>>(_ key: String) throws(JSONMismatch) -> T {
    guard let value = T(rawValue: try fields.string(key)) else {
      throw mismatch(key, "a known name")
    }
    return value
  }

  /// 32 bytes.
  func digest(_ key: String) throws(JSONMismatch) -> [UInt8] {
    guard let bytes = Hex.bytes(try fields.string(key), count: ShopLimits.seedByteCount) else {
      throw mismatch(key, "64 digits")
    }
    return bytes
  }

  func objects(_ key: String, max: Int) throws(JSONMismatch) -> [ShopFields] {
    let items = try fields.fieldsArray(key)
    guard items.count <= max else { throw mismatch(key, "at most \(max)") }
    return items.map { ShopFields($0) }
  }

  /// The lines of an order.
  func lines() throws(JSONMismatch) -> [OrderLine] {
    var lines: [OrderLine] = []
    for item in try objects("lines", max: ShopLimits.cartLinesMax) {
      lines.append(
        OrderLine(
          sku: try item.sku(),
          quantity: try item.int("quantity", in: 1...ShopLimits.cartQuantityMax),
          priceMinor: try item.price("priceMinor")))
    }
    return lines
  }

  func mismatch(_ key: String, _ expected: String) -> JSONMismatch {
    fields.refusal(key, expected: expected, found: "something else")
  }
}

extension ShopSettings {
  fileprivate init(_ fields: ShopFields) throws(JSONMismatch) {
    currency = try fields.optionalText("currency", max: 3)
    isPaused = try fields.fields.bool("paused")
    holdSeconds = try fields.int("holdSeconds", in: ShopLimits.holdSeconds)
    merchant = try fields.optionalText("merchant", max: ShopLimits.merchantMax)
  }
}

extension ListingDraft {
  fileprivate init(_ fields: ShopFields) throws(JSONMismatch) {
    reference = try fields.text("reference", max: ShopLimits.referenceMax)
    title = try fields.text("title", max: ShopLimits.titleMax)
    description = try fields.optionalText("description", max: ShopLimits.descriptionMax)
    images = try fields.texts("images", count: ShopLimits.imagesMax, max: ShopLimits.urlMax)
    url = try fields.optionalText("url", max: ShopLimits.urlMax)
    currency = try fields.text("currency", max: 3)
    variants = []
    for item in try fields.objects("variants", max: ShopLimits.variantsMax) {
      variants.append(
        VariantDraft(
          sku: try item.sku(), title: try item.optionalText("title", max: ShopLimits.titleMax),
          priceMinor: try item.price("priceMinor"),
          compareAtMinor: try item.optionalMinor("compareAtMinor"), units: try item.units()))
    }
  }
}

extension VoucherDraft {
  fileprivate init(_ fields: ShopFields) throws(JSONMismatch) {
    code = try fields.text("code", max: ShopLimits.voucherCodeMax)
    kind = try fields.choice("kind")
    value = try fields.minor("value")
    minimumMinor = try fields.optionalMinor("minimumMinor")
    usesMax = try fields.fields.optionalInt("usesMax", in: 0...ShopLimits.minorMax)
    perBuyer = try fields.minor("perBuyer")
    startsAtMs = try fields.optionalTime("startsAtMs")
    endsAtMs = try fields.optionalTime("endsAtMs")
  }
}

extension DropScheduledEvent {
  fileprivate init(_ fields: ShopFields) throws(JSONMismatch) {
    sku = try fields.sku()
    quantity = try fields.int("quantity", in: 1...ShopLimits.dropQuantityMax)
    priceMinor = try fields.price("priceMinor")
    countdownSeconds = try fields.int("countdownSeconds", in: ShopLimits.countdownSeconds)
    durationSeconds = try fields.int("durationSeconds", in: ShopLimits.durationSeconds)
    perBuyer = try fields.int("perBuyer", in: 1...ShopLimits.perBuyerMax)
    mode = try fields.choice("mode")
    holdSeconds = try fields.int("holdSeconds", in: ShopLimits.holdSeconds)
    startsAtMs = try fields.optionalTime("startsAtMs")
    commitment = try fields.digest("commitment")
    secret =
      try fields.fields.optionalString(ShopEvent.secretKey) == nil
      ? [] : fields.digest(ShopEvent.secretKey)
  }
}

extension ClaimedEvent {
  fileprivate init(_ fields: ShopFields) throws(JSONMismatch) {
    drop = try fields.id("drop")
    quantity = try fields.int("quantity", in: 1...ShopLimits.perBuyerMax)
    adjustedMs = try fields.time("adjustedMs")
    held = try fields.int("held", in: 0...ShopLimits.perBuyerMax)
    untilMs = try fields.time("untilMs")
  }
}

extension HoldMadeEvent {
  fileprivate init(_ fields: ShopFields) throws(JSONMismatch) {
    drop = try fields.id("drop")
    claim = try fields.id("claim")
    buyer = try fields.buyer("buyer")
    quantity = try fields.int("quantity", in: 1...ShopLimits.perBuyerMax)
    untilMs = try fields.time("untilMs")
  }
}

extension LotOpenedEvent {
  fileprivate init(_ fields: ShopFields) throws(JSONMismatch) {
    sku = try fields.sku()
    startMinor = try fields.price("startMinor")
    reserveMinor = try fields.optionalMinor("reserveMinor")
    isSoft = try fields.fields.bool("softClose")
    softSeconds = try fields.int("softSeconds", in: ShopLimits.softSeconds)
    holdSeconds = try fields.int("holdSeconds", in: ShopLimits.holdSeconds)
    startsAtMs = try fields.time("startsAtMs")
    endsAtMs = try fields.time("endsAtMs")
    increments = []
    let items = try fields.fields.array("increments")
    guard (1...ShopLimits.incrementsMax).contains(items.count) else {
      throw fields.mismatch("increments", "1…\(ShopLimits.incrementsMax) pairs")
    }
    for item in items {
      guard case .array(let pair) = item, pair.count == 2, case .integer(let from) = pair[0],
        case .integer(let step) = pair[1], (0...ShopLimits.minorMax).contains(from),
        (1...ShopLimits.minorMax).contains(step)
      else { throw fields.mismatch("increments", "pairs of amounts") }
      increments.append(LotDraft.Increment(fromMinor: from, stepMinor: step))
    }
  }
}

extension BidPlacedEvent {
  fileprivate init(_ fields: ShopFields) throws(JSONMismatch) {
    lot = try fields.id("lot")
    amountMinor = try fields.price("amountMinor")
    maxMinor = try fields.secretPrice(otherwise: amountMinor)
    adjustedMs = try fields.time("adjustedMs")
    endsAtMs = try fields.time("endsAtMs")
    outbid = try fields.optionalBuyer("outbid")
  }
}

extension OrderMadeEvent {
  fileprivate init(_ fields: ShopFields) throws(JSONMismatch) {
    if let hold = try fields.optionalID("hold") {
      source = .hold(hold)
    } else if let claim = try fields.optionalID("claim") {
      source = .claim(claim)
    } else {
      source = .cart
    }
    lines = try fields.lines()
    discountMinor = try fields.int("discountMinor", in: 0...ShopLimits.orderMinorMax)
    voucher = try fields.optionalText("voucher", max: ShopLimits.voucherCodeMax)
    untilMs = try fields.time("untilMs")
    merchant = try fields.optionalText("merchant", max: ShopLimits.merchantMax)
  }
}

extension GiftedEvent {
  fileprivate init(_ fields: ShopFields) throws(JSONMismatch) {
    posting = GiftPosting(
      number: try fields.id("number"), buyer: try fields.giver("buyer"),
      gift: try fields.text("gift", max: ShopLimits.giftMax),
      count: try fields.int("count", in: 1...ShopLimits.giftCountMax),
      coins: try fields.minor("coins"))
    combo = try fields.int("combo", in: 1...ShopLimits.minorMax)
  }
}
