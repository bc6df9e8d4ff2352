// Why the store could not do what it was asked.

package import RoomLog

/// A failure of the store, by name.
package enum StoreError: Error, Hashable, Sendable {
  /// PostgreSQL refused something: its SQLSTATE, its words, and what was being done.
  case postgres(state: String, text: String, during: String)
  /// The connection to PostgreSQL was lost, or can't be had: libpq's words.
  case disconnected(String)
  /// The server is set up so that what it acknowledges may be lost.
  case unsafeSetting(name: String, value: String)
  /// Another process has the room.
  case ownedElsewhere(RoomOwner)
  /// The room was this process's, and is not any more.
  case ownershipLost(room: RoomKey)
  /// SQLite failed: its extended result code, its words, and what was being done.
  case sqlite(code: Int32, text: String, during: String)
  /// A file or folder could not be used: the kernel's words.
  case file(path: String, text: String)
  /// Another process serves from the data folder.
  case inUse(path: String)
  /// A newer program made the database: it says which version, and we know this one.
  case newerSchema(found: Int, known: Int)
  /// The file is a database, but not Hawker's.
  case notHawkers(path: String)
  /// `integrity_check` found something; its first line.
  case damaged(String)
  /// An event does not follow the last one of its room: a bug, never stored.
  case sequenceGap(room: RoomKey, expected: Int64, found: Int64)
  /// An earlier entry of the room was refused, and this one was decided on top of it.
  case afterRefusal(room: RoomKey)
  /// There is no such room.
  case unknownRoom
  /// Too many requests wait.
  case busy

  /// The name for logs and answers.
  package var name: String {
    switch self {
    case .sqlite(let code, _, _): code & 0xFF == StoreError.full ? "storage-full" : "storage-failed"
    case .postgres(let state, _, _):
      state == PostgresState.diskFull ? "storage-full" : "storage-failed"
    case .disconnected: "storage-away"
    case .unsafeSetting: "unsafe-setting"
    case .ownedElsewhere: "owned-elsewhere"
    case .ownershipLost: "ownership-lost"
    case .file: "file"
    case .inUse: "in-use"
    case .newerSchema: "newer-schema"
    case .notHawkers: "not-hawkers"
    case .damaged: "damaged"
    case .sequenceGap: "sequence-gap"
    case .afterRefusal: "after-refusal"
    case .unknownRoom: "unknown-room"
    case .busy: "busy"
    }
  }

  /// What an entry's failure means for the entries around it.
  enum Reach {
    /// Only the entry is bad: the others go on.
    case entry
    /// Nothing of the group was stored, and nothing is wrong with what is there.
    case group
    /// Nobody knows what is on the disk any more.
    case process
  }

  /// How far the failure of a statement reaches.
  var reach: Reach {
    switch self {
    case .sqlite(let code, _, _):
      switch code & 0xFF {
      case StoreError.constraint, StoreError.tooBig, StoreError.mismatch, StoreError.range: .entry
      case StoreError.full: .group
      default: .process
      }
    case .postgres(let state, _, _): PostgresState.reach(of: state)
    case .afterRefusal, .unknownRoom, .ownedElsewhere, .ownershipLost: .entry
    case .disconnected, .unsafeSetting, .file, .inUse, .newerSchema, .notHawkers, .damaged,
      .sequenceGap, .busy:
      .process
    }
  }

  // SQLite's primary result codes, https://www.sqlite.org/rescode.html.
  private static let full: Int32 = 13
  private static let tooBig: Int32 = 18
  private static let constraint: Int32 = 19
  private static let mismatch: Int32 = 20
  private static let range: Int32 = 25
}

extension StoreError: CustomStringConvertible {
  /// For an operator.
  package var description: String {
    switch self {
    case .sqlite(let code, let text, let during): "\(during): \(text) (SQLite \(code))"
    case .postgres(let state, let text, let during): "\(during): \(text) (PostgreSQL \(state))"
    case .disconnected(let text): "the connection to PostgreSQL: \(text)"
    case .unsafeSetting(let name, let value):
      "PostgreSQL has \(name) = \(value): what it acknowledges could be lost"
    case .ownedElsewhere(let owner): "the room is open at the process \(owner.node)"
    case .ownershipLost(let room): "room \(room.rawValue) belongs to another process now"
    case .file(let path, let text): "\(path): \(text)"
    case .inUse(let path): "\(path) is in use by another server"
    case .newerSchema(let found, let known):
      "the database has version \(found), this program knows up to \(known): use a newer program"
    case .notHawkers(let path): "\(path) is not a database of Hawker"
    case .damaged(let text): "the database is damaged: \(text)"
    case .sequenceGap(let room, let expected, let found):
      "room \(room.rawValue): event \(found) came where \(expected) was due"
    case .afterRefusal(let room): "room \(room.rawValue): an earlier entry was not stored"
    case .unknownRoom: "there is no such room"
    case .busy: "too many requests wait for the disk"
    }
  }
}
