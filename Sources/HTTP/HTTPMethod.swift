// The request methods Hawker knows, RFC 9110 section 9.

/// A request method of RFC 9110 but CONNECT, PATCH (RFC 5789), or QUERY. Names are case-sensitive; any other token is refused
/// with 501.
package enum HTTPMethod: String, Hashable, Sendable, CaseIterable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"
  case options = "OPTIONS"
  /// Nothing answers these two: known so that they are refused with 405 and what is allowed instead.
  case trace = "TRACE"
  case query = "QUERY"
}
