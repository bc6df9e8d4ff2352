// What is to be told to another system once the command is committed.

/// A message for webhooks, written with the events it tells of and given to each endpoint that wants it.
package struct OutboxRow: Hashable, Sendable {
  package var topic: String
  /// JSON, UTF-8.
  package var body: [UInt8]
  /// Whose it is; nil: every merchant's.
  package var merchant: String?
  /// Whom it names, so that it goes with them; nil: nobody.
  package var subject: String?
  /// Whether an endpoint must ask for the topic by name: `*` is not enough.
  package var isOnRequest: Bool
  /// Milliseconds since 1970.
  package var atMs: Int64

  package init(
    topic: String, body: [UInt8], merchant: String? = nil, subject: String? = nil,
    isOnRequest: Bool = false, atMs: Int64 = 0
  ) {
    self.topic = topic
    self.body = body
    self.merchant = merchant
    self.subject = subject
    self.isOnRequest = isOnRequest
    self.atMs = atMs
  }
}
