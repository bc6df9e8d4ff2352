// A command with everything that came along, and what a house makes of it.

package import Access
import Commerce

/// A command, by whom, with which key.
package struct CommandEnvelope: Sendable {
  /// The token's `sub`, 1–128 characters.
  package var identity: String
  /// The token's display name; may be empty.
  package var name: String
  package var role: Role
  package var device: DeviceHint?
  package var isFollower = false
  package var isSubscriber = false
  package var command: RoomCommand
  /// 1–255 characters; nil when a repeat may be carried out again.
  package var key: String?
  /// SHA-256 of the canonical parameters; looked at with a key only.
  package var parameters: [UInt8] = []
  /// The server's wall clock, milliseconds since 1970.
  package var atMs: Int64
  package var mediaTimeMs: Int64?
  /// Whether the room's shop sees messages before others do.
  package var isReviewed = false
  /// Random bytes for `openGiveaway` and `scheduleDrop`.
  package var seed: [UInt8] = []
  /// How the member watches, as the server knows it.
  package var tier = AudienceTier.webRTC
  /// Whether the server itself speaks, for a merchant or the ledger: only then `ShopCommand.server`.
  package var isServers = false
  /// Whether there is a merchant that could take an order.
  package var hasMerchant = false
  /// Whether the room's merchant is asked for units.
  package var reservesStock = false
  /// That merchant's name.
  package var merchant: String?

  package init(
    identity: String, name: String, role: Role, command: RoomCommand, key: String? = nil,
    atMs: Int64
  ) {
    self.identity = identity
    self.name = name
    self.role = role
    self.command = command
    self.key = key
    self.atMs = atMs
  }
}

/// Somebody follows a host, or no longer.
package struct FollowChange: Hashable, Sendable {
  package let host: String
  package let follower: String
  package let isOn: Bool
  package let atMs: Int64
}

/// A command that was decided and applied in memory, and is not durable yet.
///
/// The caller commits events, people, texts, follows and the reply in one transaction. Only then it
/// replies, fans the frames out and calls `RoomHouse.committed`.
package struct Pending: Hashable, Sendable {
  /// Counts a house's decisions.
  package let ticket: UInt64
  package var events: [SequencedEvent] = []
  package var people: [PersonRecord] = []
  package var texts: [NewText] = []
  package var follows: [FollowChange] = []
  /// An HTTP status and a JSON object.
  package var status = 200
  package var body: [UInt8] = []
  /// Set when the command had a key: stored with the events.
  package var reply: StoredReply?
  package var keyHash: UInt64?
  package var frames: [Frame] = []
  /// The state this decision saw and made: nothing of it is told before that is committed.
  package var reflects: Int64 = 0

  /// Whether there is anything to write.
  package var needsCommit: Bool { !events.isEmpty || reply != nil || !people.isEmpty }
}

/// What a house makes of a command.
package enum Outcome: Hashable, Sendable {
  case decided(Pending)
  /// `after`: the sequence the refusal is founded on; tell it when that is committed.
  case refused(CommandRefusal, after: Int64)
  /// The key's first use has been answered: with this.
  case repeated(StoredReply)
  /// The key's first use stands in this row of the store: read it and ask `RoomHouse.judge`.
  case lookUp(row: Int64)
  /// The key's first use is being committed under this ticket: its reply is this one's too (REST: 409).
  case running(ticket: UInt64)
}
