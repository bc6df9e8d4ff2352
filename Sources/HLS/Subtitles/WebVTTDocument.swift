// WebVTT files as segments (W3C WebVTT; RFC 8216bis section 3.1.4).

import Wire

/// A WebVTT file being written. It ends with an empty line: some readers put segments together and read on.
struct WebVTTDocument {
  /// Local time zero is decode time zero of the room's other tracks, whose ticks count from the epoch too.
  private static let head = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n"

  private var text = WebVTTDocument.head

  var bytes: [UInt8] { Array(text.utf8) }

  /// Adds a cue, in the order of beginnings; `start` and `end` since the epoch.
  mutating func add(id: UInt64, start: TimeSpan, end: TimeSpan, text: String) {
    self.text += "\(id)\n\(WebVTTDocument.time(start)) --> \(WebVTTDocument.time(end))\n"
    self.text += WebVTTDocument.escaped(text) + "\n\n"
  }

  /// `hh:mm:ss.mmm`, rounded down; hours have as many digits as they need.
  static func time(_ span: TimeSpan) -> String {
    let milliseconds = max(0, span.nanoseconds) / 1_000_000
    func padded(_ value: Int64, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    let seconds = milliseconds / 1000
    return padded(seconds / 3600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":"
      + padded(seconds % 60, 2) + "." + padded(milliseconds % 1000, 3)
  }

  /// Cue text that is shown as it is: no tags, no escapes, no end of the cue, no line without anything to see.
  static func escaped(_ text: String) -> String {
    var lines: [String] = []
    for line in text.unicodeScalars.split(whereSeparator: {
      "\n\r\u{2028}\u{2029}".unicodeScalars.contains($0)
    }) {
      var escaped = ""
      for scalar in line {
        switch scalar {
        case "&": escaped += "&amp;"
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        // The parser's own end of a line, or no text at all.
        case "\u{0}"..<"\u{9}", "\u{B}"..<" ", "\u{7F}"..<"\u{A0}": continue
        default: escaped.unicodeScalars.append(scalar)
        }
      }
      if escaped.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) {
        lines.append(escaped)
      }
    }
    return lines.joined(separator: "\n")
  }
}
