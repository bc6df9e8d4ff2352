// Who is kept out of a room, with what the log says about it.

import JSON

/// Somebody who is banned.
package struct BannedMember: Hashable, Sendable {
  package let record: PersonRecord
  /// Whether a browser is kept out too.
  package let withDevice: Bool
}

/// A page of the banned, by identity.
package struct BanList: Sendable {
  package let members: [BannedMember]
  /// Where the list goes on; nil at its end.
  private let next: String?
  /// How many more are kept out whom nobody knows any more.
  private let erasedCount: Int
  private var bans: [PersonID: SequencedEvent] = [:]

  init(members: [BannedMember], next: String?, erasedCount: Int) {
    self.members = members
    self.next = next
    self.erasedCount = erasedCount
  }

  /// The kind of the events that tell why.
  package static let kind = "banned"

  /// Takes an event of the log, newest first: the last ban of a member tells of it.
  ///
  /// - Returns: whether all bans are known.
  package mutating func take(_ entry: SequencedEvent) -> Bool {
    guard case .banned(let person, _, _, _) = entry.event,
      members.contains(where: { $0.record.person == person }), bans[person] == nil
    else { return bans.count == members.count }
    bans[person] = entry
    return bans.count == members.count
  }

  /// Who banned.
  package var people: Set<PersonID> { Set(bans.values.map(\.actor)) }

  /// Why.
  package var texts: [TextID] { bans.values.compactMap { BanList.reason($0) } }

  private static func reason(_ entry: SequencedEvent?) -> TextID? {
    guard case .banned(_, _, let reason, _)? = entry?.event else { return nil }
    return reason
  }

  /// The page.
  package func page(people: [PersonRecord], texts: [NewText]) -> [UInt8] {
    let rendering = EntryRendering(people: people, texts: texts)
    var page = EntryPage()
    var next = next
    for (index, member) in members.enumerated() {
      let ban = bans[member.record.person]
      let item: JSONValue = [
        "identity": .string(member.record.identity), "name": .string(member.record.name),
        "device": .bool(member.withDevice), "reason": rendering.text(BanList.reason(ban)),
        "atMs": json(ban?.atMs), "by": ban.map { rendering.member($0.actor) } ?? .null,
      ]
      guard page.add(item) else {
        next = members[index - 1].record.identity
        break
      }
    }
    let body: JSONValue = [
      "people": .array(page.items), "erased": .integer(Int64(erasedCount)),
      "next": next.map { .string($0) } ?? .null,
    ]
    return body.write()
  }
}
