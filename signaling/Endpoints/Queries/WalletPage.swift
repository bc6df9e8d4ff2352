// A person's wallet as they are shown it.

import JSON
import RoomLog
import Store

extension HouseReader {
  /// What a wallet holds, what gifts have earned its owner as a host, and a page of what went in and out, newest first.
  func wallet(
    of identity: String, before: Int64?, limit: Int
  ) throws(StoreError) -> HouseReadResult {
    let moves = try reader.moves(of: identity, before: before ?? .max, limit: limit)
    let body: JSONObject = [
      "balance": .integer(try reader.balance(of: identity)),
      "earnings": .integer(try reader.earnings(of: identity)),
      "transfers": .array(moves.map { .object($0.transfer.line(moving: $0.coins)) }),
      "next": moves.count == limit ? moves.last.map { .integer($0.transfer.id) } ?? .null : .null,
    ]
    return HouseReadResult(body: JSONValue.object(body).write())
  }
}

extension Transfer {
  /// A line of the wallet's page: `coins` came in, or (negative) went out.
  fileprivate func line(moving coins: Int64) -> JSONObject {
    [
      "id": .integer(id), "kind": .string(kind.rawValue), "item": .string(purpose.item),
      "count": .integer(purpose.count), "coins": .integer(coins),
      "balance": .integer(balance), "atMs": .integer(atMs),
    ]
  }
}
