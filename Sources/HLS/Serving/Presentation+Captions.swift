// Captions of a presentation: a rendition for each language.

package import Wire

extension Presentation {
  /// Takes a caption; the first of a language begins its rendition, which is `HLSLimits.captionLanguagesMax` times.
  package mutating func append(_ caption: Caption) {
    guard let place = addSubtitles(caption.language) else { return }
    takeCaption(
      caption.text, start: caption.start - epoch, duration: caption.duration,
      name: caption.name, of: place)
  }

  /// Has subtitles of a language, with or without captions.
  ///
  /// - Returns: the place of their rendition; nil for one language too many, after the end, and before there is a
  ///   rendition of anything else.
  @discardableResult
  package mutating func addSubtitles(_ language: LanguageTag) -> Int? {
    guard !isEnded else { return nil }
    // `en-US` goes where `en` is: players that read the list of renditions once know that one.
    let subtags = language.text.split(separator: "-")
    // Another script is other letters.
    let isSpelled = subtags.dropFirst().contains { $0.utf8.count == 4 }
    let plain = isSpelled ? nil : subtags.first.flatMap { LanguageTag(String($0)) }
    if let plain, let known = renditions.firstIndex(where: { $0.kind == .subtitles(plain) }) {
      return known
    }
    if let known = renditions.firstIndex(where: { $0.kind == .subtitles(language) }) {
      return known
    }
    guard let reference = renditions.first, !reference.isText,
      renditions.count(where: \.isText) < HLSLimits.captionLanguagesMax
    else { return nil }
    return addRendition(Rendition(language, beside: reference))
  }
}
