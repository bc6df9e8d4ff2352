// What members are told of a room's shop, as closed schemas.

import Commerce
import JSON

extension MessageSchemas {
  /// The shop's events, what is one member's own, and counters.
  static let shop: [MessageSchema] = shelf + sales + own + shopCounters

  private static let shelf: [MessageSchema] = [
    event(
      "shopSet",
      [
        (
          "shop",
          APISchema.closed(
            [
              ("currency", APISchema.nullable("string")), ("paused", APISchema.boolean),
              ("holdSeconds", APISchema.count), ("merchant", APISchema.nullable("string")),
            ], optional: ["merchant"])
        )
      ]),
    event("listingPut", [("listing", APISchema.listing)]),
    event("listingRemoved", [("listing", APISchema.sequence)]),
    event("listingsOrdered", [("listings", APISchema.list(APISchema.sequence))]),
    event("variantSet", [("listing", APISchema.sequence), ("variant", APISchema.variant)]),
    event(
      "listingPinned",
      [("slot", APISchema.count), ("pin", APISchema.orNull(APISchema.pin()))]),
    event("voucherPut", [("voucher", APISchema.voucher)]),
    event("voucherRemoved", [("code", APISchema.string)]),
  ]

  private static let sales: [MessageSchema] =
    [
      "dropScheduled", "dropStarted", "dropOpened", "dropDecided", "dropEnded", "dropSettled",
    ].map { event($0, [("drop", APISchema.drop)]) }
    + ["lotOpened", "lotStarted", "lotProlonged", "lotClosing", "lotAwarded", "lotClosed"].map {
      event($0, [("lot", APISchema.lot)])
    } + [
      event("orderUpdated", [("order", APISchema.order)]),
      event(
        "reportRefused",
        [("order", APISchema.sequence), ("report", APISchema.words(OrderReport.self))]),
      message(
        "coinsOffered",
        [
          ("purchase", APISchema.sequence), ("paymentURL", APISchema.nullable("string")),
          ("reason", APISchema.string),
        ], optional: ["reason"]),
      message(
        "walletChanged", [("balance", APISchema.count), ("transfer", APISchema.sequence)]),
      event(
        "gifted",
        [
          ("member", APISchema.personOrNull), ("gift", APISchema.string),
          ("count", APISchema.count), ("coins", APISchema.count), ("combo", APISchema.count),
        ]),
    ]

  private static let own: [MessageSchema] = [
    event("claimed", [("claim", claim), ("hold", APISchema.orNull(hold))]),
    event("dropLeft", [("drop", APISchema.sequence)]),
    event("holdMade", [("hold", hold)]),
    event("holdPriced", [("hold", hold)]),
    event("holdEnded", [("hold", APISchema.sequence), ("why", APISchema.words(HoldEnd.self))]),
    event("bidPlaced", [("bid", bid)]),
    event("outbid", [("lot", APISchema.sequence)]),
    event("cartSet", [("cart", cart)]),
  ]

  private static let shopCounters: [MessageSchema] = [
    message(
      "stock",
      [
        cursor, ("sku", APISchema.string), ("available", APISchema.count),
        ("sold", APISchema.count),
      ]),
    message("units", [cursor, ("sku", APISchema.string)] + APISchema.units),
    message(
      "dropCounts",
      [
        cursor, ("drop", APISchema.sequence), ("remaining", APISchema.count),
        ("sold", APISchema.count), ("waiting", APISchema.count),
      ]),
    message("lotState", [cursor, ("lot", APISchema.lot)], uses: [APISchema.person]),
    message(
      "leaderboard", [cursor, ("leaderboard", APISchema.leaders)], uses: [APISchema.person]),
    message("revenue", [cursor, ("revenue", APISchema.revenue)]),
    message(
      "pinSeen",
      [
        cursor, ("pin", APISchema.sequence), ("seen", APISchema.count),
        ("viewers", APISchema.count),
      ]),
  ]

  // MARK: Parts

  /// What `me` has of the shop.
  static let ownShop = APISchema.closed([
    ("cart", cart), ("holds", APISchema.list(hold)), ("claims", APISchema.list(claim)),
    ("bids", APISchema.list(bid)), ("orders", APISchema.list(APISchema.order)),
  ])

  private static let claim = APISchema.closed([
    ("id", APISchema.sequence), ("drop", APISchema.sequence), ("quantity", APISchema.count),
    ("status", ["enum": ["pending", "waiting", "entitled", "held"]]),
    ("position", APISchema.nullable("integer")),
  ])

  private static let hold = APISchema.closed(
    [
      ("id", APISchema.sequence), ("sku", APISchema.string), ("quantity", APISchema.count),
      ("priceMinor", APISchema.count), ("priced", APISchema.boolean),
      ("untilMs", APISchema.time), ("source", ["enum": ["drop", "lot"]]),
      ("drop", APISchema.sequence),
      ("lot", APISchema.sequence), ("order", APISchema.nullable("integer")),
    ], optional: ["drop", "lot"])

  private static let bid = APISchema.closed([
    ("lot", APISchema.sequence), ("maxMinor", APISchema.count),
  ])

  private static let cart = APISchema.closed([
    (
      "lines",
      APISchema.list(APISchema.closed([("sku", APISchema.string), ("quantity", APISchema.count)]))
    ),
    (
      "voucher",
      APISchema.orNull(
        APISchema.closed([
          ("code", APISchema.string), ("kind", APISchema.words(VoucherDraft.Kind.self)),
          ("value", APISchema.count), ("minimumMinor", APISchema.nullable("integer")),
        ]))
    ),
  ])
}
