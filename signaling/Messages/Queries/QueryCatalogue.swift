// Every query of a room, in one table: socket, REST, OpenAPI and PROTOCOL.md follow it.

import JSON
import Room

/// The room's queries.
package enum QueryCatalogue {
  /// Entries of a page where the client says nothing.
  package static let limitByDefault = 50
  /// Entries of one page; it ends sooner where they would not fit a message of the room socket.
  package static let limitMax = 100
  /// Lines of one page of the log: what the store reads at once.
  package static let linesMax = 1000

  /// All of them, in the order of PROTOCOL.md.
  package static let all: [QuerySpecification] = [
    QuerySpecification(
      "room", .anyone, "", "The room as it stands, like a snapshot in one part.", isOnSocket: false
    ) { _ in .room },
    QuerySpecification(
      "history", .anyone, "/messages", "Messages, the newest of those before a place.",
      [before, limit]
    ) { .history(before: $0.integer("before"), limit: $0.limit) },
    QuerySpecification(
      "people", .staff, "/members", "Who is here now, by identity.", [after, limit]
    ) { .people(after: $0.string("after"), limit: $0.limit) },
    QuerySpecification(
      "banned", .staff, "/bans", "Who is kept out, by identity.", [after, limit]
    ) { .banned(after: $0.string("after"), limit: $0.limit) },
    QuerySpecification(
      "audit", .staff, "/audit", "Who did what: the newest entries before a place.",
      [before, limit]
    ) { .audit(before: $0.integer("before"), limit: $0.limit) },
    QuerySpecification(
      "audience", .staff, "/audience", "How many watched, minute by minute, for a day."
    ) { _ in .audience },
    QuerySpecification(
      "wallet", .anyone, "/wallet", "One's own coins: how many, and what went in and out.",
      [before, limit]
    ) { .wallet(before: $0.integer("before"), limit: $0.limit) },
    QuerySpecification(
      "log", .staff, "/log", "The room's log as JSON Lines, page by page.",
      [
        .optional("after", .string(1...cursorMax), "From the `Link` of the page before."),
        .optional("limit", .integer(1...Int64(linesMax)), "Lines of a page, at most."),
      ], isOnSocket: false
    ) { .log(after: $0.string("after"), limit: Int($0.integer("limit") ?? Int64(linesMax))) },
    QuerySpecification(
      "orders", .anyone, "/orders", "One's own orders, or as staff all, the newest first.",
      [before, limit]
    ) { .orders(before: $0.integer("before"), limit: $0.limit) },
    QuerySpecification(
      "pinHistory", .anyone, "/pins", "What was pinned, the newest first.", [before, limit]
    ) { .pins(before: $0.integer("before"), limit: $0.limit) },
    QuerySpecification(
      "leaderboard", .anyone, "/leaderboard", "Who gave most coins, at most a hundred."
    ) { _ in .leaderboard },
    QuerySpecification(
      "orderTable", .host, "/orders.csv", "All orders as a table, page by page.",
      [
        .optional(
          "after", .integer(1...EngineLimits.timeMsMax), "From the `Link` of the page before."),
        .optional("limit", .integer(1...Int64(linesMax)), "Orders of a page, at most."),
      ], isOnSocket: false
    ) {
      .orderTable(
        after: $0.integer("after"), limit: Int($0.integer("limit") ?? Int64(linesMax)))
    },
  ]

  /// Characters of a log's cursor: a letter and a number.
  package static let cursorMax = 32

  /// The query of a name; nil for none.
  package static func query(named name: String) -> QuerySpecification? {
    all.first { $0.name == name }
  }

  private static let before = CommandField.optional(
    "before", .integer(1...EngineLimits.timeMsMax), "The `next` of the page before.")
  private static let after = CommandField.optional(
    "after", .string(1...HouseLimits.identityMax), "The `next` of the page before.")
  private static let limit = CommandField.optional(
    "limit", .integer(1...Int64(limitMax)), "Entries of a page, at most.")
}

extension CommandValues {
  fileprivate var limit: Int { Int(integer("limit") ?? Int64(QueryCatalogue.limitByDefault)) }
}
