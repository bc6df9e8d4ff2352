// Which idempotency keys a room has seen: a repeated command is answered, never carried out again.

import Crypto

/// A reply as the store keeps it.
package struct StoredReply: Hashable, Sendable {
  /// The member's identity.
  package let subject: String
  package let key: String
  /// SHA-256 of the command's canonical parameters.
  package let parameters: [UInt8]
  /// An HTTP status.
  package let status: Int
  /// A JSON object.
  package let body: [UInt8]
  package init(subject: String, key: String, parameters: [UInt8], status: Int, body: [UInt8]) {
    self.subject = subject
    self.key = key
    self.parameters = parameters
    self.status = status
    self.body = body
  }
}

/// The keys of one room.
package struct IdempotencyIndex: Sendable {
  /// What is known of a key.
  package enum Entry: Hashable, Sendable {
    /// Decided, not committed yet.
    case running(ticket: UInt64, parameters: [UInt8])
    case stored(StoredReply)
    /// In the store, by its row.
    case row(Int64)
  }

  private var running: [UInt64: Entry] = [:]
  private var young: [UInt64: Int64] = [:]
  private var old: [UInt64: Int64] = [:]
  private var replies: [UInt64: StoredReply] = [:]
  /// The keys of `replies`, oldest first, from `firstReply` on.
  private var order: [UInt64] = []
  private var firstReply = 0

  /// No keys.
  package init() {}

  /// The keys that the store has.
  package init(_ rows: [(keyHash: UInt64, row: Int64)]) {
    for row in rows { remember(row.keyHash, row.row) }
  }

  /// What stands for (subject, key): the first eight bytes of a SHA-256, the same in every process.
  package static func hash(subject: String, key: String) -> UInt64 {
    // A subject holds no control characters, so the 0 separates.
    let digest = SHA256.digest((Array(subject.utf8) + [0] + Array(key.utf8)).span)
    return digest[..<8].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// What is known of a key.
  package subscript(hash: UInt64) -> Entry? {
    if let entry = running[hash] { return entry }
    if let reply = replies[hash] { return .stored(reply) }
    return (young[hash] ?? old[hash]).map { .row($0) }
  }

  /// A command with this key was decided.
  package mutating func begin(_ hash: UInt64, ticket: UInt64, parameters: [UInt8]) {
    running[hash] = .running(ticket: ticket, parameters: parameters)
  }

  /// It was committed, with its reply in this row of the store.
  package mutating func finish(_ hash: UInt64, _ reply: StoredReply, row: Int64) {
    running[hash] = nil
    remember(hash, row)
    if replies.updateValue(reply, forKey: hash) == nil { order.append(hash) }
    while replies.count > HouseLimits.repliesMax, firstReply < order.count {
      replies[order[firstReply]] = nil
      firstReply += 1
    }
    if firstReply > HouseLimits.repliesMax {
      order.removeFirst(firstReply)
      firstReply = 0
    }
  }

  private mutating func remember(_ hash: UInt64, _ row: Int64) {
    if young.count >= HouseLimits.keysMax {
      old = young
      young = [:]
    }
    young[hash] = row
  }
}
