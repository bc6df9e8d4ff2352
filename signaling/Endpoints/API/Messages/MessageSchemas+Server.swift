// What the server sends over the room socket about itself and the media, as closed schemas.

import Access
import JSON
import MediaControl
import Messages
import RTP
import Room

extension MessageSchemas {
  /// What requests are answered.
  static let replies: [MessageSchema] = [
    message("joined", [ref] + joined, optional: ["ref", "delivery"]),
    message(
      "answer",
      [
        ref, ("connection", APISchema.string), ("generation", APISchema.count),
        ("sdp", APISchema.string), ("map", tracksByMID),
      ], optional: ["ref", "map"]),
    ok,
    message(
      "pong", [ref, ("time", ["type": "number"]), ("serverTimeMs", ["type": "number"])],
      optional: ["ref", "time"]),
    MessageSchema(
      type: "error",
      schema: anyOf([
        APISchema.closed(
          head("error")
            + [
              ref, ("code", ["const": .string(ErrorCode.unsupportedVersion.rawValue)]),
              ("message", APISchema.string), ("versions", APISchema.list(["type": "integer"])),
            ], optional: ["ref"]),
        APISchema.closed(
          head("error")
            + [
              ref, ("code", errorCode), ("message", APISchema.string),
              ("retryAfterMs", APISchema.count),
            ], optional: ["ref", "retryAfterMs"]),
      ])),
  ]

  /// What happens to the media, and to the socket.
  static let mediaEvents: [MessageSchema] = [
    message("tracks", [mediaCursor, ("tracks", APISchema.list(track))]),
    message("trackAdded", [mediaCursor, ("track", track)]),
    message(
      "trackRemoved",
      [
        mediaCursor,
        (
          "track",
          APISchema.closed([("id", trackID), ("publication", APISchema.string), ("kind", kind)])
        ),
      ]),
    message(
      "trackStatus", [("tracks", APISchema.list(APISchema.closed([("id", trackID)] + changing)))]),
    message(
      "assigned",
      section + [("publication", APISchema.nullable("string")), ("track", trackIDOrNull)]),
    message(
      "layer",
      section + [
        ("track", trackID), ("layer", ["enum": ["q", "h", "f", nil]]), ("width", APISchema.count),
        ("height", APISchema.count), ("reason", APISchema.words(LayerEvent.Reason.self)),
      ], optional: ["width", "height"]),
    message(
      "mediaTime",
      section + [
        ("rtp", ["type": "integer", "minimum": 0, "maximum": .integer(Int64(UInt32.max))]),
        ("clockRate", ["type": "integer", "minimum": 1]), ("wallclockMs", ["type": "number"]),
      ]),
    message(
      "health",
      [
        ("connection", APISchema.string), ("stream", APISchema.string),
        ("layers", APISchema.list(healthLayer)),
      ]),
    message("roomState", [mediaCursor, ("room", room)]),
    message("permissions", permissions),
    message("delivery", delivery, optional: ["url", "licences"]),
    message(
      "tiers",
      [
        ("webrtc", APISchema.count), ("hls", APISchema.count),
        ("hlsDelayMs", APISchema.nullable("integer")),
      ]),
    message(
      "connectionEnded",
      [
        ("connection", APISchema.string), ("reason", APISchema.words(ConnectionEndReason.self)),
      ]),
    message(
      "bye",
      [
        ("reason", APISchema.words(ByeReason.self)),
        ("retryAfterMs", ["type": ["integer", "null"], "minimum": 0]),
        ("url", APISchema.string),
      ], optional: ["url"]),
  ]

  // MARK: Replies

  /// Bare, of `assign`, of a command, or of a query.
  private static let ok: MessageSchema = {
    let answers = QueryCatalogue.all.filter(\.isOnSocket).compactMap { APISchema.answer(to: $0) }
    return MessageSchema(
      type: "ok",
      schema: anyOf(
        [
          APISchema.closed(head("ok") + [ref]),
          APISchema.closed(head("ok") + [ref, ("map", tracksByMID)]),
        ]
          + ([.commandReply, .transferReply] + answers).map { $0.schema.adding(head("ok") + [ref]) }
      ),
      uses: answers.flatMap(\.uses))
  }()

  /// Our own and those of a room.
  private static let errorCode: JSONValue = {
    let room = CommandRefusal.Code.allCases.map(\.rawValue)
    let socket = ErrorCode.allCases.filter { $0 != .unsupportedVersion }.map(\.rawValue)
    let all = socket + room.filter { !socket.contains($0) }
    return ["enum": .array(all.map { .string($0) })]
  }()

