// How one answer of the REST API leads to the next request: OpenAPI's links.

import JSON
import Messages

/// From the answer of one operation to a request of another, with values of the first in the second.
struct APILink: Sendable {
  /// Of an operation's answer with status 200.
  let from: String
  let to: String
  /// Of the request's path: a name and an expression (OpenAPI 3.1, "Runtime Expressions").
  var parameters: [(name: String, value: String)] = []
  /// Members of its body, with expressions.
  var body: JSONObject?

  /// What commands make: the member of their reply, which is also what others have in their path.
  private static let things = [
    "say": "message", "openPoll": "poll", "ask": "question", "openGiveaway": "giveaway",
    "putListing": "listing", "pinListing": "pin", "scheduleDrop": "drop", "openLot": "lot",
    "checkout": "order",
  ]

  /// From what is made to everything that can be done with it.
  private static let made: [APILink] = CommandCatalogue.all.flatMap { maker -> [APILink] in
    guard let thing = things[maker.name] else { return [] }
    return CommandCatalogue.all.filter { $0.pathFields == [thing] }.map { command in
      APILink(
        from: maker.name, to: command.name, parameters: [(thing, "$response.body#/\(thing)")])
    }
  }

  private static let sku = "$request.body#/variants/0/sku"

  /// A sale from the product to the money.
  private static let sale: [APILink] = [
    APILink(from: "putListing", to: "setCart", parameters: [("sku", sku)]),
    APILink(from: "putListing", to: "setVariant", parameters: [("sku", sku)]),
    APILink(from: "putListing", to: "scheduleDrop", body: ["sku": .string(sku)]),
    APILink(from: "putListing", to: "openLot", body: ["sku": .string(sku)]),
    APILink(
      from: "putListing", to: "pinListing", body: ["listing": "$response.body#/listing"]),
    APILink(from: "setCart", to: "checkout"),
    APILink(from: "putVoucher", to: "applyVoucher", body: ["code": "$request.path.code"]),
    APILink(from: "applyVoucher", to: "checkout"),
    APILink(from: "checkout", to: "getOrders"),
    APILink(
      from: "checkout", to: "receiveCallback",
      body: [
        "type": "order.paid",
        "data": ["room": "$request.path.room", "order": "$response.body#/order"],
      ]),
  ]

  static let all = made + sale

  /// The name in the description.
  private var name: String { to }

  /// The links of an operation's answer; nil for none.
  static func json(from operation: APIOperation) -> JSONValue? {
    let links = all.filter { $0.from == operation.id }
    guard !links.isEmpty else { return nil }
    return .object(JSONObject(links.map { ($0.name, $0.json) }))
  }

  private var json: JSONValue {
    var parameters = parameters.map { ($0.name, JSONValue.string($0.value)) }
    // What is about a room stays in it.
    if APIRoute.all.first(where: { $0.operation.id == to })?.operation.needsRoom ?? false {
      parameters.insert(("room", "$request.path.room"), at: 0)
    }
    var link: JSONObject = ["operationId": .string(to)]
    if !parameters.isEmpty { link["parameters"] = .object(JSONObject(parameters)) }
    if let body { link["requestBody"] = .object(body) }
    return .object(link)
  }
}
