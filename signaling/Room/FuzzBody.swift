// What a fuzzer runs against the room's engine: log rows and snapshots from anywhere.

import Access
import JSON

/// The Room fuzz body.
package enum RoomFuzzBody {
  /// The kinds a first byte chooses from; the rest is the body.
  static let kinds = [
    "said", "messageDeleted", "messagePinned", "messageReviewed", "messagesCleared", "chatSet",
    "roleSeen", "muted", "timedOut", "banned", "unbanned", "roleSet", "stageInvited",
    "invitationAnswered", "stageLeft", "stageRemoved", "followed", "reactionsCounted",
    "pollOpened", "voted", "pollClosed", "pollRevealed", "asked", "upvoted", "questionAnswered",
    "questionDismissed", "questionHighlighted", "giveawayOpened", "entered", "giveawayClosed",
    "giveawayDrawn", "giveawayCancelled", "scheduled", "announced", "roomSet", "phaseChanged",
    "audienceCounted", "notKnown",
  ]

  /// Reads `bytes` as a snapshot and as a log row; both must survive writing and reading again, and
  /// an event must be applicable whatever it says.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    if let state = try? RoomState(reading: bytes) {
      let again = try? RoomState(snapshot: state.snapshot())
      precondition(again == state, "a snapshot changed by writing and reading it")
    }
    guard bytes.count > 0, let value = try? JSONValue.parse(bytes.extracting(droppingFirst: 1)),
      case .object(let body) = value
    else { return }
    let event = RoomEvent(kind: kinds[Int(bytes[0]) % kinds.count], body: body)
    precondition(RoomEvent(kind: event.kind, body: event.body) == event, "an event changed")
    var state = RoomState()
    for sequence in 1...3 {
      state.apply(
        SequencedEvent(
          sequence: Int64(sequence), atMs: 1, mediaTimeMs: nil, actor: PersonID(1), event: event))
    }
    precondition(state.sequence == 3, "an event kept the log from going on")
    let copy = try? RoomState(snapshot: state.snapshot())
    precondition(copy == state, "a state changed by writing and reading it")
  }
}
