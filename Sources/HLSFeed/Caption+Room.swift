// The room's `caption` as one of HLS.

import HLS
import JSON
import Wire

extension Caption {
  /// Reads a message of the room socket; nil for a partial one, which could not be taken back, and for what can't be read.
  init?(_ fields: JSONFields) {
    guard let text = try? fields.string("text"), let raw = try? fields.string("language"),
      let language = LanguageTag(raw), let startMs = try? fields.int("mediaTimeMs"),
      (1...8_000_000_000_000).contains(startMs), let durationMs = try? fields.int("durationMs"),
      (0...3_600_000).contains(durationMs), (try? fields.optionalBool("partial")) != true
    else { return nil }
    self.init(
      language: language, text: text, start: WallTime(nanoseconds: startMs * 1_000_000),
      duration: .milliseconds(durationMs),
      name: (try? fields.optionalString("caption")) ?? nil)
  }
}
