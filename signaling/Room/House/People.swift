// Who the people of a room are: the only place where identities and names meet references.

/// One person's identity and name, as the store keeps them.
package struct PersonRecord: Hashable, Sendable {
  package let person: PersonID
  /// The token's `sub`.
  package let identity: String
  /// For display; may be empty.
  package let name: String
  package init(person: PersonID, identity: String, name: String) {
    self.person = person
    self.identity = identity
    self.name = name
  }
}

/// The people of one room. Whoever was erased is in no table: their references lead nowhere.
package struct People: Sendable {
  private var byIdentity: [String: PersonID] = [:]
  private var records: [PersonID: PersonRecord] = [:]
  /// The highest reference given.
  package private(set) var highest = PersonID.server

  /// Nobody.
  package init() {}

  /// The people the store knows.
  package init(_ records: [PersonRecord]) {
    for record in records { put(record) }
  }

  /// The reference of an identity; nil for somebody who has done nothing yet.
  package func person(_ identity: String) -> PersonID? { byIdentity[identity] }

  /// Who a reference is; nil for the server and for people who were erased.
  package func record(_ person: PersonID) -> PersonRecord? { records[person] }

  /// Adds or renames a person.
  package mutating func put(_ record: PersonRecord) {
    byIdentity[record.identity] = record.person
    records[record.person] = record
    highest = max(highest, record.person)
  }

  /// Who somebody means that types a name: an identity, or the only person with that display name.
  package func named(_ typed: String) -> PersonID? {
    let text = typed.first == "@" ? String(typed.dropFirst()) : typed
    if let person = byIdentity[text] { return person }
    let lower = text.lowercased()
    var found: PersonID?
    for record in records.values where record.name.lowercased() == lower {
      if found != nil { return nil }
      found = record.person
    }
    return found
  }

  /// Forgets who a person is.
  package mutating func erase(_ person: PersonID) {
    guard let record = records.removeValue(forKey: person) else { return }
    byIdentity[record.identity] = nil
  }
}
