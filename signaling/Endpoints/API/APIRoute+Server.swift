// The rows of what the server does for itself: health, tokens, the list of rooms, people's data.

import HTTP
import JSON

extension APIRoute {
  static let server: [APIRoute] = [
    APIRoute(
      operation: .server(.getHealth), method: .get, segments: ["healthz"],
      summary: "Whether the process lives.", answers: [Answer(200, "It does.", .text)]),
    APIRoute(
      operation: .server(.getReadiness), method: .get, segments: ["readyz"],
      summary: "Whether new sessions are taken.",
      answers: [Answer(200, "They are.", .text), Answer(503, "The server drains.", .text)]),
    APIRoute(
      operation: .server(.getMetrics), method: .get, segments: ["metrics"],
      summary: "The figures of the process, for Prometheus.",
      answers: [Answer(200, "Text format 0.0.4.", .text)]),
    APIRoute(
      operation: .server(.getDescription), method: .get, segments: ["api", "v1", "openapi.json"],
      summary: "This description.", answers: [Answer(200, "OpenAPI 3.1.", .json(.description))]),
    APIRoute(
      operation: .server(.getMessageSchemas), method: .get, segments: MessageSchemas.path,
      summary: "The messages of the room socket: `client.TYPE` and `server.TYPE` in `$defs`.",
      answers: [Answer(200, "JSON Schema 2020-12.", .json(.messageSchemas))]),
    APIRoute(
      operation: .server(.listRooms), method: .get, segments: ["api", "v1", "rooms"],
      summary: "What is live, most viewers first, then what is to come, earliest first.",
      parameters: [
        APIParameter(
          "phase", .query, ["enum": ["live", "upcoming"]], "Only these; without it both."),
        APIParameter(
          "after", .query,
          ["type": "string", "maxLength": .integer(Int64(RoomListCursor.textMax))],
          "The `next` of the page before."),
        APIParameter(
          "limit", .query,
          ["type": "integer", "minimum": 1, "maximum": .integer(Int64(RoomListCursor.limitMax))],
          "Rooms of a page, at most."),
      ],
      answers: [
        Answer(200, "Rooms.", .json(.roomList)), .problem(400, "A parameter is wrong."),
        .problem(429, "Too many for one address; Retry-After says when."),
        .problem(503, "Too many ask at once; Retry-After says when to try again."),
      ]),
    APIRoute(
      operation: .server(.listFollowing), method: .get, segments: ["api", "v1", "me", "following"],
      summary: "Whom the token's identity follows, by identity, with what they have on or to come.",
      bearer: .required,
      parameters: [
        APIParameter("after", .query, ["type": "string"], "The `next` of the page before."),
        APIParameter(
          "limit", .query,
          ["type": "integer", "minimum": 1, "maximum": .integer(Int64(Following.limitMax))],
          "Hosts of a page, at most."),
      ],
      answers: [
        Answer(200, "Hosts and their rooms.", .json(.following)),
        .problem(400, "A parameter is wrong."),
        .problem(401, "No token, or one that is not accepted."),
        .problem(429, "Too many for one identity; Retry-After says when."),
        .problem(503, "Too many ask at once; Retry-After says when to try again."),
      ]),
    APIRoute(
      operation: .server(.mintToken), method: .post, segments: room + ["tokens"],
      summary: "A viewer's token: anonymous, the same identity again for who sends the old token, "
        + "or any identity for a host or service.",
      bearer: .optional, request: .tokenRequest,
      answers: [
        Answer(201, "The token.", .json(.token)),
        .problem(400, "The room's name or the body is wrong."),
        .problem(401, "The token sent is not accepted; without one there is an anonymous token."),
        .problem(403, "The token sent is for another room or may not name identities."),
        Answer(413, "The body is larger than any that is taken.", .text),
        .problem(415, "The body is not application/json."),
        .problem(429, "Too many anonymous tokens for one address; Retry-After says when."),
      ]),
    APIRoute(
      operation: .server(.revokeTokens), method: .post, segments: room + ["tokens", "revoke"],
      summary: "Revokes all tokens of an identity for the room and ends its sessions.",
      bearer: .required, request: .revocationRequest,
      answers: [
        Answer(200, "Kept on disk, and its sessions have ended.", .json(.revocation)),
        .problem(400, "The room's name or the body is wrong."),
        .problem(401, "No token, or one that is not accepted."),
        .problem(403, "Only the room's hosts and services may."),
        Answer(413, "The body is larger than any that is taken.", .text),
        .problem(415, "The body is not application/json."),
        .problem(503, "Too many revocations; Retry-After says when to try again."),
      ]),
    APIRoute(
      operation: .server(.restoreTokens), method: .delete, segments: room + ["tokens", "revoke"],
      summary: "Lifts a revocation: tokens of the identity count again.",
      bearer: .required,
      parameters: [
        APIParameter("identity", .query, isRequired: true, ["type": "string"], "Whose tokens.")
      ],
      answers: [
        Answer(204, "Lifted.", .none), .problem(400, "The room's name or the query is wrong."),
        .problem(401, "No token, or one that is not accepted."),
        .problem(403, "Only the room's hosts and services may."),
        .problem(404, "The identity is not revoked here."),
        .problem(503, "Too many changes at once; Retry-After says when to try again."),
      ]),
    APIRoute(
      operation: .server(.exportPerson), method: .get, segments: person,
      summary: "Everything kept about one person, in all rooms.", bearer: .required,
      parameters: [
        identity,
        APIParameter(
          "after", .query, ["type": "string", "maxLength": .integer(Int64(PersonPages.cursorMax))],
          "From the `Link` of the page before."),
      ],
      answers: [
        Answer(200, "JSON Lines; nothing where nothing is kept.", .lines),
        .problem(400, "The identity or the query is wrong."),
      ] + forServices),
    APIRoute(
      operation: .server(.erasePerson), method: .delete, segments: person,
      summary: "Erases one person in all rooms: identity, names, texts, follows, replies. "
        + "What they did stays, as done by nobody.",
      bearer: .required, parameters: [identity],
      answers: [
        Answer(204, "Erased, on disk.", .none), .problem(400, "The identity is wrong."),
      ] + forServices),
    APIRoute(
      operation: .server(.refundTransfer), method: .post,
      segments: ["api", "v1", "transfers", "{transfer}", "refund"],
      summary: "Posts back, once, what a gift or a paid purchase of coins moved.",
      bearer: .required,
      parameters: [
        APIParameter("transfer", .path, isRequired: true, APISchema.sequence, "The transfer.")
      ],
      answers: [
        Answer(200, "Posted back, now or before.", .json(.transferReply)),
        .problem(400, "The transfer is no number."),
        .problem(404, "There is no such transfer that moved coins."),
        .problem(409, "The wallet does not hold the coins any more."),
      ] + forServices),
  ]

  private static let person = ["api", "v1", "people", "{identity}"]
  private static let identity = APIParameter(
    "identity", .path, isRequired: true, APISchema.identity, "A token's `sub`.")
  private static let forServices: [Answer] = [
    .problem(401, "No token, or one that is not accepted."),
    .problem(403, "Only services of all rooms (a token for the room `*`) may."),
    .problem(503, "Too much waits for the disk; Retry-After says when to try again."),
  ]
}
