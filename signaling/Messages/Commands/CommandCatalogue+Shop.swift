// The shop's commands: listings, pins, drops, auctions, carts, orders, vouchers.

import Commerce
import Room

extension CommandCatalogue {
  static let shop: [CommandSpecification] =
    shelf + pins + drops + lots + buying + orders + vouchers

  // MARK: Kinds

  private static let price = CommandField.Kind.integer(1...ShopLimits.minorMax)
  private static let amount = CommandField.Kind.integer(0...ShopLimits.minorMax)
  private static let units = CommandField.Kind.integer(0...ShopLimits.unitsMax)
  private static let holdSeconds = CommandField.Kind.integer(ShopLimits.holdSeconds)
  private static let moment = CommandField.Kind.integer(0...EngineLimits.timeMsMax)
  private static let currency = CommandField.Kind.string(3...3)

  private static let sku = CommandField.required(
    "sku", text(ShopLimits.skuMax), "The variant's SKU, `[A-Za-z0-9._-]{1,64}`.")

  // MARK: The shelf

  private static let variantFields: [CommandField] = [
    sku,
    .optional("title", text(ShopLimits.titleMax), "What sets it apart from the others."),
    .required("priceMinor", price, "In the currency's smallest unit."),
    .optional("compareAtMinor", price, "The price it is compared with."),
    .required("units", units, "All units for this show, those held and sold included."),
  ]

  /// What a listing has beside its reference.
  private static let listingFields: [CommandField] = [
    .required("title", text(ShopLimits.titleMax), "The product's title."),
    .optional("description", text(ShopLimits.descriptionMax), "What it is."),
    .optional(
      "images",
      .strings(itemsMax: ShopLimits.imagesMax, charactersMax: ShopLimits.urlMax), "https URLs."),
    .optional("url", text(ShopLimits.urlMax), "The product's page, https."),
    .required("currency", currency, "ISO 4217, the room's."),
    .required(
      "variants", .objects(itemsMax: ShopLimits.variantsMax, variantFields),
      "What is sold of it, at least one."),
  ]

  private static let reference = CommandField.required(
    "reference", text(ShopLimits.referenceMax), "The merchant's name for it.")

  /// The fields of one listing of an import.
  package static let listingOfImport: [CommandField] = [reference] + listingFields

  private static let shelf: [CommandSpecification] = [
    CommandSpecification(
      "setShop", .host, "PATCH", "/shop", "Changes the shop's settings; what is absent stays.",
      [
        .optional("currency", currency, "ISO 4217; only while nothing has a price."),
        .optional("paused", .boolean, "Whether nothing can be claimed, bid for or checked out."),
        .optional("holdSeconds", holdSeconds, "How long a unit is kept for a buyer."),
        .optional(
          "merchant", text(ShopLimits.referenceMax), "Whose hooks take this room's orders."),
      ]
    ) { .shop(.setShop(ShopSettingsChange($0))) },
    CommandSpecification(
      "putListing", .host, "PUT", "/listings/{reference}", "Offers a product, or changes it.",
      [reference] + listingFields
    ) { .shop(.putListing(ListingDraft($0))) },
    CommandSpecification(
      "importListings", .host, "POST", "/listings-import",
      "Offers many products, all or none (REST only).",
      [
        .required(
          "listings", .objects(itemsMax: ShopLimits.listingsMax, listingOfImport),
          "Each as in `putListing`.")
      ], isOnSocket: false
    ) { .shop(.importListings($0.objects("listings").map { ListingDraft($0) })) },
    CommandSpecification(
      "removeListing", .host, "POST", "/listings/{listing}/remove", "Offers a product no longer.",
      [thing("listing")]
    ) { .shop(.removeListing($0.number("listing"))) },
    CommandSpecification(
      "orderListings", .host, "PUT", "/listings-order", "Puts the listings in an order.",
      [
        .required(
          "listings",
          .integers(itemsMax: ShopLimits.listingsMax, 1...EngineLimits.timeMsMax),
          "Their ids; those that are absent follow in their old order.")
      ]
    ) { .shop(.orderListings($0.integers("listings") ?? [])) },
    CommandSpecification(
      "setVariant", .host, "PATCH", "/variants/{sku}",
      "Changes a price or the units; what is absent stays.",
      [
        sku, .optional("priceMinor", price, "In the currency's smallest unit."),
        .optional("units", units, "All units for this show, those held and sold included."),
      ]
    ) {
      .shop(
        .setVariant(
          $0.text("sku"), priceMinor: $0.integer("priceMinor"), units: $0.integer("units")))
    },
  ]

