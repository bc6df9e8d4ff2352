// Words on the room's timeline, as they come from the room.

package import Wire

/// A caption: words of one language over the frames they were said on.
package struct Caption: Hashable, Sendable {
  package let language: LanguageTag
  /// Lines; whatever stands in them.
  package let text: String
  /// When the words begin: media time.
  package let start: WallTime
  package let duration: TimeSpan
  /// A later one of this name and language takes its place.
  package let name: String?

  /// - Parameters:
  ///   - text: cut at `HLSLimits.captionCharactersMax`.
  ///   - duration: brought into `HLSLimits.captionDurations`.
  package init(
    language: LanguageTag, text: String, start: WallTime, duration: TimeSpan, name: String? = nil
  ) {
    self.language = language
    self.text = String(
      String.UnicodeScalarView(text.unicodeScalars.prefix(HLSLimits.captionCharactersMax)))
    self.start = start
    self.name = name
    self.duration = min(
      max(duration, HLSLimits.captionDurations.lowerBound), HLSLimits.captionDurations.upperBound)
  }
}
