// Why an HTTP message was refused, as the status and words its sender is told.

/// A message the parser refuses. The connection cannot be read further: answer and close.
package struct HTTPRefusal: Error, Hashable, Sendable {
  /// The status to answer with, 400...505.
  package let status: Int
  /// One line of fixed text: never echoes what was received.
  package let reason: String

  /// A refusal with `status` and fixed `reason`.
  package init(_ status: Int, _ reason: String) {
    self.status = status
    self.reason = reason
  }

  static func bad(_ reason: String) -> HTTPRefusal { HTTPRefusal(400, reason) }
  static let startLineTooLong = HTTPRefusal(414, "request line too long")
  static let headersTooLarge = HTTPRefusal(431, "header fields too large")
  static let bodyTooLarge = HTTPRefusal(413, "body too large")
}