  // MARK: Pins

  private static let pins: [CommandSpecification] = [
    CommandSpecification(
      "pinListing", .staff, "PUT", "/pins/{slot}", "Pins a listing, or takes the pin away.",
      [
        .required("slot", .integer(1...ShopLimits.slotsMax), "Where it is shown."),
        .optional("listing", id, "The listing's id; null takes the pin away."),
      ]
    ) { .shop(.pinListing(slot: $0.number("slot"), $0.integer("listing"))) },
    CommandSpecification(
      "seen", .anyone, "POST", "/pins/{pin}/seen",
      "Says that the sender's page shows a pin; only counted.", [thing("pin")]
    ) { .seen(pin: $0.number("pin")) },
  ]

  // MARK: Drops

  private static let drops: [CommandSpecification] = [
    CommandSpecification(
      "scheduleDrop", .host, "POST", "/drops", "Sets units apart for a drop.",
      [
        sku,
        .required("quantity", .integer(1...ShopLimits.dropQuantityMax), "How many units."),
        .required("priceMinor", price, "The price of one in the drop."),
        .required(
          "countdownSeconds", .integer(ShopLimits.countdownSeconds), "Until it opens."),
        .required(
          "durationSeconds", .integer(ShopLimits.durationSeconds), "How long it takes claims."),
        .optional(
          "perBuyer", .integer(1...ShopLimits.perBuyerMax), "Units of one buyer, at most."),
        .optional("mode", words(DropDraft.Mode.self), "Who gets a unit: who claims, or who pays."),
        .optional("start", words(DropDraft.Start.self), "When the countdown begins."),
        .optional("holdSeconds", holdSeconds, "How long a unit is kept; else the room's time."),
      ]
    ) { .shop(.scheduleDrop(DropDraft($0))) },
    CommandSpecification(
      "startDrop", .host, "POST", "/drops/{drop}/start", "Begins a drop's countdown.",
      [thing("drop")]
    ) { .shop(.startDrop($0.number("drop"))) },
    CommandSpecification(
      "cancelDrop", .host, "POST", "/drops/{drop}/cancel", "Ends a drop; holds run on.",
      [thing("drop")]
    ) { .shop(.cancelDrop($0.number("drop"))) },
    CommandSpecification(
      "claim", .anyone, "POST", "/drops/{drop}/claims", "Claims units of a drop.",
      [
        thing("drop"),
        .optional("quantity", .integer(1...ShopLimits.perBuyerMax), "How many; else one."),
      ]
    ) { .shop(.claim(drop: $0.number("drop"), quantity: $0.integer("quantity") ?? 1)) },
    CommandSpecification(
      "leaveDrop", .anyone, "DELETE", "/drops/{drop}/claims",
      "Waits no longer for a unit of a drop.", [thing("drop")]
    ) { .shop(.leaveDrop($0.number("drop"))) },
  ]

  // MARK: Auctions

