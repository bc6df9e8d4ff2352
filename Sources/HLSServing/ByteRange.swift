// The one range of a Range field that we serve: RFC 9110 section 14.

/// A single range of bytes as asked for.
package enum ByteRange: Hashable, Sendable {
  /// From an offset on; to an offset if there is one, inclusive.
  case from(Int, to: Int?)
  /// So many bytes at the end.
  case last(Int)

  /// Reads a field's value; nil for what is not one range of bytes: it is ignored.
  package init?(_ value: String) {
    guard value.hasPrefix("bytes=") else { return nil }
    let ends = value.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2 else { return nil }
    switch (ByteRange.number(ends[0]), ByteRange.number(ends[1])) {
    case (let first?, let last?) where first <= last: self = .from(first, to: last)
    case (let first?, nil) where ends[1].isEmpty: self = .from(first, to: nil)
    case (nil, let count?) where ends[0].isEmpty: self = .last(count)
    case _: return nil
    }
  }

  private static func number(_ text: Substring) -> Int? {
    guard (1...15).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int(text)
  }

  /// The bytes of a body of `count`; nil if it has none of them: 416.
  package func bounds(of count: Int) -> Range<Int>? {
    switch self {
    case .from(let first, let last):
      guard first < count else { return nil }
      return first..<min(count, (last ?? count - 1) + 1)
    case .last(let wanted):
      guard wanted > 0, count > 0 else { return nil }
      return max(0, count - wanted)..<count
    }
  }
}
