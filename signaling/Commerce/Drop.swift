// A drop: units that come out at one moment, who claimed them and who waits.

/// One drop.
package struct Drop: Hashable, Sendable {
  /// Where it stands.
  package enum Stage: String, Hashable, Sendable, CaseIterable {
    /// Counting down, or waiting to be started.
    case scheduled
    /// Claims are collected and put in order when it is over.
    case window
    /// First come, first served.
    case open
    case ended
  }

  package let id: ShopID
  package let sku: SKU
  package let quantity: Int64
  package let priceMinor: Minor
  package let countdownSeconds: Int64
  package let durationSeconds: Int64
  package let perBuyer: Int64
  package let mode: DropDraft.Mode
  package let holdSeconds: Int64
  package let commitment: [UInt8]
  /// Never shown before the decision.
  var secret: [UInt8]
  package internal(set) var stage = Stage.scheduled
  /// When the countdown ends; nil before a manual start.
  package internal(set) var startsAtMs: Int64?
  package internal(set) var openedAtMs: Int64?
  package internal(set) var windowMs: Int64 = 0
  package internal(set) var endsAtMs: Int64?
  package internal(set) var endedBy: DropEnd?
  /// The seed, once the window's claims are decided.
  package internal(set) var seed: [UInt8]?
  /// Nothing can come free any more.
  package internal(set) var isSettled = false
  /// Units that nobody holds. With `held` and `sold` never more than `quantity`.
  package internal(set) var free: Int64
  package internal(set) var held: Int64 = 0
  package internal(set) var sold: Int64 = 0
  /// Claims that wait or are not decided; in a drop of first payers those that may pay.
  package internal(set) var claims = SortedTable<ShopID, Claim>()
  /// Who waits, in order.
  var waitlist = SortedTable<Int64, ShopID>()
  /// How often anybody was put on the waitlist.
  var rankLast: Int64 = 0
  var claimants = SortedTable<BuyerID, Claimant>()

  init(id: ShopID, _ event: DropScheduledEvent) {
    self.id = id
    sku = event.sku
    quantity = event.quantity
    priceMinor = event.priceMinor
    countdownSeconds = event.countdownSeconds
    durationSeconds = event.durationSeconds
    perBuyer = event.perBuyer
    mode = event.mode
    holdSeconds = event.holdSeconds
    commitment = event.commitment
    secret = event.secret
    startsAtMs = event.startsAtMs
    free = event.quantity
  }

  /// How many buyers' claims wait for a unit.
  package var waiting: Int { waitlist.count }

  /// How many claims stand before this one on the waitlist; nil when it does not wait. From 0.
  package func position(of claim: ShopID) -> Int? {
    claims[claim]?.rank.flatMap { waitlist.rank(of: $0) }
  }

  /// Whether a unit that comes back is for the drop: it takes claims, or somebody waits.
  var takesBack: Bool { !isSettled && (stage == .open || !waitlist.isEmpty) }

  /// Whether units can be handed on: somebody waits, and one is free.
  var canHandOn: Bool {
    mode == .hold && (stage == .open || stage == .ended) && free > 0 && !waitlist.isEmpty
  }

  /// The buyer's claims that hold nothing yet, oldest first.
  package func claims(of buyer: BuyerID) -> [ShopID] { claimants[buyer]?.claims ?? [] }

  /// Units the buyer has, waits for or may pay for: never more than `perBuyer`.
  package func taken(by buyer: BuyerID) -> Int64 { claimants[buyer]?.taken ?? 0 }

  /// When the opening window is over.
  package var decidesAtMs: Int64? { openedAtMs.map { $0 + windowMs } }

  /// When something happens by itself; nobody is given a hold that can't be paid: in a pause, or
  /// (`isPayable`) while no merchant takes orders.
  func nextDueMs(isPaused: Bool, isPayable: Bool) -> Int64? {
    if canHandOn, isPayable { return 0 }
    return switch stage {
    case .scheduled: startsAtMs
    case .window: isPaused ? nil : decidesAtMs
    case .open: endsAtMs
    case .ended: nil
    }
  }
}

/// A buyer's wish for units of a drop.
package struct Claim: Hashable, Sendable {
  package let buyer: BuyerID
  /// Units it still waits for or may pay for.
  package internal(set) var quantity: Int64
  package let adjustedMs: Int64
  /// Its place among those that ever waited; nil before the decision.
  var rank: Int64?
  /// The open order of a right to buy.
  var order: ShopID?
}

/// One buyer's part in a drop.
struct Claimant: Hashable, Sendable {
  var taken: Int64 = 0
  var claims: [ShopID] = []
}

extension SortedTable where Key == BuyerID, Value == Claimant {
  /// Changes a buyer's part, and forgets who has none left.
  mutating func change(_ buyer: BuyerID, _ change: (inout Claimant) -> Void) {
    var claimant = self[buyer] ?? Claimant()
    change(&claimant)
    self[buyer] = claimant == Claimant() ? nil : claimant
  }
}
