// The reply to a command, kept so that the same key gets the same answer.

/// What one command was answered, by its idempotency key.
package struct ReplyRow: Hashable, Sendable {
  /// A hash of subject and key, the room's memory of which keys there were.
  package var keyHash: UInt64
  /// The identity whose key it is; erased with the person.
  package var subject: String
  package var key: String
  /// SHA-256 of the command's parameters in canonical form, 32 bytes: another command under the same
  /// key is told apart by it.
  package var parameters: [UInt8]
  /// The HTTP status.
  package var status: Int
  /// The JSON answer, UTF-8.
  package var body: [UInt8]
  /// Milliseconds since 1970 by the server's clock.
  package var atMs: Int64

  package init(
    keyHash: UInt64, subject: String, key: String, parameters: [UInt8], status: Int, body: [UInt8],
    atMs: Int64
  ) {
    self.keyHash = keyHash
    self.subject = subject
    self.key = key
    self.parameters = parameters
    self.status = status
    self.body = body
    self.atMs = atMs
  }
}

/// Where a stored reply is found: what a room keeps in memory of it.
package struct ReplyPlace: Hashable, Sendable, BitwiseCopyable {
  package let keyHash: UInt64
  /// The number of the stored reply, for `RoomReader.reply`.
  package let row: Int64

  package init(keyHash: UInt64, row: Int64) {
    self.keyHash = keyHash
    self.row = row
  }
}
