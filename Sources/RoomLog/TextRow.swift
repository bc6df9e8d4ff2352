// What a text reference of a room stands for: erasable.

/// Something a person wrote.
package struct TextRow: Hashable, Sendable {
  /// The reference, from 1 up in order.
  package var text: Int64
  /// The person who wrote it.
  package var author: UInt32
  /// Nil once erased.
  package var body: String?

  package init(text: Int64, author: UInt32, body: String?) {
    self.text = text
    self.author = author
    self.body = body
  }
}
