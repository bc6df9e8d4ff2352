// The JSON of webhooks' endpoints, deliveries and callbacks.

import Hooks
import JSON

extension APISchema {
  /// The number of an endpoint or a delivery.
  static let hookID: JSONValue = [
    "type": "integer", "minimum": 1, "maximum": .integer(1 << 53),
  ]

  private static let topics: JSONValue = [
    "type": "array", "maxItems": .integer(Int64(HookLimits.topicsMax)),
    "items": ["type": "string", "maxLength": 64],
    "description": .string(
      "`*` is every topic but those that must be named: "
        + HookTopic.onRequest.sorted().joined(separator: ", ") + "."),
  ]
  private static let url: JSONValue = [
    "type": "string", "maxLength": .integer(Int64(HookLimits.urlMax)),
    "description": "https, to a public address, or one the operator allowed.",
  ]
  private static let deadline: JSONValue = [
    "type": "integer", "minimum": .integer(HookLimits.syncDeadlineMsRange.lowerBound),
    "maximum": .integer(HookLimits.syncDeadlineMsRange.upperBound),
    "description": "Of hooks whose answer is waited for.",
  ]
  private static let fallback: JSONValue = [
    "enum": ["allow", "hold", "deny"],
    "description":
      "What becomes of a message (chat.review) or an order (price.check) without an answer in time.",
  ]
  private static let text: JSONValue = ["type": "string"]
  private static let flag: JSONValue = ["type": "boolean"]

  private static let endpointMembers: Properties = [
    ("id", hookID), ("merchant", roomName), ("url", url), ("topics", topics),
    ("deadlineMs", deadline), ("fallback", fallback), ("configured", flag),
    ("keys", ["type": "integer", "minimum": 0]), ("disabled", flag),
    ("disabledWhy", orNull(text)), ("createdAtMs", time),
  ]

  static let hookEndpoint = APISchema(name: "HookEndpoint", schema: closed(endpointMembers))

  static let hookEndpointSecrets = APISchema(
    name: "HookEndpointSecrets",
    schema: closed(
      endpointMembers + [
        (
          "secrets",
          [
            "type": "array", "items": text,
            "description": "What the receiver verifies with, newest first: whsec_… or whpk_….",
          ]
        )
      ]))

  static let hookEndpoints = APISchema(
    name: "HookEndpoints",
    schema: closed([("endpoints", list(hookEndpoint.reference))]), uses: [hookEndpoint])

  private static let changeable: Properties = [
    ("url", url), ("topics", topics), ("deadlineMs", deadline), ("fallback", fallback),
  ]

  static let hookEndpointRequest = APISchema(
    name: "HookEndpointRequest",
    schema: open(
      [("merchant", roomName)] + changeable + [("asymmetric", flag)],
      required: ["merchant", "url"]),
    isRequired: true)

  static let hookEndpointChange = APISchema(
    name: "HookEndpointChange", schema: open(changeable + [("disabled", flag)], required: []))

  static let hookKeyRequest = APISchema(
    name: "HookKeyRequest", schema: open([("asymmetric", flag)], required: []))

  static let hookSent = APISchema(name: "HookSent", schema: closed([("delivery", hookID)]))

  static let hookDelivery = APISchema(
    name: "HookDelivery",
    schema: closed([
      ("id", hookID), ("message", text), ("topic", text),
      ("state", ["enum": ["waiting", "delivered", "dead"]]),
      ("attempts", ["type": "integer", "minimum": 0]), ("dueAtMs", time),
      ("status", orNull(["type": "integer"])), ("error", orNull(text)), ("createdAtMs", time),
      ("body", text),
    ]))

  static let hookDeliveries = APISchema(
    name: "HookDeliveries",
    schema: closed([
      ("deliveries", list(hookDelivery.reference)), ("next", orNull(hookID)),
    ]), uses: [hookDelivery])

  static let hookCallback = APISchema(
    name: "HookCallback",
    schema: open(
      [
        (
          "type",
          [
            "enum": [
              "order.paid", "order.failed", "order.cancelled", "order.refunded",
              "order.shipped", "coins.paid", "stock.granted", "listings.put",
            ]
          ]
        ),
        ("timestamp", text),
        (
          "data",
          [
            "type": "object",
            "description": .string(
              "Of an order: `room` and `order`, as checkout.create had them. Of units: `room`, "
                + "`reserve` and `quantity`. Of listings: `room` and `listings`, as in an import."),
          ]
        ),
      ], required: ["type", "data"]),
    isRequired: true)
}
