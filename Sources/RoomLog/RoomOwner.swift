// The process that has a room, as another one on the same database knows it.

/// Who has a room, and where that process is reached.
package struct RoomOwner: Hashable, Sendable {
  /// Its number in the database: the same after a restart.
  package var node: Int64
  /// Where clients reach it: an origin; empty: not said.
  package var publicURL: String
  /// Where other processes reach it: an origin; empty: not said.
  package var nodeURL: String

  package init(node: Int64, publicURL: String = "", nodeURL: String = "") {
    self.node = node
    self.publicURL = publicURL
    self.nodeURL = nodeURL
  }
}

/// Where a process says it is reached. Both are origins; empty: not said.
package struct NodePlace: Hashable, Sendable {
  /// By clients.
  package var publicURL: String
  /// By other processes on the same database.
  package var nodeURL: String

  package init(publicURL: String = "", nodeURL: String = "") {
    self.publicURL = publicURL
    self.nodeURL = nodeURL
  }
}

/// What a process is among those that share its database.
package struct NodeMembership: Hashable, Sendable, CustomStringConvertible {
  /// Its number: the same after a restart.
  package var node: Int64
  /// What the processes sign with what they say to each other; made with the database's first process.
  /// Secret: never printed.
  package var key: [UInt8]

  package init(node: Int64, key: [UInt8]) {
    self.node = node
    self.key = key
  }

  package var description: String { "node \(node)" }
}
