// What may be asked of a room: nothing here changes anything.

package import Room

/// A query whose fields have been checked.
package enum RoomQuery: Hashable, Sendable {
  /// The room whole, as a snapshot has it.
  case room
  /// Messages with an id below `before`, the newest when nil.
  case history(before: Int64?, limit: Int)
  /// Who is here, after the identity `after`.
  case people(after: String?, limit: Int)
  /// Who is kept out, after the identity `after`.
  case banned(after: String?, limit: Int)
  /// What staff did, with a sequence below `before`.
  case audit(before: Int64?, limit: Int)
  /// How many watched, minute by minute.
  case audience
  /// The log as JSON Lines, from where `after` says.
  case log(after: String?, limit: Int)
  /// What the asking member's wallet holds, and what went in and out, with a number below `before`.
  case wallet(before: Int64?, limit: Int)
  /// Orders with an id below `before`: one's own, or as staff all.
  case orders(before: Int64?, limit: Int)
  /// All orders' lines as a table, those with an id above `after`.
  case orderTable(after: Int64?, limit: Int)
  /// What was pinned, with an id below `before`.
  case pins(before: Int64?, limit: Int)
  /// Who gave most.
  case leaderboard
}

extension RoomQuery {
  /// Who may ask.
  package var authority: Authority {
    switch self {
    case .room, .history, .wallet, .orders, .pins, .leaderboard: .anyone
    case .people, .banned, .audit, .audience, .log: .staff
    case .orderTable: .host
    }
  }
}
