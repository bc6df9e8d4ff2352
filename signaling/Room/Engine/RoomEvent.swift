// What happened in a room: the entries of its log, over references only.

package import Access
package import Commerce
package import JSON

/// One thing that happened. The log is the list of these; `RoomState.apply` is what they mean.
package enum RoomEvent: Hashable, Sendable {
  // Chat
  case said(SaidEvent)
  case messageDeleted(EntryID)
  case messagePinned(EntryID?)
  /// Shown, with other words where there are any; or thrown away.
  case messageReviewed(EntryID, approved: Bool, text: ReviewedText? = nil)
  case messagesCleared(PersonID)
  case chatSet(ChatRules)
  // People
  /// A member's token names another role than before: everyone begins as a viewer.
  case roleSeen(PersonID, Role)
  case muted(PersonID, on: Bool)
  case timedOut(PersonID, untilMs: Int64)
  case banned(PersonID, device: DeviceHint?, reason: TextID?, mark: IdentityMark?)
  case unbanned(PersonID)
  case roleSet(PersonID, Role)
  case stageInvited(PersonID)
  /// The actor's own answer.
  case invitationAnswered(accept: Bool)
  /// The actor left.
  case stageLeft
  case stageRemoved(PersonID)
  /// The actor follows the room's host, or no longer.
  case followed(on: Bool)
  // Taking part
  case reactionsCounted([ReactionCount])
  case pollOpened(PollOpenedEvent)
  /// The actor's vote, whole; `mask` has bit n for option n.
  case voted(poll: EntryID, mask: UInt16)
  case pollClosed(EntryID)
  case pollRevealed(EntryID)
  case asked(TextID)
  case upvoted(question: EntryID, on: Bool)
  case questionAnswered(EntryID)
  case questionDismissed(EntryID)
  case questionHighlighted(EntryID?)
  case giveawayOpened(GiveawayOpenedEvent)
  /// The actor is in.
  case entered(giveaway: EntryID)
  case giveawayClosed(EntryID)
  case giveawayDrawn(EntryID, seed: [UInt8], winners: [PersonID])
  case giveawayCancelled(EntryID)
  // The show
  case scheduled(ShowSchedule)
  case announced(TextID)
  case roomSet(RoomSettings)
  case phaseChanged(ShowPhase)
  case audienceCounted(viewers: Int64, peak: Int64)
  // The shop
  case shop(ShopEvent)
  /// An event of a newer program: kept in the log, without meaning here.
  case unknown(kind: String, body: JSONObject)
}

/// A message was said, or waits for review.
package struct SaidEvent: Hashable, Sendable {
  package var text: TextID
  package var replyTo: EntryID?
  package var messageClass: MessageClass
  /// The author's role when it was said.
  package var role: Role
  /// Whether it waits for review.
  package var isHeld: Bool
  /// Whether it waits for the shop's review, and for nothing else.
  package var isForReview = false
}

/// A poll was opened.
package struct PollOpenedEvent: Hashable, Sendable {
  package var question: TextID
  package var options: [TextID]
  package var isMultiple: Bool
  package var isChangeable: Bool
  package var results: Poll.Results
  package var closesAtMs: Int64?
}

/// A giveaway was opened.
package struct GiveawayOpenedEvent: Hashable, Sendable {
  package var prize: TextID
  package var rule: Giveaway.Rule
  /// In lower case.
  package var keyword: String?
  package var winners: Int
  package var closesAtMs: Int64?
  /// SHA-256 of the seed and the giveaway's name (`Draw.commitment`).
  package var commitment: [UInt8]
  /// The seed: in the log, but published by the draw only (`EventCoding.publishedBody`).
  package var secret: [UInt8]
}

/// Reactions of one emoji.
package struct ReactionCount: Hashable, Sendable {
  package var emoji: String
  package var count: Int64
  package init(emoji: String, count: Int64) {
    self.emoji = emoji
    self.count = count
  }
}

/// An event at its place in the log.
package struct SequencedEvent: Hashable, Sendable {
  /// 1, 2, 3, … without gaps.
  package var sequence: Int64
  /// The server's wall clock, milliseconds since 1970.
  package var atMs: Int64
  /// The media time of the frame the host's page showed; nil when it did not say.
  package var mediaTimeMs: Int64?
  /// Who did it.
  package var actor: PersonID
  package var event: RoomEvent
  package init(
    sequence: Int64, atMs: Int64, mediaTimeMs: Int64?, actor: PersonID, event: RoomEvent
  ) {
    self.sequence = sequence
    self.atMs = atMs
    self.mediaTimeMs = mediaTimeMs
    self.actor = actor
    self.event = event
  }
}
