// Why a request is refused: what an `error` message says.

import JSON

/// A refused request. The text is English for the client's author and holds no secrets.
package struct MessageRefusal: Error, Hashable, Sendable {
  package let code: ErrorCode
  package let text: String
  /// When the request may be tried again; nil where the code says it all.
  package var retryAfterMs: Int64?

  package init(_ code: ErrorCode, _ text: String, retryAfterMs: Int64? = nil) {
    self.code = code
    self.text = text
    self.retryAfterMs = retryAfterMs
  }

  /// A field of the wrong kind or out of range.
  init(_ mismatch: JSONMismatch) { self.init(.badMessage, mismatch.text) }
}
