// Percent-encoding of URIs, RFC 3986 section 2.1.

/// Total percent-decoding and encoding.
package enum PercentCoding {
  /// The text that `bytes` encode; nil for a bad escape, NUL or text that is not UTF-8.
  ///
  /// - Parameter plusIsSpace: whether "+" stands for a space, as in HTML form queries.
  package static func decode(_ bytes: some Sequence<UInt8>, plusIsSpace: Bool = false) -> String? {
    var result: [UInt8] = []
    var iterator = bytes.makeIterator()
    while let byte = iterator.next() {
      var decoded = byte
      if byte == 0x25 {
        guard let high = iterator.next().flatMap(HTTPSyntax.hexValue),
          let low = iterator.next().flatMap(HTTPSyntax.hexValue)
        else { return nil }
        decoded = high << 4 | low
      } else if byte == 0x2B && plusIsSpace {
        decoded = HTTPSyntax.space
      }
      guard decoded != 0 else { return nil }
      result.append(decoded)
    }
    return String(validating: result, as: UTF8.self)
  }

  /// `text` with everything but RFC 3986's unreserved characters escaped: fit for a path segment or query.
  package static func encode(_ text: some StringProtocol) -> String {
    let hex = Array("0123456789ABCDEF".utf8)
    var result: [UInt8] = []
    for byte in text.utf8 {
      if isUnreserved(byte) {
        result.append(byte)
      } else {
        result += [0x25, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
    default: false
    }
  }
}
