// The rules of text renditions: RFC 8216bis section 3.1.4.

/// A segment of text that was loaded.
private struct Whole {
  let uri: String
  let start: Double
  let end: Double
  let cues: Set<ReadDocument.Cue>
}

extension ConformanceChecker {
  /// Checks the documents of a rendition of text.
  ///
  /// - Parameter zero: when decode time zero of the media is, in seconds since 1970.
  mutating func checkText(_ folder: String, _ record: RenditionRecord, zero: Double) {
    var known: [String: ReadDocument.Cue] = [:]
    var wholes: [Whole] = []
    for sequence in record.segments.keys.sorted() {
      guard let segment = record.segments[sequence], let date = segment.date else { continue }
      var time = Double(date) / 1000 - zero
      let start = time
      var inParts: Set<ReadDocument.Cue> = []
      for part in segment.parts {
        if !part.isIndependent { report(.independent, folder, "\(part.uri) needs others") }
        inParts.formUnion(
          checkDocument(folder, part.uri, from: time, to: time + part.duration, &known))
        time += part.duration
      }
      guard let uri = segment.uri else { continue }
      let whole = checkDocument(folder, uri, from: start, to: start + segment.duration, &known)
      guard resource(folder + uri) != nil else { continue }
      wholes.append(
        Whole(uri: uri, start: start, end: start + segment.duration, cues: whole))
      if !inParts.isSubset(of: whole) {
        report(.subtitles, folder, "\(uri) lacks cues of its parts")
      }
    }
    checkSpans(folder, wholes, known.values)
  }

  private mutating func checkDocument(
    _ folder: String, _ uri: String, from start: Double, to end: Double,
    _ known: inout [String: ReadDocument.Cue]
  ) -> Set<ReadDocument.Cue> {
    guard let bytes = resource(folder + uri) else { return [] }
    let document = ReadDocument(String(decoding: bytes, as: UTF8.self))
    for fault in document.faults { report(.subtitles, folder, "\(uri): \(fault)") }
    for cue in document.cues {
      if cue.start >= end + 0.002 || cue.end <= start - 0.002 {
        report(.subtitles, folder, "\(uri) has a cue of another time: \(cue)")
      }
      if let before = known.updateValue(cue, forKey: cue.id), before != cue {
        report(.subtitles, folder, "\(uri) changes a cue: \(cue)")
      }
    }
    return Set(document.cues)
  }

  /// A cue is in every segment it is shown in, from the first that has it.
  private mutating func checkSpans(
    _ folder: String, _ wholes: [Whole], _ cues: some Sequence<ReadDocument.Cue>
  ) {
    for cue in cues {
      for whole in wholes.drop(while: { !$0.cues.contains(cue) }) where !whole.cues.contains(cue) {
        if cue.end > whole.start + 0.002, cue.start < whole.end - 0.002 {
          report(.subtitles, folder, "\(whole.uri) lacks \(cue)")
        }
      }
    }
  }
}

extension ReadSegment {
  /// Whether it is of text.
  var isText: Bool { (uri ?? parts.first?.uri)?.hasSuffix(".vtt") ?? false }
}
