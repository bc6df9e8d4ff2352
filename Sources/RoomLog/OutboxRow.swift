// What is to be told to another system once the command is committed.

/// A message for a webhook, written with the events it tells of.
package struct OutboxRow: Hashable, Sendable {
  package var topic: String
  /// JSON, UTF-8.
  package var body: [UInt8]

  package init(topic: String, body: [UInt8]) {
    self.topic = topic
    self.body = body
  }
}
