// Whom somebody follows, and what these hosts have on or to come.

import JSON
import Room
import RoomLog
import Store

/// What to read for one follower.
package struct Following: Sendable {
  let follower: String
  /// The host after whom the page begins.
  let after: String
  let limit: Int
  /// The viewers of the rooms that are live in this process: what only the disk calls live was cut off, unless
  /// another process has it.
  let live: [String: Int]
  /// Shows that were to begin before are over, whatever the disk says.
  let earliestMs: Int64

  /// Hosts of a page, at most, and where the client says nothing.
  static let limitMax = 100
  static let limitByDefault = 50
}

extension HouseReader {
  /// Entries of the audit trail among which the newest announcement is looked for.
  private static let announcementsMax = 100

  func following(_ wanted: Following) throws(StoreError) -> HouseReadResult {
    let hosts = try reader.followed(
      by: wanted.follower, after: wanted.after, limit: wanted.limit + 1)
    var page = EntryPage()
    var next: String?
    for (index, host) in hosts.enumerated() {
      guard index < wanted.limit, page.add(try entry(of: host, wanted)) else {
        next = index > 0 ? hosts[index - 1] : nil
        break
      }
    }
    let body: JSONValue = [
      "following": .array(page.items), "next": next.map { .string($0) } ?? .null,
    ]
    return HouseReadResult(body: body.write())
  }

  private func entry(of host: String, _ wanted: Following) throws(StoreError) -> JSONValue {
    var rows: [JSONValue] = []
    for listed in try reader.shows(ofHost: host) {
      let isOn = listed.show.phase.isOn
      let isHere = isOn && wanted.live[listed.name] != nil
      let elsewhere = isOn && !isHere ? try reader.showElsewhere(of: listed.room) : nil
      guard isHere || elsewhere != nil || isToCome(listed, wanted),
        rows.count < HouseReader.roomsOfHostMax,
        case .object(var row) = try row(
          listed, viewers: elsewhere?.viewers ?? wanted.live[listed.name] ?? 0,
          server: elsewhere?.server)
      else { continue }
      row["announcement"] = try announcement(of: listed.room).map { .string($0) } ?? .null
      rows.append(.object(row))
    }
    return [
      "host": ["identity": .string(host), "name": .string(try reader.name(of: host) ?? "")],
      "rooms": .array(rows),
    ]
  }

  /// Rooms of one host that are shown, newest first: more are not looked at.
  private static let roomsOfHostMax = 5

  private func isToCome(_ listed: ListedShow, _ wanted: Following) -> Bool {
    switch listed.show.phase {
    case .scheduled, .waiting: listed.show.startsAtMs.map { $0 >= wanted.earliestMs } ?? false
    case .live, .away, .ended: false
    }
  }

  /// The last announcement, if there are not many things staff did since.
  private func announcement(of room: RoomKey) throws(StoreError) -> String? {
    let trail = try reader.audit(of: room, before: .max, limit: HouseReader.announcementsMax)
    for row in trail.events {
      guard case .announced(let text) = SequencedEvent(row).event else { continue }
      return try reader.texts([text.rawValue], in: room).first?.body
    }
    return nil
  }
}
