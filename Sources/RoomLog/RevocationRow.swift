// Revoked tokens as several processes on one database keep them.

/// That no token of a subject counts in a room, or that they do again.
package struct RevocationRow: Hashable, Sendable {
  package var room: String
  package var subject: String
  /// When the last token it is about has expired, milliseconds since 1970; nil: it stays until lifted.
  package var untilMs: Int64?
  /// Tokens count again.
  package var isLifted: Bool

  package init(room: String, subject: String, untilMs: Int64? = nil, isLifted: Bool = false) {
    self.room = room
    self.subject = subject
    self.untilMs = untilMs
    self.isLifted = isLifted
  }
}
