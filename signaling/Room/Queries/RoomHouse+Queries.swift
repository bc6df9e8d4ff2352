// What an open room can say of itself without its log: the whole of it, who is here, who is kept out.

import Access
package import JSON

extension RoomHouse {
  /// Everything a snapshot has, in one object with all its lists.
  package func whole(forStaff: Bool) -> JSONObject {
    var object = JSONObject([("cursor", .integer(state.sequence))])
    for (key, value) in snapshotHead(forStaff: forStaff) { object[key] = value }
    for (name, items) in snapshotLists(forStaff: forStaff) { object[name] = .array(items) }
    return object
  }

  /// Who is here after the identity `after`, at most `limit`.
  package func peoplePage(after: String?, limit: Int, atMs: Int64) -> [UInt8] {
    let (here, hasMore) = presence.page(after: after, limit: limit)
    var page = EntryPage()
    var (last, isCut): (String?, Bool) = (nil, hasMore)
    for present in here {
      guard page.add(entry(present, atMs: atMs)) else {
        isCut = true
        break
      }
      last = present.arrival.identity
    }
    let body: JSONValue = [
      "count": .integer(Int64(presence.count)), "people": .array(page.items),
      "next": isCut ? last.map { .string($0) } ?? .null : .null,
    ]
    return body.write()
  }

  private func entry(_ present: Presence.Present, atMs: Int64) -> JSONValue {
    let arrival = present.arrival
    let person = people.person(arrival.identity) ?? .server
    let standing = state.people[person]
    let role = state.role(of: Actor(person: person, role: arrival.role, device: arrival.device))
    return [
      "identity": .string(arrival.identity), "name": .string(arrival.name),
      "role": .string(role.rawValue), "sinceMs": .integer(present.sinceMs),
      "muted": .bool(standing.isMuted),
      "timedOutUntilMs": standing.timedOutUntilMs > atMs ? json(standing.timedOutUntilMs) : .null,
      "stage": .string(stage(of: person)),
    ]
  }

  /// Who is kept out after the identity `after`, at most `limit`; those who were erased are counted.
  package func banList(after: String?, limit: Int) -> BanList {
    let devices = Set(state.people.bannedDevices.values)
    let erasedCount = state.people.standings.count { person, standing in
      standing.isBanned && people.record(person) == nil
    }
    let banned = state.people.standings.compactMap { person, standing in
      standing.isBanned ? people.record(person) : nil
    }.filter { record in after.map { record.identity > $0 } ?? true }
      .sorted { $0.identity < $1.identity }
    let page = banned.prefix(limit)
    return BanList(
      members: page.map { BannedMember(record: $0, withDevice: devices.contains($0.person)) },
      next: page.count < banned.count ? page.last?.identity : nil, erasedCount: erasedCount)
  }

  /// How many watched, oldest first, and at most.
  package var audienceHistory: [UInt8] {
    let counts = state.show.audience.map { count -> JSONValue in
      [.integer(count.atMs), .integer(count.viewers)]
    }
    let body: JSONValue = ["audience": .array(counts), "peak": .integer(state.show.peak)]
    return body.write()
  }
}
