// The request target split and decoded once, safely: RFC 9112 section 3.2, RFC 3986.

/// What a request asks for: a path and its query.
package struct HTTPTarget: Hashable, Sendable {
  /// One `name=value` of the query, decoded; a name alone has an empty value.
  package struct Parameter: Hashable, Sendable {
    package let name: String
    package let value: String
  }

  /// The path as sent, still encoded: begins with "/", or is "*" for OPTIONS. Carries no query, so it may be logged.
  package let path: String
  /// The decoded path segments: "/" has none, "/a/" has "a" and "". Never "." or "..".
  package let segments: [String]
  /// The query in order.
  package let query: [Parameter]

  /// The value of the first query parameter called `name`.
  package func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

  /// Path and query as they may be sent. May hold secrets.
  package var encoded: String {
    guard !query.isEmpty else { return path }
    let parameters = query.map {
      HTTPTarget.encode($0.name) + "=" + HTTPTarget.encode($0.value)
    }
    return path + "?" + parameters.joined(separator: "&")
  }

  /// All but RFC 3986's unreserved characters as percent escapes.
  private static func encode(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      switch byte {
      case 48...57, 65...90, 97...122, 45, 46, 95, 126:
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      default: encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
      }
    }
    return encoded
  }

  /// Reads origin-form ("/path?query") or "*".
  ///
  /// - Throws: 400 for fragments, control characters, bad escapes, text that is not UTF-8, "." and "..".
  package init(_ text: some StringProtocol) throws(HTTPRefusal) {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }) else {
      throw .bad("malformed request target")
    }
    let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = String(parts.first ?? "")
    segments = try HTTPTarget.segments(path)
    query = parts.count > 1 ? try HTTPTarget.parameters(parts[1]) : []
    guard path != "*" || parts.count == 1 else { throw .bad("malformed request target") }
  }

  private static func segments(_ path: String) throws(HTTPRefusal) -> [String] {
    if path == "*" || path == "/" { return [] }
    guard path.utf8.first == 0x2F else { throw .bad("malformed request target") }
    var result: [String] = []
    for part in path.utf8.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false) {
      guard let segment = PercentCoding.decode(part), segment != ".", segment != ".." else {
        throw .bad("malformed request path")
      }
      result.append(segment)
    }
    return result
  }

  private static func parameters(_ text: some StringProtocol) throws(HTTPRefusal) -> [Parameter] {
    var result: [Parameter] = []
    for pair in text.utf8.split(separator: 0x26) {
      let sides = pair.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = sides.first.flatMap({ PercentCoding.decode($0, plusIsSpace: true) }),
        let value = sides.count > 1 ? PercentCoding.decode(sides[1], plusIsSpace: true) : ""
      else { throw .bad("malformed query") }
      result.append(Parameter(name: name, value: value))
    }
    return result
  }
}
