// A rendition of text: it has the parts and segments of another one, with WebVTT in them.

import Wire

extension Rendition {
  /// A language's captions beside `reference`, from the segment on that one is in.
  init(_ language: LanguageTag, beside reference: Rendition) {
    self.init(
      name: Rendition.folder(of: language), kind: .subtitles(language), timing: reference.timing,
      ticks: reference.ticks,
      settled: reference.settled.emptied(
        rendition: Rendition.folder(of: language), keys: reference.settled.lines.keys,
        isText: true),
      cues: CueSheet(reference.timing))
    guard let open = reference.segments.last else { return }
    // It may have no part yet.
    let begins = span(open.start)
    cues?.begin(at: begins)
    follow(
      [
        .began(
          SegmentStart(
            sequence: open.sequence, start: open.start, isDiscontinuity: open.isDiscontinuity,
            discontinuityCount: open.discontinuityCount, format: nil))
      ] + open.parts.map { .part($0) } + (open.isComplete ? [.ended(sequence: open.sequence)] : []))
  }

  /// The folder of a language.
  static func folder(of language: LanguageTag) -> String { "text-\(language.text)" }

  /// Whether its segments are WebVTT.
  var isText: Bool { cues != nil }

  /// Takes what the reference's segmenter made, and makes the same of text.
  mutating func follow(_ outputs: [OnSegmenter]) {
    guard cues != nil else { return }
    for output in outputs {
      switch output {
      case .began(var start):
        start.format = nil
        apply([.began(start)])
      case .part(var part):
        part.number = nextPartNumber
        part.isIndependent = true
        part.isGap = false
        part.keyframeByteCount = 0
        let (from, to) = (span(part.start), span(part.start + part.duration))
        part.bytes = cues?.part(from: from, to: to) ?? []
        apply([.part(part)])
      case .ended(let sequence):
        if let segment = segment(sequence) {
          let (from, to) = (span(segment.start), span(segment.end))
          let document = cues?.segment(from: from, to: to)
          setDocument(document ?? [], ofSegment: sequence)
        }
        apply([.ended(sequence: sequence)])
      }
    }
  }
}

extension LanguageTag {
  /// What speakers of the language call it, where that is known here.
  var ownName: String {
    let parts = text.split(separator: "-", maxSplits: 1)
    guard let name = parts.first.flatMap({ LanguageTag.ownNames[String($0)] }) else { return text }
    return parts.count > 1 ? "\(name) (\(parts[1]))" : name
  }

  private static let ownNames = [
    "ar": "العربية", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά",
    "en": "English", "es": "Español", "fi": "Suomi", "fr": "Français", "he": "עברית",
    "hi": "हिन्दी", "hu": "Magyar", "id": "Bahasa Indonesia", "it": "Italiano", "ja": "日本語",
    "ko": "한국어", "nl": "Nederlands", "no": "Norsk", "pl": "Polski", "pt": "Português",
    "ro": "Română", "ru": "Русский", "sv": "Svenska", "th": "ไทย", "tr": "Türkçe",
    "uk": "Українська", "vi": "Tiếng Việt", "zh": "中文",
  ]
}
