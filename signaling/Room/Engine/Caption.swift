// Words that were said, as text over the frame where they were said. They are media: in no log, and gone with the process.

package import Wire

/// A caption as it was sent.
package struct CaptionDraft: Hashable, Sendable {
  package var text: String
  package var language: String
  package var durationMs: Int64?
  /// What a later one names to take this one's place.
  package var name: String?
  /// Whether a later one of the same name will take its place.
  package var isPartial: Bool
  package init(
    text: String, language: String, durationMs: Int64? = nil, name: String? = nil,
    isPartial: Bool = false
  ) {
    self.text = text
    self.language = language
    self.durationMs = durationMs
    self.name = name
    self.isPartial = isPartial
  }
}

/// A caption fit to be shown.
package struct Caption: Hashable, Sendable {
  /// One to `EngineLimits.captionLinesMax` lines.
  package let text: String
  package let language: LanguageTag
  /// When the words begin: media time, milliseconds since 1970.
  package let mediaTimeMs: Int64
  package let durationMs: Int64
  /// nil: nothing takes its place.
  package let name: String?
  package let isPartial: Bool

  /// - Parameters:
  ///   - mediaTimeMs: as it was sent; nil: now.
  ///   - atMs: the server's clock.
  /// - Throws: `bad-field` naming what can't be shown.
  package init(_ draft: CaptionDraft, mediaTimeMs: Int64?, atMs: Int64) throws(CommandRefusal) {
    let clean = try CleanText.clean(
      draft.text, "text", max: EngineLimits.captionMax, allowsLines: true)
    let lines = clean.split(separator: "\n").compactMap { line in
      try? VisibleText.clean(String(line), max: EngineLimits.captionMax)
    }
    guard lines.count <= EngineLimits.captionLinesMax else {
      throw CommandRefusal(.badField, "text: at most \(EngineLimits.captionLinesMax) lines")
    }
    guard let language = LanguageTag(draft.language) else {
      throw CommandRefusal(.badField, "language: no language tag (BCP 47)")
    }
    let earliest = atMs - EngineLimits.mediaTimeBehindMsMax
    let latest = atMs + EngineLimits.captionAheadMsMax
    if let mediaTimeMs, !(earliest...latest).contains(mediaTimeMs) {
      throw CommandRefusal(
        .badField,
        "mediaTimeMs: at most \(EngineLimits.mediaTimeBehindMsMax / 1000) s ago and not to come")
    }
    let name = try draft.name.map { name throws(CommandRefusal) in
      guard Caption.isName(name) else {
        throw CommandRefusal(.badField, "caption: letters, digits, - and _")
      }
      return name
    }
    guard name != nil || !draft.isPartial else {
      throw CommandRefusal(.badField, "caption: a partial one has a name")
    }
    text = lines.joined(separator: "\n")
    self.language = language
    self.mediaTimeMs = mediaTimeMs ?? atMs
    durationMs = draft.durationMs ?? Caption.readingMs(of: text)
    self.name = name
    isPartial = draft.isPartial
  }

  /// How long a text is read: 15 characters a second, as subtitles are made.
  static func readingMs(of text: String) -> Int64 {
    min(max(Int64(text.unicodeScalars.count) * 1000 / 15, 1500), 7000)
  }

  private static func isName(_ name: String) -> Bool {
    (1...EngineLimits.captionNameMax).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2D
          || byte == 0x5F
      }
  }
}
