// How often one member may do things: judged in memory, forgotten with the house.

/// The recent doings of a room's members.
package struct Admission: Sendable {
  /// What is rationed on its own.
  enum Kind: Hashable, Sendable { case chat, reaction, vote, claim, cart, order, caption }

  /// A leaky bucket: how full it is and when that was.
  private struct Bucket {
    var level = 0.0
    var atMs: Int64 = 0

    /// Pours in; nil, or the milliseconds until it would fit.
    mutating func pour(_ amount: Double, capacity: Double, perMs: Double, at now: Int64) -> Int64? {
      // A clock that was set back costs nobody anything.
      level = max(0, level - Double(max(0, now - atMs)) * perMs)
      atMs = now
      guard level + amount > capacity else {
        level += amount
        return nil
      }
      return Int64(((level + amount - capacity) / perMs).rounded(.up))
    }
  }

  private struct Doings {
    var chat = Bucket()
    var reaction = Bucket()
    var vote = Bucket()
    var claim = Bucket()
    var cart = Bucket()
    var order = Bucket()
    var caption = Bucket()
    /// Own messages, newest last.
    var said: [(text: String, atMs: Int64)] = []
    var lastMs: Int64 = 0
  }

  private var members: [String: Doings] = [:]

  /// Nobody has done anything.
  package init() {}

  /// Counts what a member is about to do.
  ///
  /// - Throws: `rate` with the time to wait.
  mutating func admit(
    _ kind: Kind, _ amount: Double = 1, of identity: String, isStaff: Bool, at atMs: Int64
  ) throws(CommandRefusal) {
    makeRoom(for: identity)
    let factor = isStaff ? HouseLimits.staffFactor : 1
    var doings = members[identity] ?? Doings()
    doings.lastMs = atMs
    let waitMs: Int64?
    switch kind {
    case .chat:
      waitMs = doings.chat.pour(
        amount, capacity: HouseLimits.chatBurst * factor, perMs: factor / HouseLimits.chatMs,
        at: atMs)
    case .reaction:
      waitMs = doings.reaction.pour(
        amount, capacity: HouseLimits.reactionsPerSecond * factor,
        perMs: HouseLimits.reactionsPerSecond * factor / 1000, at: atMs)
    case .vote:
      waitMs = doings.vote.pour(
        amount, capacity: HouseLimits.votesPerSecond * factor,
        perMs: HouseLimits.votesPerSecond * factor / 1000, at: atMs)
    case .claim:
      waitMs = doings.claim.pour(
        amount, capacity: HouseLimits.claimsPerSecond, perMs: HouseLimits.claimsPerSecond / 1000,
        at: atMs)
    case .cart:
      waitMs = doings.cart.pour(
        amount, capacity: HouseLimits.cartsPerSecond * factor,
        perMs: HouseLimits.cartsPerSecond * factor / 1000, at: atMs)
    case .order:
      waitMs = doings.order.pour(
        amount, capacity: HouseLimits.orderBurst, perMs: 1 / HouseLimits.orderMs, at: atMs)
    case .caption:
      waitMs = doings.caption.pour(
        amount, capacity: HouseLimits.captionBurst, perMs: HouseLimits.captionsPerSecond / 1000,
        at: atMs)
    }
    members[identity] = doings
    if let waitMs { throw CommandRefusal(.rate, "too often", retryAfterMs: waitMs) }
  }

  /// Refuses what the member has just said.
  func checkDuplicate(
    _ text: String, of identity: String, at atMs: Int64
  ) throws(CommandRefusal) {
    guard let said = members[identity]?.said else { return }
    for old in said where old.text == text && atMs - old.atMs < HouseLimits.duplicateMs {
      throw CommandRefusal(
        .duplicate, "you have just said this",
        retryAfterMs: min(HouseLimits.duplicateMs, HouseLimits.duplicateMs - (atMs - old.atMs)))
    }
  }

  /// Remembers what was said.
  mutating func note(_ text: String, of identity: String, at atMs: Int64) {
    members[identity, default: Doings()].said.append((text, atMs))
    if let count = members[identity]?.said.count, count > HouseLimits.duplicatesMax {
      members[identity]?.said.removeFirst()
    }
  }

  /// Forgets the idler half when the table is full.
  private mutating func makeRoom(for identity: String) {
    guard members.count >= HouseLimits.membersMax, members[identity] == nil else { return }
    let times = members.values.map(\.lastMs).sorted()
    let middle = times[times.count / 2]
    members = members.filter { $0.value.lastMs > middle }
  }

  /// Forgets what a person did.
  mutating func erase(_ identity: String) { members[identity] = nil }
}
