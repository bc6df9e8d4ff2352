// Captions of a presentation: a rendition for each language.

package import Wire

extension Presentation {
  /// Takes a caption; the first of a language begins its rendition, which is `HLSLimits.captionLanguagesMax` times.
  package mutating func append(_ caption: Caption) {
    guard let place = addSubtitles(caption.language) else { return }
    takeCaption(
      caption.text, start: caption.start - epoch, duration: caption.duration, of: place)
  }

  /// Has subtitles of a language, with or without captions.
  ///
  /// - Returns: the place of their rendition; nil for one language too many, after the end, and before there is a
  ///   rendition of anything else.
  @discardableResult
  package mutating func addSubtitles(_ language: LanguageTag) -> Int? {
    guard !isEnded else { return nil }
    if let known = renditions.firstIndex(where: { $0.kind == .subtitles(language) }) {
      return known
    }
    guard let reference = renditions.first, !reference.isText,
      renditions.count(where: \.isText) < HLSLimits.captionLanguagesMax
    else { return nil }
    return addRendition(Rendition(language, beside: reference))
  }
}
