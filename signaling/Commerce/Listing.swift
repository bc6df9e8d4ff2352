// What a room offers: listings with their variants, pins, and vouchers.

/// A product offered in a room.
package struct Listing: Hashable, Sendable {
  package let id: ShopID
  /// The merchant's name for it.
  package internal(set) var reference: String
  package internal(set) var title: String
  package internal(set) var description: String?
  package internal(set) var images: [String]
  package internal(set) var url: String?
  package internal(set) var variants: [Variant]

  init(id: ShopID, _ draft: ListingDraft) {
    self.id = id
    reference = draft.reference
    title = draft.title
    description = draft.description
    images = draft.images
    url = draft.url
    variants = draft.variants.map { Variant($0) }
  }

  /// The variant of that SKU.
  package func variant(_ sku: SKU) -> Variant? { variants.first { $0.sku == sku } }
}

/// One kind of unit of a product; its units stand in the stock book.
package struct Variant: Hashable, Sendable {
  package let sku: SKU
  package let title: String?
  package internal(set) var priceMinor: Minor
  package let compareAtMinor: Minor?

  init(_ draft: VariantDraft) {
    sku = draft.sku
    title = draft.title
    priceMinor = draft.priceMinor
    compareAtMinor = draft.compareAtMinor
  }

  init(sku: SKU, title: String?, priceMinor: Minor, compareAtMinor: Minor?) {
    self.sku = sku
    self.title = title
    self.priceMinor = priceMinor
    self.compareAtMinor = compareAtMinor
  }
}

/// A listing on screen, now or before.
package struct Pin: Hashable, Sendable {
  package let id: ShopID
  package let slot: Int64
  package let listing: ShopID
  package let atMs: Int64
  package let mediaTimeMs: Int64?
  /// When it was taken away; nil while it is on screen.
  package internal(set) var endedAtMs: Int64?
}

/// A code that takes something off a cart's sum.
package struct Voucher: Hashable, Sendable {
  /// The event that made it: one removed and put again under its code is another.
  let id: ShopID
  package internal(set) var draft: VoucherDraft
  /// Orders that use it and have not come to nothing.
  package internal(set) var uses: Int64 = 0
  var usesBy = SortedTable<BuyerID, Int64>()

  init(id: ShopID, _ draft: VoucherDraft) {
    self.id = id
    self.draft = draft
  }

  /// What it takes off a sum, 0…sum.
  func discount(ofMinor sum: Minor) -> Minor {
    switch draft.kind {
    // A sum is at most 1e13, so this fits.
    case .percent: sum * min(max(draft.value, 0), 100) / 100
    case .amount: min(max(draft.value, 0), sum)
    }
  }

  /// One order more or less uses it.
  mutating func count(_ buyer: BuyerID, by change: Int64) {
    uses = max(0, uses + change)
    let own = max(0, (usesBy[buyer] ?? 0) + change)
    usesBy[buyer] = own == 0 ? nil : own
  }
}