  private static let joined: APISchema.Properties = [
    ("version", ["const": .integer(JoinRequest.version)]), ("session", APISchema.string),
    ("resumed", APISchema.boolean),
    (
      "member",
      APISchema.closed([
        ("identity", APISchema.identity), ("name", APISchema.string), ("role", APISchema.role),
      ])
    ),
    ("permissions", APISchema.closed(permissions)), ("expiresAtMs", ["type": "integer"]),
    ("serverTimeMs", ["type": "number"]), ("pingIntervalMs", APISchema.count), mediaCursor,
    ("room", room), ("tracks", APISchema.list(track)), ("connections", APISchema.list(connection)),
    (
      "iceServers",
      APISchema.list(
        APISchema.closed([
          ("urls", APISchema.list(APISchema.string)), ("username", APISchema.string),
          ("credential", APISchema.string),
        ]))
    ), ("delivery", APISchema.closed(delivery, optional: ["url", "licences"])),
  ]

  private static let connection = anyOf([
    APISchema.closed([
      ("connection", APISchema.string), ("kind", ["const": "publish"]),
      ("stream", APISchema.string), ("generation", APISchema.count),
    ]),
    APISchema.closed([
      ("connection", APISchema.string), ("kind", ["const": "subscribe"]),
      ("generation", APISchema.count), ("map", tracksByMID),
    ]),
  ])

  // MARK: Parts

  static func head(_ type: String) -> APISchema.Properties { [("type", ["const": .string(type)])] }

  static func message(
    _ type: String, _ members: APISchema.Properties, optional: Set<String> = [],
    uses: [APISchema] = []
  ) -> MessageSchema {
    MessageSchema(
      type: type, schema: APISchema.closed(head(type) + members, optional: optional), uses: uses)
  }

  private static let ref: (String, JSONValue) = (
    "ref",
    ["type": "string", "minLength": 1, "maxLength": .integer(Int64(MessageLimits.requestIDMax))]
  )
  private static let mediaCursor: (String, JSONValue) = ("cursor", APISchema.count)
  private static let section: APISchema.Properties = [
    ("connection", APISchema.string), ("mid", APISchema.string),
  ]
  private static let permissions: APISchema.Properties = [
    ("publish", APISchema.boolean), ("subscribe", APISchema.boolean),
  ]
  private static let delivery: APISchema.Properties = [
    ("via", APISchema.words(DeliveryWay.self)), ("url", APISchema.string),
    ("reason", APISchema.words(Delivery.Reason.self)),
    (
      "licences",
      [
        "type": "array", "minItems": 1,
        "items": APISchema.closed([("keySystem", APISchema.string), ("url", APISchema.string)]),
      ]
    ),
  ]
  private static let trackID: JSONValue = ["type": "string", "pattern": .string(trackIDPattern)]
  private static let trackIDOrNull: JSONValue = [
    "type": ["string", "null"], "pattern": .string(trackIDPattern),
  ]
  private static let tracksByMID: JSONValue = [
    "type": "object", "additionalProperties": trackIDOrNull,
  ]
  private static let kind: JSONValue = ["enum": ["audio", "video"]]

  private static let room = APISchema.closed(
    [
      ("name", APISchema.roomName), ("phase", ["enum": ["waiting", "live", "away", "ended"]]),
      ("hostPresent", APISchema.boolean), ("viewers", APISchema.count),
    ], optional: ["viewers"])

  private static let layer: APISchema.Properties = [
    ("name", ["enum": ["q", "h", "f"]]), ("width", APISchema.count), ("height", APISchema.count),
    ("bitrate", APISchema.count), ("fps", ["type": "number", "minimum": 0]),
    ("active", APISchema.boolean),
  ]

  private static let changing: APISchema.Properties = [
    ("codec", ["enum": .array(Codec.allCases.map { .string($0.name) } + [.null])]),
    ("active", APISchema.boolean), ("layers", APISchema.list(APISchema.closed(layer))),
  ]

  private static let track = APISchema.closed(
    [
      ("id", trackID), ("publication", APISchema.string), ("member", APISchema.identity),
      ("name", APISchema.string), ("role", APISchema.role), ("stream", APISchema.string),
      ("kind", kind),
    ] + changing)

  private static let healthLayer = APISchema.closed(
    [("track", trackID), ("kind", kind)] + layer + [
      ("fractionLost", ["type": "number", "minimum": 0, "maximum": 1]),
      ("limitedByCode", ["enum": ["loss", "silent", "slow", "budget", nil]]),
      ("limitedBy", APISchema.nullable("string")),
    ])
}

extension JSONValue {
  /// A closed object's schema with more members, all required.
  fileprivate func adding(_ members: APISchema.Properties) -> JSONValue {
    guard case .object(var schema) = self else { return self }
    if case .object(let properties)? = schema["properties"] {
      schema["properties"] = .object(
        JSONObject(members + properties.members.map { ($0.key, $0.value) }))
    }
    var required = members.map { JSONValue.string($0.0) }
    if case .array(let names)? = schema["required"] { required += names }
    schema["required"] = .array(required)
    return .object(schema)
  }
}
