// Every bound of the HTTP codec, each with its reason.

/// What one HTTP connection may ask the parser to hold.
package struct HTTPLimits: Sendable, Hashable {
  /// The longest request or status line in bytes. 8000 is what RFC 9112 section 3 recommends; 414.
  package var startLineBytesMax = 8 * 1024
  /// The most header fields: browsers send about 20, proxies add 10; 431.
  package var headersMax = 100
  /// The most bytes of all header lines together: a full cookie jar and a long token fit; 431.
  package var headerBytesMax = 32 * 1024
  /// The longest body in bytes where the route says nothing: an SDP offer is under 16 KiB; 413.
  package var bodyBytesMax = 256 * 1024
  /// The longest chunk-size line, extensions included: nobody sends any; 400.
  package var chunkLineBytesMax = 256
  /// The empty lines passed over before a start line (RFC 9112 section 2.2 asks for one).
  package var leadingEmptyLinesMax = 2

  /// The limits above.
  package init() {}
}
