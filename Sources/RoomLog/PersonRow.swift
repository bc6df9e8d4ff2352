// Who a reference of a room stands for: erasable.

/// A person of a room. Written again, it changes the name; what was erased stays erased.
package struct PersonRow: Hashable, Sendable {
  /// The reference, from 1 up in order of arrival; 0 is the server.
  package var person: UInt32
  /// Who they are to the credentials; nil once erased.
  package var identity: String?
  /// The name shown; empty once erased.
  package var name: String

  package init(person: UInt32, identity: String?, name: String) {
    self.person = person
    self.identity = identity
    self.name = name
  }
}
