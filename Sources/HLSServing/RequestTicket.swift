// What is kept of a request: where its answer goes, and in which form.

package import HTTP

/// A request without its path.
package struct RequestTicket: Hashable, Sendable {
  /// The web server's ids.
  package let connection: UInt64
  package let request: UInt64
  let coding: ContentCoding
  let range: ByteRange?
  /// If-None-Match and If-Range.
  let known: EntityTagCondition?
  let rangeOf: EntityTag?
  let hasRangeOf: Bool

  package init(connection: UInt64, request: UInt64, _ asked: HTTPRequest) {
    self.connection = connection
    self.request = request
    coding = ContentCoding(accepted: asked.headers.values("accept-encoding"))
    range = asked.headers["range"].flatMap { ByteRange($0) }
    known = asked.headers["if-none-match"].flatMap { EntityTagCondition($0) }
    let rangeOf = asked.headers["if-range"]
    hasRangeOf = rangeOf != nil
    self.rangeOf = rangeOf.flatMap { EntityTag(parsing: $0) }
  }

  /// Whether the answer depends on nothing but the coding, so that it may be shared.
  var isPlain: Bool { range == nil && known == nil }
}
