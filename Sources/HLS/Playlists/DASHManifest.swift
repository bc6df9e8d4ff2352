// The MPD of DASH over the same segments: ISO/IEC 23009-1 section 5, live profile.

import Wire

/// Writes what DASH players need to play the segments that HLS has.
///
/// A period ends where a rendition's Media Initialization Section changes or a gap begins or ends:
/// a SegmentTimeline can skip no number, and a representation has one initialization.
struct DASHManifest {
  let renditions: [Rendition]
  let names: ResourceNames
  let epoch: WallTime
  let timing: HLSTiming
  let isEnded: Bool
  /// ContentProtection of every AdaptationSet; empty without.
  let protection: String

  /// Segments of one rendition, without gap or change.
  private struct Run {
    let rendition: Rendition
    let first: StoredSegment
    let sequences: Range<Int>
  }

  /// A period: these segments of these renditions, without gap or change.
  private struct Period {
    /// The Media Sequence Number it began with: its name.
    let sequence: Int
    let start: TimeSpan
    let runs: [Run]
  }

  var pieces: [TextPiece] {
    var pieces: [TextPiece] = []
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text += "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\""
    if !protection.isEmpty { text += " xmlns:cenc=\"urn:mpeg:cenc:2013\"" }
    text += " profiles=\"urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019\""
    text += " minBufferTime=\"\(DASHManifest.duration(timing.segment))\""
    text +=
      " maxSegmentDuration=\"\(DASHManifest.duration(timing.segment + HLSTiming.longestExcess))\""
    text += isEnded ? ended : live
    text += ">\n"
    for period in periods { write(period, to: &text, &pieces) }
    // Its Date tells players our clock: segments can be asked for only when they are there.
    if !isEnded {
      text += "<UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:http-head:2014\""
      text += " value=\"\(ResourceNames.manifest)\"/>\n"
    }
    return pieces + [TextPiece(bytes: Array((text + "</MPD>\n").utf8))]
  }

  /// The end of what is listed, since the epoch.
  private var end: TimeSpan {
    renditions.compactMap { rendition in
      rendition.listed.last { $0.isComplete }.map { rendition.span($0.end) }
    }.max() ?? .zero
  }

  private var ended: String {
    // Times in periods are since the epoch; what is gone from the window counts, as HLS counts it.
    " type=\"static\" mediaPresentationDuration=\"\(DASHManifest.duration(end))\""
  }

  private var live: String {
    [
      " type=\"dynamic\"", "availabilityStartTime=\"\(CalendarDate(epoch).rfc3339)\"",
      "publishTime=\"\(CalendarDate(epoch + end).rfc3339)\"",
      "minimumUpdatePeriod=\"\(DASHManifest.duration(timing.segment))\"",
      "timeShiftBufferDepth=\"\(DASHManifest.duration(timing.window))\"",
      "suggestedPresentationDelay=\"\(DASHManifest.duration(timing.holdBack))\"",
    ].joined(separator: " ")
  }

  // MARK: Periods

  /// The listed ones. Each is where it was in every manifest, also when its first segments are gone.
  private var periods: [Period] {
    let runs = renditions.map { self.runs(of: $0) }
    // The newest run of those that the first listed segments are in began the first period.
    let head = runs.compactMap { $0.first?.first.run?.sequence }.max() ?? 0
    var starts: [Int: TimeSpan] = [:]
    for run in runs.joined() {
      guard let began = run.first.run, began.sequence >= head else { continue }
      let start = run.rendition.span(began.start)
      starts[began.sequence] = min(starts[began.sequence] ?? start, start)
    }
    let cuts = starts.keys.sorted()
    return cuts.indices.compactMap { index in
      // What is listed from before the first cut has no period any more.
      let next = index + 1 < cuts.count ? cuts[index + 1] : Int.max
      return period(cuts[index]..<next, at: starts[cuts[index]] ?? .zero)
    }
  }

  /// What is listed of a rendition and whole, run by run. A window of hours has many segments and few runs.
  private func runs(of rendition: Rendition) -> [Run] {
    let segments = rendition.segments
    var runs: [Run] = []
    var index = rendition.firstListed
    while index < segments.count, segments[index].isComplete {
      let first = segments[index]
      let next = rendition.firstIndex {
        !$0.isComplete || $0.run?.sequence ?? 0 > first.run?.sequence ?? 0
      }
      guard next > index else { break }
      runs.append(
        Run(
          rendition: rendition, first: first,
          sequences: first.sequence..<segments[next - 1].sequence + 1))
      index = next
    }
    return runs
  }

