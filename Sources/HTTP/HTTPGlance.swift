// A whole simple GET understood without making anything of it: what its answer depends on, as places in its bytes.

import Wire

/// Where a request's target and coding are, for a request that the parser would read in the same way.
///
/// For answers that are there already. Whatever is not the plainest request (conditions, ranges, bodies, anything
/// malformed or cut off, a second request behind it) has no glance, and is the parser's.
package struct HTTPGlance: Hashable, Sendable {
  /// Origin-form, as sent: begins with "/". It may still be one that the parser refuses.
  package let target: Range<Int>
  /// The value of Accept-Encoding without blanks around it; empty when there is none.
  package private(set) var acceptEncoding = 0..<0

  /// Browsers send under 1 kB. Far below the limits of the parser, so that none of them is passed by.
  package static let bytesMax = 4096
  /// Below `HTTPLimits.headersMax`, for the same reason.
  private static let headersMax = 64

  /// Reads exactly one GET of HTTP/1.1 that asks for all of something on a connection that goes on; nil for anything
  /// else.
  package init?(_ bytes: borrowing Span<UInt8>) {
    guard bytes.count <= HTTPGlance.bytesMax, HTTPGlance.has("GET /", in: bytes, at: 0),
      let end = HTTPGlance.targetEnd(bytes), HTTPGlance.has(" HTTP/1.1\r\n", in: bytes, at: end)
    else { return nil }
    target = 4..<end
    var start = end + 11
    var headerCount = 0
    var hostCount = 0
    var codingCount = 0
    while let line = HTTPGlance.line(bytes, from: start) {
      guard !line.name.isEmpty else {
        // The empty line. Nothing may be behind it.
        guard hostCount == 1, codingCount <= 1, line.value.upperBound + 2 == bytes.count else {
          return nil
        }
        return
      }
      headerCount += 1
      guard headerCount <= HTTPGlance.headersMax else { return nil }
      switch HTTPGlance.meaning(bytes, line) {
      case .none: break
      case .host: hostCount += 1
      case .acceptEncoding:
        codingCount += 1
        acceptEncoding = line.value
      case .decisive: return nil
      }
      start = line.end
    }
    return nil
  }

  // MARK: Lines

  private struct Line {
    let name: Range<Int>
    /// Without blanks around it.
    let value: Range<Int>
    let end: Int
  }

  private enum Meaning {
    case none, host, acceptEncoding
    /// The answer may depend on it in a way that is not looked into here.
    case decisive
  }

  private static func targetEnd(_ bytes: borrowing Span<UInt8>) -> Int? {
    var index = 5
    while index < bytes.count, bytes[index] > 0x20, bytes[index] < 0x7F, bytes[index] != 0x23 {
      index += 1
    }
    return index < bytes.count ? index : nil
  }

  /// The field that begins at `start`, or the empty line with an empty name; nil for what is no field or has no end.
  private static func line(_ bytes: borrowing Span<UInt8>, from start: Int) -> Line? {
    var colon = start
    while colon < bytes.count, HTTPSyntax.isToken(bytes[colon]) { colon += 1 }
    if colon == start {
      guard has("\r\n", in: bytes, at: start) else { return nil }
      return Line(name: start..<start, value: start..<start, end: start + 2)
    }
    guard colon < bytes.count, bytes[colon] == 0x3A else { return nil }
    var end = colon + 1
    while end < bytes.count, HTTPSyntax.isFieldValue(bytes[end]) { end += 1 }
    guard has("\r\n", in: bytes, at: end) else { return nil }
    var first = colon + 1
    var last = end
    while first < last, isBlank(bytes[first]) { first += 1 }
    while last > first, isBlank(bytes[last - 1]) { last -= 1 }
    return Line(name: start..<colon, value: first..<last, end: end + 2)
  }

  private static func meaning(_ bytes: borrowing Span<UInt8>, _ line: Line) -> Meaning {
    let name = line.name
    if name.count > 3, equal("if-", bytes, name.lowerBound..<name.lowerBound + 3) {
      return .decisive
    }
    switch name.count {
    case 4 where equal("host", bytes, name):
      return line.value.allSatisfy({ HTTPRequestHead.isHost(bytes[$0]) }) ? .host : .decisive
    case 5 where equal("range", bytes, name), 6 where equal("expect", bytes, name),
      7 where equal("upgrade", bytes, name), 14 where equal("content-length", bytes, name),
      17 where equal("transfer-encoding", bytes, name):
      return .decisive
    case 10 where equal("connection", bytes, name):
      return equal("keep-alive", bytes, line.value) ? .none : .decisive
    case 15 where equal("accept-encoding", bytes, name): return .acceptEncoding
    case _: return .none
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == HTTPSyntax.space || byte == HTTPSyntax.tab
  }

  /// Whether exactly this text is there.
  private static func has(
    _ text: StaticString, in bytes: borrowing Span<UInt8>, at start: Int
  ) -> Bool {
    let count = text.utf8CodeUnitCount
    guard start + count <= bytes.count else { return false }
    for index in 0..<count where unsafe bytes[start + index] != text.utf8Start[index] {
      return false
    }
    return true
  }

  /// Whether a range is this text in lower case, whatever its own case.
  private static func equal(
    _ text: StaticString, _ bytes: borrowing Span<UInt8>, _ range: Range<Int>
  ) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<range.count
    where unsafe HTTPSyntax.lowercase(bytes[range.lowerBound + index])
      != text.utf8Start[index]
    {
      return false
    }
    return true
  }
}
