// Tags and attributes of playlists: RFC 8216bis sections 4.1 and 4.2.

package import Wire

/// A playlist being written, line by line.
struct PlaylistText {
  private(set) var text = ""

  /// A piece of one.
  init() {}
  init(version: Int) { text = "#EXTM3U\n#EXT-X-VERSION:\(version)\n" }

  /// Lines as they are.
  mutating func append(_ lines: String) { text += lines }

  /// A line.
  mutating func line(_ line: String) {
    text += line
    text += "\n"
  }

  var bytes: [UInt8] { Array(text.utf8) }
}

/// How values are written.
package enum AttributeText {
  /// A decimal-floating-point number of seconds with five digits: enough for a tick of 90 kHz.
  package static func seconds(_ span: TimeSpan) -> String {
    let hundredThousandths = (max(0, span.nanoseconds) + 5000) / 10_000
    let fraction = String(hundredThousandths % 100_000)
    let zeros = String(repeating: "0", count: 5 - fraction.utf8.count)
    return "\(hundredThousandths / 100_000).\(zeros)\(fraction)"
  }

  /// A number with three digits after the point.
  package static func decimal(_ value: Double) -> String {
    let thousandths = Int((min(max(0, value), 1e9) * 1000).rounded())
    let fraction = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.utf8.count)
      + fraction
  }

  /// A quoted-string; nil for a text with a quotation mark, a line break or another control character.
  package static func quoted(_ text: String) -> String? {
    let isAllowed = text.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && $0 != "\"" && !(0x7F...0x9F).contains($0.value)
    }
    return isAllowed ? "\"\(text)\"" : nil
  }
}
