// What a room's queries are answered, and what a room consists of.

import Access
import JSON
import Messages
import Room

extension APISchema {
  /// What a query is answered; nil for JSON Lines.
  static func answer(to query: QuerySpecification) -> APISchema? {
    switch query.name {
    case "room": room
    case "history": history
    case "people": people
    case "banned": banned
    case "audit": audit
    case "audience": audience
    case "wallet": wallet
    case "orders": orders
    case "pinHistory": pinHistory
    case "leaderboard": leaderboard
    default: nil
    }
  }

  // MARK: Answers

  static let roomList = APISchema(
    name: "RoomList",
    schema: closed([("rooms", list(listedRoom.reference)), ("next", nullable("string"))]),
    uses: [listedRoom])

  static let following = APISchema(
    name: "Following",
    schema: closed([
      (
        "following",
        list(closed([("host", person.reference), ("rooms", list(followedRoom.reference))]))
      ), ("next", nullable("string")),
    ]), uses: [person, followedRoom])

  private static let followedRoom = APISchema(
    name: "FollowedRoom",
    schema: closed([
      ("room", roomName), ("title", string), ("phase", phase),
      ("startsAtMs", nullable("integer")), ("viewers", count),
      ("host", orNull(closed([("name", string)]))), ("announcement", nullable("string")),
      ("server", nullable("string")),
    ]))

  private static let listedRoom = APISchema(
    name: "ListedRoom",
    schema: closed([
      ("room", roomName), ("title", string), ("phase", phase),
      ("startsAtMs", nullable("integer")), ("viewers", count),
      ("host", orNull(closed([("name", string)]))), ("server", nullable("string")),
    ]))

  private static let history = APISchema(
    name: "History",
    schema: closed([("messages", list(message.reference)), ("next", nullable("integer"))]),
    uses: [message])

  private static let people = APISchema(
    name: "People",
    schema: closed([
      ("count", count),
      (
        "people",
        list(
          closed([
            ("identity", identity), ("name", string), ("role", role), ("sinceMs", time),
            ("muted", boolean), ("timedOutUntilMs", nullable("integer")),
            ("stage", ["enum": ["off", "invited", "on"]]),
          ]))
      ), ("next", nullable("string")),
    ]))

  private static let banned = APISchema(
    name: "Banned",
    schema: closed([
      (
        "people",
        list(
          closed([
            ("identity", identity), ("name", string), ("device", boolean),
            ("reason", nullable("string")), ("atMs", nullable("integer")), ("by", personOrNull),
          ]))
      ), ("erased", count), ("next", nullable("string")),
    ]), uses: [person])

  private static let audit = APISchema(
    name: "Audit",
    schema: closed([
      (
        "entries",
        list(
          closed(
            [
              ("cursor", sequence), ("atMs", time), ("kind", string), ("by", personOrNull),
              ("member", personOrNull), ("text", nullable("string")), ("message", sequence),
              ("poll", sequence), ("question", sequence), ("giveaway", sequence), ("on", boolean),
              ("untilMs", time), ("device", boolean), ("role", role), ("approved", boolean),
              ("listing", sequence), ("drop", sequence), ("lot", sequence), ("order", sequence),
              ("sku", string), ("erased", boolean),
            ],
            optional: [
              "erased", "message", "poll", "question", "giveaway", "on", "untilMs", "device",
              "role", "approved", "listing", "drop", "lot", "order", "sku",
            ]))
      ), ("next", nullable("integer")),
    ]), uses: [person])

  private static let audience = APISchema(
    name: "Audience",
    schema: closed([
      (
        "audience",
        list([
          // As plain as this for tools that know no tuples.
          "type": "array", "items": count, "minItems": 2, "maxItems": 2,
          "description": "When, in milliseconds since 1970, UTC, and how many.",
        ])
      ), ("peak", count),
    ]))

  private static let wallet = APISchema(
    name: "Wallet",
    schema: closed([
      ("balance", count),
      (
        "earnings",
        [
          "type": "integer", "minimum": 0,
          "description": "The host's share of gifts, in all rooms.",
        ]
      ),
      (
        "transfers",
        list(
          closed([
            ("id", sequence), ("kind", ["enum": ["gift", "deposit", "refund"]]), ("item", string),
            ("count", count),
            (
              "coins",
              ["type": "integer", "description": "What came in, or (negative) went out."]
            ), ("balance", count), ("atMs", time),
          ]))
      ), ("next", nullable("integer")),
    ]))

