// --captions: languages that have subtitles from the start.

import HLS
import Wire

extension SidecarSettings {
  /// The languages of a list; empty without one.
  static func captions(_ list: String?) throws(Fault) -> [LanguageTag] {
    guard let list else { return [] }
    var languages: [LanguageTag] = []
    for text in list.split(separator: ",", omittingEmptySubsequences: false) {
      guard let language = LanguageTag(String(text)) else {
        throw Fault(text: "--captions: no language: \(text)", status: 2)
      }
      if !languages.contains(language) { languages.append(language) }
    }
    guard languages.count <= HLSLimits.captionLanguagesMax else {
      throw Fault(
        text: "--captions: at most \(HLSLimits.captionLanguagesMax) languages", status: 2)
    }
    return languages
  }
}
