// Who is in a room now: forgotten with the process, rebuilt by everyone who comes back.

package import Access

/// Somebody comes in.
package struct Arrival: Hashable, Sendable {
  package let identity: String
  package let name: String
  /// The token's role.
  package let role: Role
  package let device: DeviceHint?
  package init(identity: String, name: String, role: Role, device: DeviceHint? = nil) {
    self.identity = identity
    self.name = name
    self.role = role
    self.device = device
  }
}

/// The members that are here, by identity.
package struct Presence: Sendable {
  private var members: [String: (arrival: Arrival, sessions: Int)] = [:]

  /// Nobody.
  package init() {}

  /// The last arrival of somebody who is here.
  package subscript(identity: String) -> Arrival? { members[identity]?.arrival }

  /// How many are here; one with three pages counts once.
  package var count: Int { members.count }

  /// Everyone, by identity.
  package var list: [Arrival] { members.values.map(\.arrival).sorted { $0.identity < $1.identity } }

  mutating func arrive(_ arrival: Arrival) {
    members[arrival.identity] = (arrival, (members[arrival.identity]?.sessions ?? 0) + 1)
  }

  mutating func depart(_ identity: String) {
    guard let member = members[identity] else { return }
    members[identity] = member.sessions > 1 ? (member.arrival, member.sessions - 1) : nil
  }

  /// Whom a typed name means: an identity, or the only member here with that display name.
  func named(_ typed: String) -> String? {
    let text = typed.first == "@" ? String(typed.dropFirst()) : typed
    if members[text] != nil { return text }
    let lower = text.lowercased()
    let found = members.values.filter { $0.arrival.name.lowercased() == lower }
    return found.count == 1 ? found.first?.arrival.identity : nil
  }
}
