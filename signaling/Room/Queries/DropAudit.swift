// Replays an exported log and holds its drops to their rules, and to what buyers were told.

package import Commerce
import JSON

/// Says what is wrong with the drops of a room, from its log and from what buyers saw.
///
/// The log is replayed event by event: the rules hold after each, and what a buyer was told at some event
/// is what the log makes of them there.
package struct DropAudit: Sendable {
  /// What one buyer was told.
  package struct Sight: Hashable, Sendable {
    /// A claim as the room told it.
    package struct Told: Hashable, Sendable {
      package let id: ShopID
      package let status: String
      package let position: Int64?
    }

    package let identity: String
    /// Claims that were acknowledged, with the units that were asked for.
    package let claimed: [ShopID: Int64]
    /// The event at which `holds` and `waiting` were told.
    package let cursor: Int64
    /// Units by hold.
    package let holds: [ShopID: Int64]
    package let waiting: [Told]
  }

  /// Why a log can't be audited.
  package struct Refusal: Error, Hashable, Sendable {
    package let text: String
  }

  /// What the log came to.
  package struct Report: Hashable, Sendable {
    package var events = 0
    package var claims = 0
    /// Holds of units that others had held before.
    package var handedOn = 0
    package var buyers = 0
    /// Of all drops, at the end of the log.
    package var held: Int64 = 0
    package var sold: Int64 = 0
    package var waiting = 0
    /// The most units of one drop that were held or sold at any event.
    package var takenMost: Int64 = 0
    package var complaintCount = 0
    /// The first of them.
    package var complaints: [String] = []
  }

  private var entries: [SequencedEvent] = []
  private var people: [String: PersonID] = [:]
  private var sights: [Sight] = []
  private var state = RoomState()
  private var report = Report()
  private var countedAt: Int64 = 0
  private var claimsOf: [PersonID: [ShopID: ClaimedEvent]] = [:]

  /// Complaints that are told in words.
  private static let complaintsMax = 20
  /// Events between two complete counts, which are slow.
  private static let eventsEach: Int64 = 250

  /// Nothing is read yet.
  package init() {}

  // MARK: Reading

  /// Takes the next line of the log, without its line feed.
  package mutating func take(log line: [UInt8]) throws(Refusal) {
    try read(line) { audit, fields in
      switch try fields.string("type") {
      case "event": try audit.takeEvent(fields)
      case "person":
        let person = try fields.int("person", in: 0...Int64(UInt32.max))
        guard let identity = try fields.optionalString("identity") else { return }
        audit.people[identity] = PersonID(UInt32(person))
      default: break
      }
    }
  }

  private mutating func takeEvent(_ fields: JSONFields) throws {
    let sequence = try fields.int("sequence")
    guard sequence == Int64(entries.count) + 1 else {
      throw Refusal(text: "event \(sequence) follows event \(entries.count)")
    }
    entries.append(
      SequencedEvent(
        sequence: sequence, atMs: try fields.int("atMs"),
        mediaTimeMs: try fields.optionalInt("mediaTimeMs"),
        actor: PersonID(UInt32(try fields.int("actor", in: 0...Int64(UInt32.max)))),
        event: RoomEvent(
          kind: try fields.string("kind"), body: try fields.fields("body").object)))
  }

  /// Takes the next line of what buyers were told: `{"identity", "claimed": [{"claim", "quantity"}],
  /// "cursor", "holds": [{"id", "quantity"}], "claims": [{"id", "status", "position"}]}`.
  package mutating func take(sight line: [UInt8]) throws(Refusal) {
    try read(line) { audit, fields in
      let claimed = try fields.fieldsArray("claimed").map {
        (try $0.int("claim"), try $0.int("quantity"))
      }
      let holds = try fields.fieldsArray("holds").map {
        (try $0.int("id"), try $0.int("quantity"))
      }
      audit.sights.append(
        Sight(
          identity: try fields.string("identity"),
          claimed: Dictionary(claimed) { first, _ in first }, cursor: try fields.int("cursor"),
          holds: Dictionary(holds) { first, _ in first },
          waiting: try fields.fieldsArray("claims").map {
            Sight.Told(
              id: try $0.int("id"), status: try $0.string("status"),
              position: try $0.optionalInt("position"))
          }))
    }
  }

  private mutating func read(
    _ line: [UInt8], _ body: (inout DropAudit, JSONFields) throws -> Void
  ) throws(Refusal) {
    guard !line.isEmpty else { return }
    guard let value = try? JSONValue.parse(line), case .object(let object) = value else {
      throw Refusal(text: "a line is not a JSON object")
    }
    do {
      try body(&self, JSONFields(object))
    } catch let error as JSONMismatch {
      throw Refusal(text: error.text)
    } catch {
      throw error as? Refusal ?? Refusal(text: "a line can't be read")
    }
  }

  // MARK: Judging

  /// Replays everything that was taken.
  package mutating func judge() -> Report {
    report.buyers = sights.count
    sights.sort { $0.cursor < $1.cursor }
    var next = 0
    for (index, entry) in entries.enumerated() {
      replay(entry)
      // The rules hold between decisions, and the events of one have one time.
      if index + 1 == entries.count || entries[index + 1].atMs != entry.atMs { checkIdle() }
      while next < sights.count, sights[next].cursor <= entry.sequence {
        compare(sights[next])
        next += 1
      }
    }
    for sight in sights[next...] {
      complain("\(sight.identity) was told of event \(sight.cursor), which is not in the log")
    }
    count()
    for sight in sights { checkClaims(of: sight) }
    for drop in state.shop.drops {
      report.held += drop.held
      report.sold += drop.sold
      report.waiting += drop.waiting
    }
    report.events = entries.count
    if state.ignoredCount > 0 { complain("\(state.ignoredCount) events have no meaning") }
    return report
  }

  private mutating func complain(_ text: String) {
    report.complaintCount += 1
    if report.complaints.count < DropAudit.complaintsMax { report.complaints.append(text) }
  }

  private mutating func replay(_ entry: SequencedEvent) {
    checkAwaited(entry)
    state.apply(entry)
    guard case .shop(let event) = entry.event else { return }
    switch event {
    case .claimed(let claim):
      report.claims += 1
      claimsOf[entry.actor, default: [:]][entry.sequence] = claim
    case .holdMade: report.handedOn += 1
    default: break
    }
    for drop in state.shop.drops {
      let taken = drop.held + drop.sold
      report.takenMost = max(report.takenMost, taken)
      if taken > drop.quantity {
        complain("drop \(drop.id): \(taken) of \(drop.quantity) at event \(entry.sequence)")
      }
    }
  }

  /// While units wait for a merchant none takes orders: an order, or a unit that is handed on, says that
  /// they wait for nothing.
  private mutating func checkAwaited(_ entry: SequencedEvent) {
    guard state.shop.awaitsMerchant, case .shop(let event) = entry.event else { return }
    let isContrary =
      switch event {
      case .orderMade, .holdMade: true
      // The winner is told without a merchant, too.
      case .lotAwarded(let lot, _, _, _): state.shop.lot(lot)?.stage == .sold
      default: false
      }
    guard isContrary else { return }
    complain("\(event.kind) at event \(entry.sequence), while units wait for a merchant")
  }

  /// No unit is free while somebody waits for one, but in a pause or while no merchant takes orders.
  private mutating func checkIdle() {
    let mayWait = state.shop.settings.isPaused || state.shop.awaitsMerchant
    for drop in state.shop.drops where !mayWait && (drop.stage == .open || drop.stage == .ended) {
      if drop.mode == .hold, drop.waiting > 0, drop.free > 0 {
        complain("drop \(drop.id): \(drop.free) are free and somebody waits, at \(state.sequence)")
      }
    }
    if state.sequence - countedAt >= DropAudit.eventsEach { count() }
  }

  /// Everything counted anew.
  private mutating func count() {
    countedAt = state.sequence
    for text in state.shop.violations() { complain("\(text), at event \(state.sequence)") }
  }

  /// What a buyer was told, against what the log makes of them at that event.
  private mutating func compare(_ sight: Sight) {
    let shop = state.shop
    let person = people[sight.identity] ?? .server
    let holds = shop.buyers[person.buyer]?.holds ?? []
    let held = Dictionary(
      uniqueKeysWithValues: holds.compactMap { id in shop.holds[id].map { (id, $0.quantity) } })
    if held != sight.holds {
      complain("\(sight.identity) was told of holds \(sight.holds), the log has \(held)")
    }
    let waiting = shop.drops.flatMap { drop in
      drop.claims(of: person.buyer).map { id in
        Sight.Told(
          id: id, status: drop.stage == .window ? "pending" : "waiting",
          position: drop.position(of: id).map { Int64($0) + 1 })
      }
    }
    if Set(waiting) != Set(sight.waiting) {
      complain("\(sight.identity) was told of claims \(sight.waiting), the log has \(waiting)")
    }
  }

  /// Each acknowledged claim is in the log, once and as it was asked for, and there is no other.
  private mutating func checkClaims(of sight: Sight) {
    let logged = people[sight.identity].flatMap { claimsOf[$0] } ?? [:]
    for (claim, quantity) in sight.claimed where logged[claim]?.quantity != quantity {
      complain("\(sight.identity)'s claim \(claim) was acknowledged and is not in the log")
    }
    if logged.count != sight.claimed.count {
      complain(
        "\(sight.identity) has \(logged.count) claims in the log, \(sight.claimed.count) acknowledged"
      )
    }
  }
}
