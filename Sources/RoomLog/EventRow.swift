// One event as the log keeps it.

/// What happened in a room: one row of its log. Names and texts are elsewhere; the body refers to them.
package struct EventRow: Hashable, Sendable {
  /// Its place in the room's log: 1, 2, 3, … without gaps.
  package var sequence: Int64
  /// Milliseconds since 1970 by the server's clock.
  package var atMs: Int64
  /// The capture time of the frame it belongs to, milliseconds since 1970; nil when there is none.
  package var mediaTimeMs: Int64?
  /// The person who caused it, by reference; 0 is the server.
  package var actor: UInt32
  /// The event's name.
  package var kind: String
  /// A JSON object, UTF-8, over references.
  package var body: [UInt8]
  /// What only the server may know (the seed of a draw): kept beside the body, in no export; mostly empty.
  package var secret: [UInt8]
  /// Whether it belongs to the audit trail, which is read without reading the chat between.
  package var isAudited: Bool

  package init(
    sequence: Int64, atMs: Int64, mediaTimeMs: Int64? = nil, actor: UInt32, kind: String,
    body: [UInt8], secret: [UInt8] = [], isAudited: Bool = false
  ) {
    self.sequence = sequence
    self.atMs = atMs
    self.mediaTimeMs = mediaTimeMs
    self.actor = actor
    self.kind = kind
    self.body = body
    self.secret = secret
    self.isAudited = isAudited
  }
}
