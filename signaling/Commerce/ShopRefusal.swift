// Why a shop refuses a command: a name for programs and a sentence for people.

/// A refused command; nothing has changed.
package struct ShopRefusal: Error, Hashable, Sendable {
  /// What stands in the way; the raw value is on the wire.
  package enum Code: String, Hashable, Sendable, CaseIterable {
    /// A text or a number out of its range.
    case badField = "bad-field"
    /// Not the room's currency.
    case wrongCurrency = "wrong-currency"
    case unknownListing = "unknown-listing"
    case unknownSKU = "unknown-sku"
    case unknownDrop = "unknown-drop"
    case unknownLot = "unknown-lot"
    case unknownHold = "unknown-hold"
    case unknownOrder = "unknown-order"
    case unknownVoucher = "unknown-voucher"
    case unknownGift = "unknown-gift"
    /// A SKU of another listing.
    case skuTaken = "sku-taken"
    /// Fewer units than are held and sold.
    case unitsCommitted = "units-committed"
    /// No unit is free.
    case soldOut = "sold-out"
    /// The buyer has as many as one may have.
    case limitPerBuyer = "limit-per-buyer"
    /// The host has paused all sales.
    case salesPaused = "sales-paused"
    /// A hold that is over.
    case holdExpired = "hold-expired"
    /// A bid below the least that counts.
    case bidTooLow = "bid-too-low"
    /// The rule does not let this member in.
    case notEligible = "not-eligible"
    /// A voucher that does not apply (window, minimum, uses); the text says which.
    case voucherInvalid = "voucher-invalid"
    /// Nothing to check out.
    case emptyCart = "empty-cart"
    /// No merchant is configured that could take an order.
    case noCheckout = "no-checkout"
    /// The wallet holds less.
    case insufficientCoins = "insufficient-coins"
    /// The thing takes no more.
    case closed
    /// The state of the thing does not allow it.
    case wrongState = "wrong-state"
    /// Something is full; the text names it.
    case limit

    /// The status of the REST reply (RFC 9110 section 15).
    package var status: Int {
      switch self {
      case .unknownListing, .unknownSKU, .unknownDrop, .unknownLot, .unknownHold, .unknownOrder,
        .unknownVoucher, .unknownGift:
        404
      case .notEligible: 403
      case .badField, .wrongCurrency, .voucherInvalid, .emptyCart: 422
      case .skuTaken, .unitsCommitted, .soldOut, .limitPerBuyer, .salesPaused, .holdExpired,
        .bidTooLow, .noCheckout, .insufficientCoins, .closed, .wrongState, .limit:
        409
      }
    }
  }

  package let code: Code
  /// English, for developers; holds nothing another member wrote.
  package let text: String

  package init(_ code: Code, _ text: String) {
    self.code = code
    self.text = text
  }
}
