// What goes into a decision besides the state, and what comes out of it.

package import Access
import Commerce

/// Who gives a command.
package struct Actor: Hashable, Sendable {
  package var person: PersonID
  /// The token's role; the room may have given another.
  package var role: Role
  package var device: DeviceHint?
  /// Whether the member follows the host by another room; this room's own follows are in its state.
  package var isFollower: Bool
  package var isSubscriber: Bool
  /// What stands for the identity in a ban; may be nil where no ban has one.
  package var mark: IdentityMark?
  package init(
    person: PersonID, role: Role, device: DeviceHint? = nil, isFollower: Bool = false,
    isSubscriber: Bool = false, mark: IdentityMark? = nil
  ) {
    self.person = person
    self.role = role
    self.device = device
    self.isFollower = isFollower
    self.isSubscriber = isSubscriber
    self.mark = mark
  }

  /// The server itself.
  package static let server = Actor(person: .server, role: .service)
}

/// By whom and when a command is given: with the state and the command, all that decides.
package struct CommandContext: Hashable, Sendable {
  package var actor: Actor
  /// The server's wall clock, milliseconds since 1970.
  package var atMs: Int64
  /// The media time the host's page showed; one out of bounds counts as none.
  package var mediaTimeMs: Int64?
  /// `EngineLimits.seedByteCount` random bytes for a giveaway or a drop; may be empty for all else.
  package var seed: [UInt8]
  /// How late the actor and the slowest audience see the show (`ShopContext`).
  package var delayMs: Int64 = 0
  package var windowMs: Int64 = ShopLimits.windowMsMin
  /// Whether the room's merchant is asked for units (`ShopContext`).
  package var reservesStock = false
  /// Who takes an order that is made now.
  package var merchant: String?
  /// Whether a merchant takes this room's orders now (`ShopContext`).
  package var hasMerchant = true
  /// Whether the room's shop sees messages before others do.
  package var isReviewed: Bool
  package init(
    actor: Actor, atMs: Int64, mediaTimeMs: Int64? = nil, seed: [UInt8] = [],
    isReviewed: Bool = false
  ) {
    self.actor = actor
    self.atMs = atMs
    self.mediaTimeMs = mediaTimeMs
    self.seed = seed
    self.isReviewed = isReviewed
  }
}

/// A text that a decision brings into the room.
package struct NewText: Hashable, Sendable {
  package let id: TextID
  package let author: PersonID
  package let body: String
  package init(id: TextID, author: PersonID, body: String) {
    self.id = id
    self.author = author
    self.body = body
  }
}

/// What one accepted command comes to. Without events nothing changes: what was wanted is so already.
package struct Decision: Hashable, Sendable {
  package var events: [SequencedEvent] = []
  package var texts: [NewText] = []
  /// What the command made: the message, poll, question, giveaway, or a thing of the shop's.
  package var made: EntryID?
  /// Whether the message waits for review.
  package var isHeld = false
}

/// A decision as it is being written.
struct Draft {
  private let context: CommandContext
  private var nextText: Int64
  private let firstSequence: Int64
  private(set) var decision = Decision()

  init(state: RoomState, context: CommandContext) {
    self.context = context
    nextText = state.textsMade + 1
    firstSequence = state.sequence + 1
  }

  /// The sequence number of the next event.
  var nextSequence: Int64 { firstSequence + Int64(decision.events.count) }

  /// Something happens; returns its sequence number.
  @discardableResult
  mutating func add(
    _ event: RoomEvent, at atMs: Int64? = nil, by person: PersonID? = nil
  ) -> EntryID {
    let sequence = nextSequence
    decision.events.append(
      SequencedEvent(
        sequence: sequence, atMs: atMs ?? context.atMs, mediaTimeMs: mediaTimeMs,
        actor: person ?? context.actor.person, event: event))
    return sequence
  }

  /// Something happens that the reply names.
  mutating func make(_ event: RoomEvent) { decision.made = add(event) }

  /// What the shop decided happens, numbered from `nextSequence` on.
  mutating func add(_ shop: ShopDecision, at atMs: Int64) {
    for event in shop.events { add(.shop(event), at: atMs) }
    if let made = shop.made { decision.made = made }
  }

  /// The reply says that the message waits for review.
  mutating func noteHeld() { decision.isHeld = true }

  /// A text comes into the room.
  mutating func text(_ body: String, by person: PersonID? = nil) -> TextID {
    let text = NewText(
      id: TextID(nextText), author: person ?? context.actor.person, body: body)
    nextText += 1
    decision.texts.append(text)
    return text.id
  }

  /// The media time, where it is one that a page can have shown.
  private var mediaTimeMs: Int64? {
    context.mediaTimeMs.flatMap { time in
      (context.atMs - EngineLimits.mediaTimeBehindMsMax...context.atMs).contains(time) ? time : nil
    }
  }
}