  private static let lots: [CommandSpecification] = [
    CommandSpecification(
      "openLot", .host, "POST", "/lots", "Auctions one unit.",
      [
        sku, .required("startMinor", price, "The least first bid."),
        .optional("reserveMinor", price, "Below it nothing is sold; not shown."),
        .optional("incrementMinor", price, "The least step to the next bid; else 5 % of it."),
        .optional(
          "increments",
          .pairs(itemsMax: ShopLimits.incrementsMax - 1, 1...ShopLimits.minorMax),
          "Other steps from a price on: pairs of price and step, rising."),
        .required("durationSeconds", .integer(ShopLimits.durationSeconds), "How long it is open."),
        .optional("softClose", .boolean, "Whether a late bid moves the end; true by default."),
        .optional("softSeconds", .integer(ShopLimits.softSeconds), "What late is; else 10."),
        .optional(
          "startsAfterSeconds", .integer(0...ShopLimits.startsAfterSecondsMax),
          "Until it opens; bids before that count from then on."),
      ]
    ) { .shop(.openLot(LotDraft($0))) },
    CommandSpecification(
      "bid", .anyone, "POST", "/lots/{lot}/bids", "Bids in an auction.",
      [
        thing("lot"), .required("amountMinor", price, "What is bid at least."),
        .optional("maxMinor", price, "Up to where the server bids on; else the amount."),
      ]
    ) {
      .shop(
        .bid(
          lot: $0.number("lot"), amountMinor: $0.number("amountMinor"),
          maxMinor: $0.integer("maxMinor")))
    },
    CommandSpecification(
      "closeLot", .host, "POST", "/lots/{lot}/close", "Ends an auction now.", [thing("lot")]
    ) { .shop(.closeLot($0.number("lot"))) },
    CommandSpecification(
      "cancelLot", .host, "POST", "/lots/{lot}/cancel", "Ends an auction without a winner.",
      [thing("lot")]
    ) { .shop(.cancelLot($0.number("lot"))) },
  ]

  // MARK: Buying

  private static let buying: [CommandSpecification] = [
    CommandSpecification(
      "setCart", .anyone, "PUT", "/cart/{sku}", "Puts units in the cart, or (0) takes them out.",
      [
        sku,
        .required("quantity", .integer(0...ShopLimits.cartQuantityMax), "How many from now on."),
      ]
    ) { .shop(.setCart($0.text("sku"), quantity: $0.number("quantity"))) },
    CommandSpecification(
      "applyVoucher", .anyone, "PUT", "/cart-voucher", "Uses a voucher for the cart, or none.",
      [
        .optional(
          "code", text(ShopLimits.voucherCodeMax), "The voucher's code; null takes it out.")
      ]
    ) { .shop(.applyVoucher($0.string("code"))) },
    CommandSpecification(
      "checkout", .anyone, "POST", "/orders", "Orders what a hold keeps, or what is in the cart.",
      [.optional("hold", id, "The hold's id; without it the cart.")]
    ) { .shop(.checkout(hold: $0.integer("hold"))) },
    CommandSpecification(
      "releaseHold", .anyone, "DELETE", "/holds/{hold}", "Gives a held unit back.",
      [thing("hold")]
    ) { .shop(.releaseHold($0.number("hold"))) },
  ]

  private static let orders: [CommandSpecification] = [
    CommandSpecification(
      "cancelOrder", .anyone, "POST", "/orders/{order}/cancel",
      "Cancels one's own order before it is paid, or as host anybody's.", [thing("order")]
    ) { .shop(.cancelOrder($0.number("order"))) },
    CommandSpecification(
      "refundOrder", .host, "POST", "/orders/{order}/refund", "Asks the merchant for a refund.",
      [
        thing("order"),
        .optional("reason", text(ShopLimits.reasonMax), "For the merchant and the buyer."),
      ]
    ) { .shop(.refundOrder($0.number("order"), reason: $0.string("reason"))) },
    CommandSpecification(
      "shipOrder", .host, "POST", "/orders/{order}/ship", "Marks an order as shipped.",
      [thing("order")]
    ) { .shop(.shipOrder($0.number("order"))) },
  ]

  private static let code = CommandField.required(
    "code", text(ShopLimits.voucherCodeMax), "The voucher's code; case does not matter.")

