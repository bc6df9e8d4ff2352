// The request methods Hawker knows, RFC 9110 section 9.

/// A request method of RFC 9110 but CONNECT, or PATCH (RFC 5789). Names are case-sensitive; any other token is refused
/// with 501.
package enum HTTPMethod: String, Hashable, Sendable, CaseIterable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"
  case options = "OPTIONS"
  /// Nothing answers it: known so that it is refused with 405.
  case trace = "TRACE"
}
