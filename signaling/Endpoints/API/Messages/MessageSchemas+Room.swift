// What members are told of a room's log, as closed schemas.

import JSON
import Room

extension MessageSchemas {
  /// Events of the log, and the counters they move.
  static let roomEvents: [MessageSchema] = chat + people + takingPart + show + shop

  /// What carries the room's state whole, or several messages at once.
  static let envelopes: [MessageSchema] = [
    MessageSchema(
      type: "snapshot",
      schema: anyOf([
        APISchema.closed(
          snapshotParts(["const": 0]) + snapshotHead + snapshotLists,
          optional: Set(["invited", "peak"] + snapshotLists.map(\.0))),
        // Lists go on where the part before ended.
        APISchema.closed(
          snapshotParts(["type": "integer", "minimum": 1]) + snapshotLists,
          optional: Set(snapshotLists.map(\.0))),
      ]), uses: [APISchema.message, APISchema.person]),
    message(
      "me",
      [
        cursor, ("role", APISchema.role), ("publish", APISchema.boolean),
        ("muted", APISchema.boolean), ("timedOutUntilMs", APISchema.nullable("integer")),
        ("follows", APISchema.boolean), ("subscriber", APISchema.boolean),
        ("stage", ["enum": ["off", "invited", "on"]]),
        (
          "votes",
          APISchema.list(
            APISchema.closed([
              ("poll", APISchema.sequence), ("options", options),
              ("counts", APISchema.orNull(counts)),
            ]))
        ),
        ("upvoted", APISchema.list(APISchema.sequence)),
        ("entered", APISchema.list(APISchema.sequence)),
        ("held", APISchema.list(APISchema.message.reference)), ("shop", ownShop),
      ], uses: [APISchema.message, APISchema.person]),
    message(
      "chatGap",
      [("from", APISchema.sequence), ("to", APISchema.sequence), ("count", APISchema.count)]),
    // Each of them is a message of its own.
    message(
      "batch",
      [
        (
          "messages",
          [
            "type": "array", "minItems": 2,
            "items": ["$ref": "#/components/schemas/ServerMessage"],
          ]
        )
      ]),
  ]

  // MARK: Events

  private static let chat: [MessageSchema] = [
    event("said", [("message", APISchema.message.reference)]),
    event("messageDeleted", [("message", APISchema.sequence)]),
    event("messagePinned", [("message", APISchema.orNull(APISchema.message.reference))]),
    event(
      "messageReviewed",
      [("approved", APISchema.boolean), ("message", APISchema.message.reference)]),
    event("messagesCleared", [member]),
    event("chatSet", [("chat", APISchema.chat)]),
  ]

  private static let people: [MessageSchema] = [
    event("muted", [member, ("on", APISchema.boolean), by], optional: ["by"]),
    event("timedOut", [member, ("untilMs", APISchema.time), by], optional: ["by"]),
    event(
      "banned",
      [member, ("device", APISchema.boolean), ("reason", APISchema.nullable("string")), by],
      optional: ["by"]),
    event("unbanned", [member, by], optional: ["by"]),
    event("roleSet", [member, ("role", APISchema.role)]),
    event("stageInvited", [member, by], optional: ["by"]),
    event("invitationAnswered", [member, ("accept", APISchema.boolean), by], optional: ["by"]),
    event("stageLeft", [member]),
    event("stageRemoved", [member]),
    event("followed", [("on", APISchema.boolean)]),
    event("hostSet", [("host", APISchema.personOrNull)]),
    message("followers", [cursor, ("followers", APISchema.count)]),
  ]

  private static let takingPart: [MessageSchema] =
    ["pollOpened", "pollClosed", "pollRevealed"].map { event($0, [("poll", APISchema.poll)]) }
    + ["giveawayOpened", "giveawayClosed", "giveawayDrawn", "giveawayCancelled"].map {
      event($0, [("giveaway", APISchema.giveaway)])
    } + [
      event("voted", [("poll", APISchema.sequence), ("options", options)]),
      event("asked", [("question", APISchema.question)]),
      event("upvoted", [("question", APISchema.sequence), ("on", APISchema.boolean)]),
      event("questionAnswered", [("question", APISchema.sequence)]),
      event("questionDismissed", [("question", APISchema.sequence)]),
      event("questionHighlighted", [("question", APISchema.nullable("integer"))]),
      event("entered", [("giveaway", APISchema.sequence)]),
      message(
        "pollCounts",
        [cursor, ("poll", APISchema.sequence), ("counts", counts), ("voters", APISchema.count)]),
      message(
        "pollVoters",
        [cursor, ("poll", APISchema.sequence), ("voters", APISchema.count)]),
      message(
        "upvotes", [cursor, ("question", APISchema.sequence), ("upvotes", APISchema.count)]),
      message(
        "entries", [cursor, ("giveaway", APISchema.sequence), ("entries", APISchema.count)]),
      message("reactions", [("counts", reactions)]),
      message("reactionTotals", [cursor, ("totals", reactions)]),
    ]

  private static let show: [MessageSchema] = [
    event("scheduled", [("schedule", APISchema.schedule)]),
    event("announced", [("text", APISchema.nullable("string"))]),
    event("roomSet", [("settings", APISchema.settings)]),
    event("phaseChanged", [("phase", APISchema.phase)]),
    message(
      "caption",
      [
        ("caption", APISchema.string), ("language", APISchema.string), ("text", APISchema.string),
        ("mediaTimeMs", APISchema.time), ("durationMs", APISchema.count),
        ("partial", APISchema.boolean),
      ]),
    event("audienceCounted", [("viewers", APISchema.count), ("peak", APISchema.count)]),
  ]

  static func event(
    _ type: String, _ members: APISchema.Properties, optional: Set<String> = []
  ) -> MessageSchema {
    message(
      type, [cursor, ("atMs", APISchema.time), ("mediaTimeMs", APISchema.time)] + members,
      optional: optional.union(["mediaTimeMs"]), uses: [APISchema.message, APISchema.person])
  }

  // MARK: Parts

  static let cursor: (String, JSONValue) = ("cursor", APISchema.sequence)
  private static let member: (String, JSONValue) = ("member", APISchema.personOrNull)
  /// Who did it; for staff.
  private static let by: (String, JSONValue) = ("by", APISchema.personOrNull)
  private static let counts = APISchema.list(APISchema.count)
  private static let options = APISchema.list(APISchema.count)
  private static let reactions = APISchema.list(
    APISchema.closed([("emoji", APISchema.string), ("count", APISchema.count)]))

  private static func snapshotParts(_ part: JSONValue) -> APISchema.Properties {
    head("snapshot") + [cursor, ("part", part), ("last", APISchema.boolean)]
  }

  private static let snapshotHead = APISchema.roomHead

  private static let snapshotLists = APISchema.roomLists
}
