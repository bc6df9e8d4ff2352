// The rows of a room's commands and queries, made of their catalogues.

import HTTP
import JSON
import Messages
import Room

extension APIRoute {
  /// A command as a route.
  init(_ command: CommandSpecification) {
    let inPath = command.pathFields
    self.init(
      operation: .command(command.name), method: HTTPMethod(rawValue: command.method) ?? .post,
      segments: APIRoute.room + command.path.split(separator: "/").map { String($0) },
      summary: "\(command.summary) \(APIRoute.who(command.authority))", bearer: .required,
      parameters: inPath.compactMap { name in
        command.fields.first { $0.name == name }.map { APIParameter($0, .path) }
      } + [.idempotencyKey],
      request: .request(of: command), takesTable: command.takesTable,
      answers: [
        Answer(
          200, "Carried out, and on the disk.",
          .json(command.movesCoins ? .transferReply : .commandReply)),
        APIRoute.elsewhere,
        .problem(400, "The room's name, the body or a field is wrong; the detail names it."),
        .problem(401, "No token, or one that is not accepted."),
        .problem(403, "The token is for another room, or its bearer may not do this now."),
        .problem(404, "What it is about is not there, or no longer."),
        .problem(409, "The state of the room does not allow it, or the key is in use right now."),
        Answer(413, "The body is larger than any that is taken.", .text),
        .problem(
          415, "The body is not application/json\(command.takesTable ? " or text/csv" : "")."),
        .problem(422, "A text that is not taken, or the key was used with other parameters."),
        .problem(429, "Too often; Retry-After says when."),
        .problem(503, "Too much waits for the disk; Retry-After says when to try again."),
      ])
  }

  /// A query as a route.
  init(_ query: QuerySpecification) {
    self.init(
      operation: .query(query.name), method: .get,
      segments: APIRoute.room + query.path.split(separator: "/").map { String($0) },
      summary: "\(query.summary) \(APIRoute.who(query.authority))", bearer: .required,
      parameters: query.fields.map { APIParameter($0, .query) },
      answers: [
        Answer(
          200, "As asked.",
          APISchema.answer(to: query).map { .json($0) } ?? (query.isTable ? .table : .lines)),
        APIRoute.elsewhere,
        .problem(400, "The room's name or a parameter is wrong; the detail names it."),
        .problem(401, "No token, or one that is not accepted."),
        .problem(403, "The token is for another room, or its bearer may not see this."),
        .problem(429, "Too often; Retry-After says when."),
        .problem(503, "Too many ask at once; Retry-After says when to try again."),
      ])
  }

  private static let elsewhere = Answer(
    307, "Another server has the room: Location says where, the token goes along.", .none)

  private static func who(_ authority: Authority) -> String {
    switch authority {
    case .anyone: "For every member."
    case .staff: "For staff."
    case .host: "For hosts and services."
    case .server: "For the server alone."
    }
  }
}

extension CommandSpecification {
  /// Whether the ledger carries it out.
  var movesCoins: Bool { name == "gift" || name == "buyCoins" }
}
