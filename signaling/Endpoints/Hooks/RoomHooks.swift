// Which events of a room are told to shops: the one place that says so.

import Hooks
import JSON
import Room
import RoomLog

/// Messages of committed room events.
enum RoomHooks {
  /// What an event means for shops; nil for most.
  ///
  /// - Parameters:
  ///   - house: after the event was applied.
  ///   - merchant: whose the room is; nil: every endpoint is told.
  static func message(
    of entry: SequencedEvent, in room: String, _ house: RoomHouse, merchant: String? = nil
  ) -> OutboxRow? {
    switch entry.event {
    // The first time only: a host that comes back from a break is no new show.
    case .phaseChanged(.live) where house.state.show.firstLiveAtMs == entry.atMs:
      row(HookTopic.roomLive, entry, room, merchant)
    case .phaseChanged(.ended): row(HookTopic.roomEnded, entry, room, merchant)
    default: nil
    }
  }

  private static func row(
    _ topic: String, _ entry: SequencedEvent, _ room: String, _ merchant: String?,
    _ members: [(String, JSONValue)] = []
  ) -> OutboxRow {
    let data = JSONObject(
      [("room", .string(room)), ("sequence", .integer(entry.sequence))] + members)
    return OutboxRow(
      topic: topic, body: HookPayload.body(type: topic, atMs: entry.atMs, data: data),
      merchant: merchant, isOnRequest: HookTopic.onRequest.contains(topic), atMs: entry.atMs)
  }

  /// Somebody came (`viewer.joined`) or went (`viewer.left`): in no log, so without a sequence.
  static func message(
    _ topic: String, identity: String, name: String, role: String, in room: String, atMs: Int64
  ) -> OutboxRow {
    let data: JSONObject = [
      "room": .string(room), "identity": .string(identity), "name": .string(name),
      "role": .string(role),
    ]
    return OutboxRow(
      topic: topic, body: HookPayload.body(type: topic, atMs: atMs, data: data),
      subject: identity, isOnRequest: true, atMs: atMs)
  }
}
