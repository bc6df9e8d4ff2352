// An auction: bids up to a maximum, the price they come to, and who is asked to pay.

/// One lot: one unit, sold to the highest bidder.
package struct Lot: Hashable, Sendable {
  /// Where it stands.
  package enum Stage: String, Hashable, Sendable, CaseIterable {
    /// Pre-bids are taken.
    case upcoming
    case open
    /// Only bids made before the end still count.
    case closing
    /// A bidder holds or has paid the unit.
    case sold
    case unsold, cancelled
  }
  /// Where its unit is.
  enum Unit: String, Hashable, Sendable { case reserved, held, sold, gone }

  package let id: ShopID
  package let sku: SKU
  package let startMinor: Minor
  /// Never shown; whether it is met is.
  let reserveMinor: Minor?
  package let increments: [LotDraft.Increment]
  package let isSoft: Bool
  package let softSeconds: Int64
  package let holdSeconds: Int64
  package let startsAtMs: Int64
  package internal(set) var endsAtMs: Int64
  /// Until when late bids count, while closing.
  package internal(set) var closesAtMs: Int64?
  package internal(set) var stage: Stage
  /// What the leader would pay.
  package internal(set) var priceMinor: Minor
  /// How often it was prolonged because its end came while no process ran for it.
  package internal(set) var prolongedCount: Int64 = 0
  /// How many bids were made.
  package internal(set) var bidCount: Int64 = 0
  /// Who got it, once sold.
  package internal(set) var winner: BuyerID?
  /// Bidders who were asked to pay, in order.
  package internal(set) var asked: [BuyerID] = []
  /// The host has closed it: late bids don't prolong it.
  var isFinal = false
  var unit = Unit.reserved
  var bids = SortedTable<BuyerID, Bid>()
  /// The best first.
  var ranking = SortedTable<Bid, BuyerID>()

  init(id: ShopID, _ event: LotOpenedEvent, at atMs: Int64) {
    self.id = id
    sku = event.sku
    startMinor = event.startMinor
    reserveMinor = event.reserveMinor
    increments = event.increments
    isSoft = event.isSoft
    softSeconds = event.softSeconds
    holdSeconds = event.holdSeconds
    startsAtMs = event.startsAtMs
    endsAtMs = event.endsAtMs
    stage = event.startsAtMs > atMs ? .upcoming : .open
    priceMinor = event.startMinor
  }

  /// Whether it takes bids, or will.
  package var isLive: Bool { stage == .upcoming || stage == .open || stage == .closing }

  /// Who leads; nobody is shown before the start.
  package var leader: BuyerID? { stage == .upcoming ? nil : ranking.first?.value }

  /// Whether the reserve is met, or there is none.
  package var isReserveMet: Bool {
    guard let reserveMinor else { return true }
    return stage != .upcoming && (ranking.first?.key.maxMinor ?? 0) >= reserveMinor
  }

  /// The least amount of the next bid of anyone but the leader.
  package var nextMinor: Minor {
    bids.isEmpty || stage == .upcoming ? startMinor : priceMinor + step(from: priceMinor)
  }

  /// Up to where the server bids for this buyer; for the buyer's eyes only.
  package func maxMinor(of buyer: BuyerID) -> Minor? { bids[buyer]?.maxMinor }

  /// The increment at a price.
  func step(from price: Minor) -> Minor {
    let step = increments.last { $0.fromMinor <= price } ?? increments.first
    return max(1, step?.stepMinor ?? 1)
  }

  /// Whether the next bidder is to be asked: the winner has not paid, and something kept the next from it.
  var canHandOn: Bool { stage == .sold && unit == .reserved && next != nil }

  /// Whether the unit is nobody's any more: the winner has not paid, and nobody is next.
  var isLetGo: Bool { stage == .sold && unit == .reserved && next == nil }

  /// When something happens by itself; in a pause nobody is asked to pay, and while no merchant takes
  /// orders (`isPayable`) nobody after the winner is.
  func nextDueMs(isPaused: Bool, isPayable: Bool) -> Int64? {
    switch stage {
    case .upcoming: startsAtMs
    case .open: endsAtMs
    case .closing: isPaused ? nil : closesAtMs
    case .sold: canHandOn && isPayable || isLetGo && !isPaused ? 0 : nil
    case .unsold, .cancelled: nil
    }
  }
}

/// A buyer's maximum; the higher, then the earlier one comes first.
struct Bid: Hashable, Comparable, Sendable {
  var maxMinor: Minor
  var adjustedMs: Int64
  var sequence: ShopID

  static func < (a: Bid, b: Bid) -> Bool {
    if a.maxMinor != b.maxMinor { return a.maxMinor > b.maxMinor }
    return (a.adjustedMs, a.sequence) < (b.adjustedMs, b.sequence)
  }
}
