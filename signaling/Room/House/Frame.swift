// What members are told: encoded once for all who are told the same.

package import Commerce

/// Who is told something.
package enum Audience: Hashable, Sendable {
  case everyone
  case staff
  /// Everyone but staff.
  case viewers
  case person(PersonID)
  /// One person's sessions that are not staff's: for what staff are told already. One person may have
  /// both, with two tokens.
  case viewer(PersonID)
  /// Who has voted in a poll whose results are shown after the vote.
  case voters(EntryID)
}

/// A member as the fan-out sees them.
package struct Spectator: Hashable, Sendable {
  /// Nil for somebody who has done nothing yet.
  package var person: PersonID?
  package var isStaff: Bool
  package init(person: PersonID?, isStaff: Bool) {
    self.person = person
    self.isStaff = isStaff
  }
}

/// Values of which only the last counts.
package enum CounterKey: Hashable, Sendable {
  case poll(EntryID)
  case question(EntryID)
  case giveaway(EntryID)
  case reactionTotals
  /// How many have voted, for those who don't see what.
  case voters(EntryID)
  case followers
  // The shop's
  case stock(SKU)
  /// What staff know more of it.
  case units(SKU)
  case drop(ShopID)
  case lot(ShopID)
  case leaderboard
  case revenue
  case pinSeen(ShopID)
}

/// A counter that was told since the house was opened.
struct CounterTold: Hashable, Sendable {
  let audience: Audience
  let key: CounterKey
}

/// One message to one audience.
package struct Frame: Hashable, Sendable {
  /// What may become of it under load.
  package enum Delivery: Hashable, Sendable {
    /// In order and without gaps.
    case state
    /// May be sampled away, with the gap announced.
    case chat
    /// Of this moment only: who can't be told now never is.
    case passing
    /// Of this moment only too, and worth nothing later: it does not wait for others.
    case prompt
    /// Only the last of a key counts; ask `RoomHouse.counter` when it is sent.
    case counter(CounterKey)
  }

  package let audience: Audience
  package let delivery: Delivery
  /// The event it tells of: not to be sent before that is committed.
  package let sequence: Int64
  /// UTF-8 JSON; empty for counters.
  package let bytes: [UInt8]
  package init(audience: Audience, delivery: Delivery, sequence: Int64, bytes: [UInt8]) {
    self.audience = audience
    self.delivery = delivery
    self.sequence = sequence
    self.bytes = bytes
  }
}