  private func period(_ sequences: Range<Int>, at start: TimeSpan) -> Period? {
    var runs: [Run] = []
    for rendition in renditions {
      // A run that begins later began another period.
      let first = max(
        rendition.firstIndex { $0.sequence >= sequences.lowerBound }, rendition.firstListed)
      guard first < rendition.segments.count else { continue }
      let segment = rendition.segments[first]
      guard sequences.contains(segment.sequence), segment.isComplete, !segment.isGap else {
        continue
      }
      runs.append(
        Run(
          rendition: rendition, first: segment,
          sequences: segment.sequence..<sequences.upperBound))
    }
    return runs.isEmpty
      ? nil : Period(sequence: sequences.lowerBound, start: start, runs: runs)
  }

  // MARK: Text

  private func write(
    _ period: Period, to text: inout String, _ pieces: inout [TextPiece]
  ) {
    text += "<Period id=\"\(period.sequence)\""
    text += " start=\"\(DASHManifest.duration(period.start))\">\n"
    let pictures = period.runs.filter {
      if case .video = $0.rendition.kind { true } else { false }
    }
    if !pictures.isEmpty {
      text += "<AdaptationSet id=\"0\" contentType=\"video\" mimeType=\"video/mp4\""
      text += " segmentAlignment=\"true\">\n\(protection)"
      for run in pictures { write(run, from: period.start, to: &text, &pieces) }
      text += "</AdaptationSet>\n"
    }
    for (index, run) in period.runs.enumerated() {
      guard case .audio(_, let language) = run.rendition.kind else { continue }
      text += "<AdaptationSet id=\"\(index + 1)\" contentType=\"audio\" mimeType=\"audio/mp4\""
      if let language { text += " lang=\"\(DASHManifest.escaped(language))\"" }
      text += " segmentAlignment=\"true\" startWithSAP=\"1\">\n\(protection)"
      write(run, from: period.start, to: &text, &pieces)
      text += "</AdaptationSet>\n"
    }
    text += "</Period>\n"
  }

  private func write(
    _ run: Run, from start: TimeSpan, to text: inout String, _ pieces: inout [TextPiece]
  ) {
    let (rendition, first) = (run.rendition, run.first)
    guard rendition.formats.indices.contains(first.initialization) else { return }
    let format = rendition.formats[first.initialization]
    text += "<Representation id=\"\(rendition.name)\" codecs=\"\(format.codec)\""
    text += " bandwidth=\"\(MultivariantPlaylist.peak(rendition))\""
    switch format {
    case .avc(let picture):
      text += " width=\"\(picture.width)\" height=\"\(picture.height)\">\n"
    case .aac(let sound):
      text += " audioSamplingRate=\"\(sound.sampleRate)\">\n"
      text += "<AudioChannelConfiguration"
      text += " schemeIdUri=\"urn:mpeg:dash:23003:3:audio_channel_configuration:2011\""
      text += " value=\"\(sound.channelCount)\"/>\n"
    }
    let folder = "\(rendition.name)/"
    text += "<SegmentTemplate timescale=\"\(format.timescale)\""
    text += " presentationTimeOffset=\"\(max(0, rendition.ticks.count(start)))\""
    text += " initialization=\"\(folder)\(names.initialization(first.initialization))\""
    text +=
      " media=\"\(folder)\(names.segmentTemplate)\" startNumber=\"\(first.sequence)\">\n<SegmentTimeline>\n"
    pieces.append(TextPiece(bytes: Array(text.utf8)))
    pieces += rendition.settled.timeline.pieces(run.sequences)
    text = "</SegmentTimeline>\n</SegmentTemplate>\n</Representation>\n"
  }

  /// What a SegmentTimeline says of a segment.
  static func line(of segment: StoredSegment) -> String {
    "<S t=\"\(segment.start)\" d=\"\(segment.duration)\"/>\n"
  }

  /// xs:duration in seconds.
  private static func duration(_ span: TimeSpan) -> String { "PT\(AttributeText.seconds(span))S" }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case "\"": escaped += "&quot;"
      case _ where scalar.value < 0x20: continue
      case _: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