  private static let room = APISchema(
    name: "Room",
    schema: closed(
      [("room", roomName), ("viewers", count), ("cursor", sequence)] + roomHead + roomLists,
      optional: ["held", "invited", "peak", "vouchers"]), uses: [message, person])

  /// What a room is, but its lists that go on and on. Only staff see `invited` and `peak`.
  static let roomHead: Properties = [
    ("phase", phase), ("settings", settings), ("schedule", orNull(schedule)),
    ("announcement", nullable("string")), ("firstLiveAtMs", nullable("integer")),
    ("endedAtMs", nullable("integer")), ("host", personOrNull), ("followers", count),
    ("chat", chat), ("pinned", orNull(message.reference)), ("stage", list(personOrNull)),
    ("totals", list(closed([("emoji", string), ("count", count)]))),
    ("highlighted", nullable("integer")), ("shop", shop), ("invited", list(personOrNull)),
    ("peak", count),
  ]

  /// Only staff see `held` and `vouchers`.
  static let roomLists: Properties = [
    ("messages", list(message.reference)), ("held", list(message.reference)),
    ("polls", list(poll)), ("questions", list(question)), ("answered", list(question)),
    ("giveaways", list(giveaway)), ("listings", list(listing)), ("pins", list(pin())),
    ("drops", list(drop)), ("vouchers", list(voucher)),
  ]

  // MARK: Parts

  static let person = APISchema(
    name: "Person", schema: closed([("identity", identity), ("name", string)]))
  /// Null where that person's data was erased.
  static let personOrNull = orNull(person.reference)

  static let message = APISchema(
    name: "Message",
    schema: closed(
      [
        ("id", sequence), ("member", personOrNull), ("role", role), ("text", nullable("string")),
        ("replyTo", nullable("integer")), ("class", words(MessageClass.self)), ("atMs", time),
        ("mediaTimeMs", nullable("integer")), ("deleted", ["const": true]),
        ("held", ["const": true]),
      ], optional: ["deleted", "held"]), uses: [person])

  static let poll = closed([
    ("id", sequence), ("question", nullable("string")), ("options", list(nullable("string"))),
    ("multiple", boolean), ("changeable", boolean), ("results", words(Poll.Results.self)),
    ("closesAtMs", nullable("integer")), ("open", boolean), ("revealed", boolean),
    ("counts", orNull(list(count))), ("voters", count),
  ])

  static let question = closed([
    ("id", sequence), ("member", personOrNull), ("text", nullable("string")), ("atMs", time),
    ("upvotes", count),
  ])

  static let giveaway = closed([
    ("id", sequence), ("prize", nullable("string")), ("rule", words(Giveaway.Rule.self)),
    ("keyword", nullable("string")), ("winnersWanted", count), ("closesAtMs", nullable("integer")),
    ("stage", words(Giveaway.Stage.self)), ("entries", count), ("commitment", string),
    ("seed", nullable("string")), ("winners", list(personOrNull)),
  ])

  static let chat = closed(
    [
      ("mode", words(ChatRules.Mode.self)), ("slowSeconds", count),
      ("hold", words(ChatRules.Hold.self)), ("links", words(ChatRules.Links.self)),
      ("words", list(string)), ("emojiOnly", boolean),
    ], optional: ["words"])

  static let settings = closed([
    ("title", nullable("string")), ("description", nullable("string")), ("viewersMax", count),
    ("bitrateMax", count), ("anonymous", words(RoomSettings.Anonymous.self)),
    ("emojis", list(string)), ("retentionDays", count), ("listed", boolean),
    ("codec", words(RoomSettings.Codec.self)), ("webrtcMax", count),
    ("delivery", words(RoomSettings.Delivery.self)),
  ])

  static let schedule = closed([
    ("title", nullable("string")), ("startsAtMs", time), ("description", nullable("string")),
  ])

  static let string: JSONValue = ["type": "string"]
  static let boolean: JSONValue = ["type": "boolean"]
  static let count: JSONValue = ["type": "integer", "minimum": 0]
  static let role = words(Role.self)
  static let phase = words(ShowPhase.self)

  static func nullable(_ type: String) -> JSONValue { ["type": [.string(type), "null"]] }

  static func words<T: CaseIterable & RawRepresentable<String>>(
    _ type: T.Type
  ) -> JSONValue { ["enum": .array(type.allCases.map { .string($0.rawValue) })] }
}
