// The rows of webhooks: endpoints, their keys and deliveries, and the callbacks of shops.

import HTTP
import Hooks
import JSON

extension APIRoute {
  static let hooks: [APIRoute] = [
    APIRoute(
      operation: .server(.receiveCallback), method: .post,
      segments: ["api", "v1", "hooks", "{merchant}"],
      summary: "A shop reports what became of an order or of coins, gives units or offers "
        + "products, signed as Standard Webhooks says with a key of one of its endpoints.",
      parameters: [
        APIParameter("merchant", .path, isRequired: true, APISchema.roomName, "Whose key signs."),
        header(HookHeaders.idName, "Names the report: a repeat has no second effect."),
        header(HookHeaders.timestampName, "Seconds since 1970, within five minutes of now."),
        header(HookHeaders.signatureName, "One or more of `v1,…` and `v1a,…`."),
      ],
      request: .hookCallback,
      answers: [
        Answer(204, "Taken, and on the disk.", .none),
        .problem(400, "A header or the body is not as it has to be; the detail names it."),
        .problem(401, "Too old, too new, or signed by nobody we know."),
        .problem(403, "The room is not this merchant's."),
        .problem(404, "There is no such order."),
        .problem(409, "The order, the units or the room are not in a state for this."),
        Answer(413, "The body is larger than any that is taken.", .text),
        .problem(422, "A product can't be so; the detail names its row. Or the id is in use."),
        .problem(429, "Too many from one address; Retry-After says when."),
        .problem(503, "Too much waits for the disk; Retry-After says when to try again."),
      ]),
    APIRoute(
      operation: .server(.listHookEndpoints), method: .get, segments: endpoints,
      summary: "All endpoints of webhooks.", bearer: .required,
      answers: [Answer(200, "Endpoints.", .json(.hookEndpoints))] + forServices),
    APIRoute(
      operation: .server(.makeHookEndpoint), method: .post, segments: endpoints,
      summary: "Makes an endpoint. Its secret is in this answer and in no other.",
      bearer: .required, request: .hookEndpointRequest,
      answers: [
        Answer(201, "It is on the disk.", .json(.hookEndpointSecrets)), badBody,
      ] + forServices + bodies),
    APIRoute(
      operation: .server(.getHookEndpoint), method: .get, segments: endpoint,
      summary: "One endpoint.", bearer: .required, parameters: [endpointID],
      answers: [Answer(200, "It.", .json(.hookEndpoint)), unknown] + forServices),
    APIRoute(
      operation: .server(.changeHookEndpoint), method: .patch, segments: endpoint,
      summary: "Changes an endpoint, or enables or disables it.", bearer: .required,
      parameters: [endpointID], request: .hookEndpointChange,
      answers: [
        Answer(200, "As it is now.", .json(.hookEndpoint)), badBody, unknown, configured,
      ] + forServices + bodies),
    APIRoute(
      operation: .server(.removeHookEndpoint), method: .delete, segments: endpoint,
      summary: "Removes an endpoint with its deliveries.", bearer: .required,
      parameters: [endpointID],
      answers: [Answer(204, "It is gone.", .none), unknown, configured] + forServices),
    APIRoute(
      operation: .server(.rotateHookKeys), method: .post, segments: endpoint + ["keys"],
      summary: "Gives an endpoint a new key. Messages are signed by it and by the one before.",
      bearer: .required, parameters: [endpointID], request: .hookKeyRequest,
      answers: [
        Answer(200, "The keys, newest first.", .json(.hookEndpointSecrets)), badBody, unknown,
        configured,
      ] + forServices + bodies),
    APIRoute(
      operation: .server(.retireHookKeys), method: .delete, segments: endpoint + ["keys"],
      summary: "Retires all keys but the newest of each kind.", bearer: .required,
      parameters: [endpointID],
      answers: [
        Answer(200, "The keys that are left.", .json(.hookEndpointSecrets)), unknown, configured,
      ] + forServices),
    APIRoute(
      operation: .server(.testHookEndpoint), method: .post, segments: endpoint + ["test"],
      summary: "Sends `hook.test` to an endpoint.", bearer: .required, parameters: [endpointID],
      answers: [Answer(202, "It is on its way.", .json(.hookSent)), unknown] + forServices),
    APIRoute(
      operation: .server(.listHookDeliveries), method: .get, segments: endpoint + ["deliveries"],
      summary: "What was sent to an endpoint, or waits, newest first.", bearer: .required,
      parameters: [
        endpointID,
        APIParameter(
          "state", .query, ["enum": ["waiting", "delivered", "dead"]], "Only these."),
        APIParameter("before", .query, APISchema.hookID, "The `next` of the page before."),
        APIParameter(
          "limit", .query, ["type": "integer", "minimum": 1, "maximum": 100],
          "Deliveries of a page, at most."),
      ],
      answers: [
        Answer(200, "Deliveries.", .json(.hookDeliveries)),
        .problem(400, "A parameter is wrong."), unknown,
      ] + forServices),
    APIRoute(
      operation: .server(.replayHookDelivery), method: .post,
      segments: endpoint + ["deliveries", "{delivery}", "replay"],
      summary: "Sends a delivery that ended anew, under its old id.", bearer: .required,
      parameters: [
        endpointID,
        APIParameter("delivery", .path, isRequired: true, APISchema.hookID, "Which."),
      ],
      answers: [Answer(202, "It is on its way.", .json(.hookSent)), unknown] + forServices),
  ]

  private static let endpoints = ["api", "v1", "hook-endpoints"]
  private static let endpoint = endpoints + ["{endpoint}"]
  private static let endpointID = APIParameter(
    "endpoint", .path, isRequired: true, APISchema.hookID, "The endpoint's id.")
  private static let unknown = Answer.problem(404, "There is no such endpoint or delivery.")
  private static let badBody = Answer.problem(400, "The body or a member is wrong.")
  private static let configured = Answer.problem(
    409, "The endpoint is the configuration's, which says where it goes and how it is signed.")
  private static let bodies: [Answer] = [
    Answer(413, "The body is larger than any that is taken.", .text),
    .problem(415, "The body is not application/json."),
  ]
  private static let forServices: [Answer] = [
    .problem(401, "No token, or one that is not accepted."),
    .problem(403, "Only services of all rooms (a token for the room `*`) may."),
    .problem(503, "Too much waits for the disk; Retry-After says when to try again."),
  ]

  private static func header(_ name: String, _ summary: String) -> APIParameter {
    APIParameter(
      name, .header, isRequired: true, ["type": "string", "minLength": 1], summary)
  }
}

extension APIRoute {
  /// Whether a request is a shop's report: what it did is nobody's to read, so a good answer is empty.
  static func isCallback(_ request: HTTPRequest) -> Bool {
    route(of: request)?.operation == .server(.receiveCallback)
  }
}
