// Header lines being read into fields, RFC 9112 section 5, under limits.

/// A header section (or trailer section) as far as it has come.
struct HTTPHeaderSection: Sendable {
  private(set) var headers = HTTPHeaders()
  private var byteCount = 0

  /// Reads lines until the empty one; true when it has been read.
  mutating func advance(
    _ buffer: inout HTTPInputBuffer, limits: HTTPLimits
  ) throws(HTTPRefusal) -> Bool {
    while let line = try takeLine(&buffer, limits: limits) {
      if line.isEmpty { return true }
      byteCount += line.count + 2
      guard byteCount <= limits.headerBytesMax, headers.count < limits.headersMax else {
        throw .headersTooLarge
      }
      try parse(line)
    }
    return false
  }

  private func takeLine(
    _ buffer: inout HTTPInputBuffer, limits: HTTPLimits
  ) throws(HTTPRefusal) -> ArraySlice<UInt8>? {
    do {
      return try buffer.takeLine(limit: limits.headerBytesMax - byteCount)
    } catch {
      switch error {
      case .tooLong: throw .headersTooLarge
      case .bareLineEnd: throw .bad("bare line ending in a header")
      }
    }
  }

  private mutating func parse(_ line: ArraySlice<UInt8>) throws(HTTPRefusal) {
    // A line that starts with a blank is obs-fold (RFC 9112 section 5.2); its name is no token.
    guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex,
      line[..<colon].allSatisfy(HTTPSyntax.isToken)
    else { throw .bad("malformed header field") }
    let value = line[(colon + 1)...]
    guard value.allSatisfy(HTTPSyntax.isFieldValue) else {
      throw .bad("control character in a header")
    }
    headers.append(
      String(decoding: line[..<colon], as: UTF8.self),
      HTTPSyntax.trimmed(String(decoding: value, as: UTF8.self)))
  }
}
