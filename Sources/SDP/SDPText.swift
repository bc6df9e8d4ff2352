// The small grammar rules all lines share (RFC 8866 section 9), on bytes rather than characters.

extension Substring {
  /// The parts between the bytes equal to `separator`; empty parts are left out where `keepEmpty`
  /// is false. Splits at bytes: a combining character cannot hide a separator.
  func parts(_ separator: UInt8, max: Int = .max, keepEmpty: Bool = false) -> [Substring] {
    utf8.split(separator: separator, maxSplits: max - 1, omittingEmptySubsequences: !keepEmpty)
      .map { Substring($0) }
  }

  /// The fields between spaces.
  func fields(max: Int = .max) -> [Substring] { parts(UInt8(ascii: " "), max: max) }

  /// What stands before and after the first `separator`; nil after it where there is none.
  func cut(_ separator: UInt8) -> (head: Substring, tail: Substring?) {
    guard let index = utf8.firstIndex(of: separator) else { return (self, nil) }
    return (self[..<index], self[utf8.index(after: index)...])
  }

  /// Without spaces at both ends.
  var trimmed: Substring {
    var bytes = utf8
    while bytes.first == UInt8(ascii: " ") { bytes.removeFirst() }
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    return Substring(bytes)
  }

  /// The value of one or more decimal digits without sign; nil for anything else.
  func decimal<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number? {
    guard !utf8.isEmpty, utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Number(self)
  }

  /// Whether this is a token of RFC 8866: visible ASCII without separators.
  var isToken: Bool {
    !utf8.isEmpty
      && utf8.allSatisfy { byte in
        switch byte {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x30...0x39, 0x41...0x5A, 0x5E...0x7E: true
        default: false
        }
      }
  }

  /// Whether this is a rid-id: letters, digits, `-` and `_` (RFC 8851 section 10).
  var isRIDName: Bool {
    !utf8.isEmpty
      && utf8.allSatisfy { byte in
        switch byte {
        case 0x2D, 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
        default: false
        }
      }
  }
}
