// Why a room refuses a command: a name for programs and a sentence for people.

package import Commerce

/// A refused command; nothing has changed.
package struct CommandRefusal: Error, Hashable, Sendable {
  /// What stands in the way; the raw value is on the wire.
  package enum Code: String, Hashable, Sendable, CaseIterable {
    /// The role does not allow it.
    case forbidden
    /// The member is banned from the room.
    case banned
    case roomEnded = "room-ended"
    /// The member may not write, until a moderator says otherwise.
    case muted
    /// The member may not write for some time.
    case timedOut = "timed-out"
    /// The chat's mode does not let this member write.
    case chatClosed = "chat-closed"
    /// Slow mode: too soon after the last message.
    case slow
    /// A text the chat's rules don't let through.
    case filtered
    /// The same text again.
    case duplicate
    /// Too often.
    case rate
    /// A text or a number out of its range.
    case badField = "bad-field"
    case unknownMember = "unknown-member"
    case unknownMessage = "unknown-message"
    case unknownPoll = "unknown-poll"
    case unknownQuestion = "unknown-question"
    case unknownGiveaway = "unknown-giveaway"
    /// A chat command that does not exist.
    case unknownCommand = "unknown-command"
    /// The poll or giveaway takes no more.
    case closed
    /// The poll does not let a vote be changed.
    case alreadyVoted = "already-voted"
    /// The giveaway's rule does not let this member in.
    case notEligible = "not-eligible"
    /// A draw without entries.
    case noEntries = "no-entries"
    /// Nobody has invited this member, or no longer.
    case notInvited = "not-invited"
    /// The state of the thing does not allow it.
    case wrongState = "wrong-state"
    /// Something is full; the text names it.
    case limit
    /// The same key was used with other parameters.
    case idempotencyMismatch = "idempotency-mismatch"
    // The shop's, as `ShopRefusal.Code` explains them.
    case wrongCurrency = "wrong-currency"
    case unknownListing = "unknown-listing"
    case unknownSKU = "unknown-sku"
    case unknownDrop = "unknown-drop"
    case unknownLot = "unknown-lot"
    case unknownHold = "unknown-hold"
    case unknownOrder = "unknown-order"
    case unknownVoucher = "unknown-voucher"
    case unknownGift = "unknown-gift"
    /// The pin is not shown any more.
    case unknownPin = "unknown-pin"
    case skuTaken = "sku-taken"
    case unitsCommitted = "units-committed"
    case soldOut = "sold-out"
    case limitPerBuyer = "limit-per-buyer"
    case salesPaused = "sales-paused"
    case holdExpired = "hold-expired"
    case bidTooLow = "bid-too-low"
    case voucherInvalid = "voucher-invalid"
    case emptyCart = "empty-cart"
    case noCheckout = "no-checkout"
    case insufficientCoins = "insufficient-coins"
    /// The disk could not be written or read; nothing was done, unless it was done before under this key.
    case overloaded

    /// The status of the REST reply (RFC 9110 section 15).
    package var status: Int {
      switch self {
      case .forbidden, .banned, .muted, .timedOut, .chatClosed, .notEligible, .notInvited: 403
      case .unknownMember, .unknownMessage, .unknownPoll, .unknownQuestion, .unknownGiveaway,
        .unknownListing, .unknownSKU, .unknownDrop, .unknownLot, .unknownHold, .unknownOrder,
        .unknownVoucher, .unknownGift, .unknownPin:
        404
      case .roomEnded, .closed, .alreadyVoted, .noEntries, .wrongState, .limit, .skuTaken,
        .unitsCommitted, .soldOut, .limitPerBuyer, .salesPaused, .holdExpired, .bidTooLow,
        .noCheckout, .insufficientCoins:
        409
      case .filtered, .badField, .unknownCommand, .idempotencyMismatch, .wrongCurrency,
        .voucherInvalid, .emptyCart:
        422
      case .duplicate, .rate, .slow: 429
      case .overloaded: 503
      }
    }
  }

  package let code: Code
  /// English, for developers; holds nothing another member wrote.
  package let text: String
  /// When it may be tried again, in milliseconds; nil where that does not help.
  package let retryAfterMs: Int64?

  package init(_ code: Code, _ text: String, retryAfterMs: Int64? = nil) {
    self.code = code
    self.text = text
    self.retryAfterMs = retryAfterMs
  }

  /// The shop's refusal as the room's: the same name, the same status.
  package init(_ refusal: ShopRefusal) {
    self.init(Code(rawValue: refusal.code.rawValue) ?? .wrongState, refusal.text)
  }
}
