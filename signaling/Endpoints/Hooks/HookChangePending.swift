// A change of webhooks on its way to the disk, and what is answered then.

import Hooks
import JSON
import RoomLog

/// Who waits for a change, and for what.
struct PendingHookChange: Sendable {
  /// What the change is; with the endpoint as it will be.
  enum Form: Sendable {
    case made(HookEndpointRow)
    case changed(HookEndpointRow)
    /// Its keys were changed: the answer has them.
    case rotated(HookEndpointRow)
    case removed(Int64)
    /// A delivery was made or begins anew.
    case sent
  }

  let ticket: RequestTicket
  let form: Form
}

/// How endpoints and deliveries are shown.
enum HookRendering {
  static func endpoint(_ row: HookEndpointRow, showingKeys: Bool = false) -> JSONObject {
    var object: JSONObject = [
      "id": .integer(row.id), "merchant": .string(row.merchant), "url": .string(row.url),
      "topics": .array(row.topics.map { .string($0) }), "deadlineMs": .integer(row.deadlineMs),
      "fallback": .string(row.fallback.rawValue), "configured": .bool(row.isConfigured),
      "keys": .integer(Int64(row.keys.count)), "disabled": .bool(row.disabledMs != nil),
      "disabledWhy": row.disabledWhy.map { .string($0) } ?? .null,
      "createdAtMs": .integer(row.createdMs),
    ]
    if showingKeys {
      object["secrets"] = .array(
        row.keys.compactMap { HookKey($0) }.map { .string($0.receiverText) })
    }
    return object
  }

  /// A page of deliveries, newest first.
  static func page(_ rows: [HookDeliveryRow], limit: Int) -> [UInt8] {
    let next: JSONValue = rows.count == limit ? rows.last.map { .integer($0.id) } ?? .null : .null
    return JSONValue.object([
      "deliveries": .array(rows.map { .object(delivery($0)) }), "next": next,
    ]).write()
  }

  private static func delivery(_ row: HookDeliveryRow) -> JSONObject {
    [
      "id": .integer(row.id), "message": .string(row.message), "topic": .string(row.topic),
      "state": .string(name(of: row.state)), "attempts": .integer(Int64(row.attempts)),
      "dueAtMs": .integer(row.dueMs),
      "status": row.lastStatus.map { .integer(Int64($0)) } ?? .null,
      "error": row.lastError.map { .string($0) } ?? .null,
      "createdAtMs": .integer(row.createdMs),
      "body": .string(String(decoding: row.body, as: UTF8.self)),
    ]
  }

  static func name(of state: HookDeliveryRow.State) -> String {
    switch state {
    case .waiting: "waiting"
    case .delivered: "delivered"
    case .dead: "dead"
    }
  }

  static func state(named name: String) -> HookDeliveryRow.State? {
    HookDeliveryRow.State.allCases.first { HookRendering.name(of: $0) == name }
  }
}