  private static let vouchers: [CommandSpecification] = [
    CommandSpecification(
      "gift", .anyone, "POST", "/gifts", "Gives the host something, for coins of one's wallet.",
      [
        .required("gift", .string(1...ShopLimits.giftMax), "What is given."),
        .optional("count", .integer(1...ShopLimits.giftCountMax), "How many of it; else 1."),
      ]
    ) { .gift(id: $0.text("gift"), count: $0.integer("count") ?? 1) },
    CommandSpecification(
      "buyCoins", .anyone, "POST", "/coins", "Begins a purchase of coins.",
      [.required("pack", .string(1...ShopLimits.giftMax), "Which pack of coins.")]
    ) { .buyCoins(pack: $0.text("pack")) },
    CommandSpecification(
      "putVoucher", .host, "PUT", "/vouchers/{code}", "Makes a voucher, or changes it.",
      [
        code, .required("kind", words(VoucherDraft.Kind.self), "What it takes off."),
        .required(
          "value", .integer(1...ShopLimits.minorMax), "Per cent, or the smallest unit of money."),
        .optional("minimumMinor", amount, "What the cart must come to."),
        .optional("usesMax", .integer(1...EngineLimits.timeMsMax), "Orders it may be used in."),
        .optional(
          "perBuyer", .integer(1...Int64(ShopLimits.ordersMax)), "Orders of one buyer; else 1."),
        .optional("startsAtMs", moment, "Milliseconds since 1970, UTC."),
        .optional("endsAtMs", moment, "Milliseconds since 1970, UTC."),
      ]
    ) { .shop(.putVoucher(VoucherDraft($0))) },
    CommandSpecification(
      "removeVoucher", .host, "DELETE", "/vouchers/{code}", "Takes a voucher out of use.", [code]
    ) { .shop(.removeVoucher($0.text("code"))) },
  ]
}

extension ShopSettingsChange {
  fileprivate init(_ values: CommandValues) {
    self.init()
    currency = values.string("currency")
    isPaused = values.bool("paused")
    holdSeconds = values.integer("holdSeconds")
    merchant = values.string("merchant")
  }
}

extension ListingDraft {
  fileprivate init(_ values: CommandValues) {
    self.init(
      reference: values.text("reference"), title: values.text("title"),
      description: values.string("description"), images: values.strings("images") ?? [],
      url: values.string("url"), currency: values.text("currency"),
      variants: values.objects("variants").map { VariantDraft($0) })
  }
}

extension VariantDraft {
  fileprivate init(_ values: CommandValues) {
    self.init(
      sku: values.text("sku"), title: values.string("title"),
      priceMinor: values.number("priceMinor"), compareAtMinor: values.integer("compareAtMinor"),
      units: values.number("units"))
  }
}

extension DropDraft {
  fileprivate init(_ values: CommandValues) {
    self.init(
      sku: values.text("sku"), quantity: values.number("quantity"),
      priceMinor: values.number("priceMinor"),
      countdownSeconds: values.number("countdownSeconds"),
      durationSeconds: values.number("durationSeconds"),
      perBuyer: values.integer("perBuyer") ?? 1, mode: values.choice("mode") ?? .hold,
      start: values.choice("start") ?? .auto, holdSeconds: values.integer("holdSeconds"))
  }
}

extension LotDraft {
  fileprivate init(_ values: CommandValues) {
    var increments = values.pairs("increments").map {
      Increment(fromMinor: $0.0, stepMinor: $0.1)
    }
    if let step = values.integer("incrementMinor") {
      increments.insert(Increment(fromMinor: 0, stepMinor: step), at: 0)
    }
    self.init(
      sku: values.text("sku"), startMinor: values.number("startMinor"),
      reserveMinor: values.integer("reserveMinor"), increments: increments,
      durationSeconds: values.number("durationSeconds"), isSoft: values.bool("softClose") ?? true,
      softSeconds: values.integer("softSeconds") ?? 10,
      startsAfterSeconds: values.integer("startsAfterSeconds") ?? 0)
  }
}

extension VoucherDraft {
  fileprivate init(_ values: CommandValues) {
    self.init(
      code: values.text("code"), kind: values.choice("kind") ?? .amount,
      value: values.number("value"), minimumMinor: values.integer("minimumMinor"),
      usesMax: values.integer("usesMax"), perBuyer: values.integer("perBuyer") ?? 1,
      startsAtMs: values.integer("startsAtMs"), endsAtMs: values.integer("endsAtMs"))
  }
}
