// What goes into a shop's decision besides its state, and what comes out of it.

/// By whom and when a command is given: with the state and the command, all that decides.
package struct ShopContext: Hashable, Sendable {
  package var buyer: BuyerID
  /// Whether the buyer belongs to the room's staff: then no claims and no bids.
  package var isStaff: Bool
  /// Whether the buyer is a host of the room: what is others' own, only hosts may end.
  package var isHost: Bool
  /// The server's wall clock, milliseconds since 1970; never before that of the last event.
  package var atMs: Int64
  /// How late the buyer sees the show, as the server measured it: taken off when claims and bids are
  /// put in order. 0…`ShopLimits.windowMsMax`.
  package var delayMs: Int64
  /// How late the slowest audience admitted now sees it: how long an opening window lasts, and an
  /// auction waits for late bids. `ShopLimits.windowMsMin`…`windowMsMax`.
  package var windowMs: Int64
  /// `ShopLimits.seedByteCount` random bytes for `scheduleDrop`; may be empty for all else.
  package var seed: [UInt8]
  /// Whether a merchant takes this room's orders.
  package var hasMerchant: Bool
  /// Whether the merchant is asked for units, and gives them.
  package var reservesStock: Bool
  /// Who takes an order that is made now; nil: nobody, or it is not known.
  package var merchant: String?
  package init(
    buyer: BuyerID, isStaff: Bool, isHost: Bool = false, atMs: Int64, delayMs: Int64 = 0,
    windowMs: Int64 = ShopLimits.windowMsMin, seed: [UInt8] = [], hasMerchant: Bool = true,
    reservesStock: Bool = false
  ) {
    self.buyer = buyer
    self.isStaff = isStaff
    self.isHost = isHost
    self.atMs = atMs
    self.delayMs = delayMs
    self.windowMs = windowMs
    self.seed = seed
    self.hasMerchant = hasMerchant
    self.reservesStock = reservesStock
  }
}

/// Where an event stands in the room's log.
package struct ShopPlace: Hashable, Sendable {
  package var sequence: Int64
  /// Milliseconds since 1970.
  package var atMs: Int64
  package var mediaTimeMs: Int64?
  /// Who did it.
  package var buyer: BuyerID
  package init(sequence: Int64, atMs: Int64, mediaTimeMs: Int64? = nil, buyer: BuyerID) {
    self.sequence = sequence
    self.atMs = atMs
    self.mediaTimeMs = mediaTimeMs
    self.buyer = buyer
  }
}

/// What one accepted command comes to: events that follow each other in the log.
///
/// An event names things made by earlier events of the same decision by their sequence numbers, so
/// `Shop.decide` is told the number of the first.
package struct ShopDecision: Hashable, Sendable {
  /// In order; who did it is the context's buyer unless the event says otherwise.
  package var events: [ShopEvent] = []
  /// What the command made: the listing, drop, lot, claim, bid, order or pin.
  package var made: ShopID?
  /// The events record that what was asked is refused (a merchant's report that does not fit).
  package var refusal: ShopRefusal?
  package init() {}
}
