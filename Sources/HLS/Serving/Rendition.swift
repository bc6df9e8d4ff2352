// One rendition of a room: its segmenter, and the segments that can be asked for.

package import Wire

/// What a rendition is to a player.
package enum RenditionKind: Hashable, Sendable {
  /// A layer of the host's picture. `frameRate` as far as it is known.
  case video(frameRate: Double)
  /// Sound, for every video rendition and alone.
  case audio(name: String, language: String?)
  /// Captions of a language as WebVTT.
  case subtitles(LanguageTag)
}

/// A rendition and what is kept of it.
package struct Rendition: Sendable {
  /// Its folder: `[A-Za-z0-9_-]`.
  package let name: String
  package let kind: RenditionKind
  let timing: HLSTiming
  let ticks: Ticks
  /// nil for text.
  var segmenter: Segmenter?
  /// Of text.
  var cues: CueSheet?
  /// Oldest first: what playlists list, and before it what they listed not long ago.
  package private(set) var segments: [StoredSegment] = []
  /// Media Initialization Sections; what an old segment needs stays.
  package private(set) var initializations: [[UInt8]] = []
  package private(set) var formats: [TrackFormat] = []
  package private(set) var byteCount = 0
  private let protection: ContentProtection?
  private var keyframeCount = 0
  private var mediaBytes = 0
  private var mediaTicks: Int64 = 0
  /// Bits per second of the largest complete segment so far.
  package private(set) var peakBitsPerSecond = 0
  /// Set when no part follows any more.
  package var isEnded = false

  init(
    name: String, kind: RenditionKind, format: TrackFormat, timing: HLSTiming, segmenter: Segmenter,
    protection: ContentProtection? = nil
  ) {
    self.name = name
    self.kind = kind
    self.timing = timing
    ticks = Ticks(timescale: format.timescale)
    self.segmenter = segmenter
    self.protection = protection
  }

  /// A rendition of text, whose parts and segments are another one's.
  init(name: String, kind: RenditionKind, timing: HLSTiming, ticks: Ticks, cues: CueSheet) {
    self.name = name
    self.kind = kind
    self.timing = timing
    self.ticks = ticks
    self.cues = cues
    protection = nil
  }

  /// Bits per second over all complete segments.
  package var averageBitsPerSecond: Int {
    let seconds = ticks.span(mediaTicks).seconds
    return seconds > 0 ? Int(Double(mediaBytes) * 8 / seconds) : 0
  }

  /// The newest coding.
  package var format: TrackFormat? { formats.last }

  // MARK: What the segmenter says

  /// Takes over what the segmenter made.
  mutating func apply(_ outputs: [OnSegmenter]) {
    for output in outputs {
      switch output {
      case .began(let start): begin(start)
      case .part(let part): append(part)
      case .ended(let sequence): complete(sequence)
      }
    }
  }

  private mutating func begin(_ start: SegmentStart) {
    if let format = start.format {
      formats.append(format)
      let section = InitializationSection(
        format, encryption: protection?.track(isVideo: format.isVideo),
        systemHeaders: protection?.headers ?? [])
      initializations.append(section.bytes)
    }
    // A segment that never got a part was none.
    if let last = segments.last, last.parts.isEmpty { segments.removeLast() }
    segments.append(
      StoredSegment(
        sequence: start.sequence, start: start.start, isDiscontinuity: start.isDiscontinuity,
        discontinuityCount: start.discontinuityCount, initialization: initializations.count - 1))
  }

  private mutating func append(_ part: Part) {
    guard let last = segments.indices.last else { return }
    byteCount += part.bytes.count
    if part.index == 0, part.keyframeByteCount > 0 {
      segments[last].keyframeOrdinal = keyframeCount
      keyframeCount += 1
    }
    segments[last].parts.append(part)
  }

  /// What a segment of text is as a whole.
  mutating func setDocument(_ bytes: [UInt8], ofSegment sequence: Int) {
    guard let last = segments.lastIndex(where: { $0.sequence == sequence }) else { return }
    byteCount += bytes.count - (segments[last].document?.count ?? 0)
    segments[last].document = bytes
  }

  private mutating func complete(_ sequence: Int) {
    guard let last = segments.lastIndex(where: { $0.sequence == sequence }) else { return }
    segments[last].isComplete = true
    let previous = last > 0 ? segments[last - 1] : nil
    let goesOn =
      previous?.initialization == segments[last].initialization
      && previous?.isGap == segments[last].isGap
    segments[last].run =
      (goesOn ? previous?.run : nil) ?? (segments[last].sequence, segments[last].start)
    let bytes = segments[last].byteCount
    let duration = segments[last].duration
    guard bytes > 0, duration > 0 else { return }
    mediaBytes += bytes
    mediaTicks += duration
    let rate = Int(Double(bytes) * 8 / ticks.span(duration).seconds)
    peakBitsPerSecond = max(peakBitsPerSecond, rate)
  }

  // MARK: The window

  /// Where the list begins: the first of `segments` that playlists name.
  package var firstListed: Int {
    guard let end = segments.last?.end else { return 0 }
    let earliest = end - ticks.count(timing.window)
    return segments.firstIndex { $0.end > earliest } ?? 0
  }

  /// The segments that playlists name, oldest first; the last may have no part yet.
  package var listed: ArraySlice<StoredSegment> { segments[firstListed...] }

  /// Forgets segments that no playlist younger than the window names (RFC 8216bis section 6.2.2).
  mutating func trim() {
    guard let end = segments.last?.end else { return }
    let earliest = end - 2 * ticks.count(timing.window) - ticks.count(timing.segment)
    while segments.count > 1, let first = segments.first, first.end < earliest {
      _ = forgetOldest()
    }
  }

  /// Whether there are more segments than a player needs.
  var mayForget: Bool { segments.count > Rendition.segmentsKept }

  /// Forgets the oldest segment; the bytes it had.
  mutating func forgetOldest() -> Int {
    guard !segments.isEmpty else { return 0 }
    let bytes = segments.removeFirst().byteCount
    byteCount -= bytes
    return bytes
  }

  /// Segments that are kept however large they are: what a player needs to begin.
  private static let segmentsKept = 4

  // MARK: Where it stands

  /// The newest segment with a part, and that part's index; nil before the first.
  package var newest: (sequence: Int, part: Int)? {
    guard let segment = segments.last(where: { !$0.parts.isEmpty }) else { return nil }
    return (segment.sequence, segment.parts.count - 1)
  }

  /// The number of the part that comes next.
  package var nextPartNumber: Int {
    segments.last { !$0.parts.isEmpty }?.parts.last.map { $0.number + 1 } ?? 0
  }

  /// The segment with this Media Sequence Number, if it is kept.
  package func segment(_ sequence: Int) -> StoredSegment? {
    guard let first = segments.first?.sequence else { return nil }
    let index = sequence - first
    if segments.indices.contains(index), segments[index].sequence == sequence {
      return segments[index]
    }
    return segments.first { $0.sequence == sequence }
  }

  /// The part with this number, if it is kept.
  package func part(_ number: Int) -> Part? {
    guard
      let segment = segments.last(where: {
        $0.parts.first.map { $0.number <= number } ?? false
      }), let first = segment.parts.first
    else { return nil }
    let index = number - first.number
    return segment.parts.indices.contains(index) ? segment.parts[index] : nil
  }

  /// The segment that a part is in, if it is kept.
  package func sequence(ofPart number: Int) -> Int? {
    segments.last { $0.parts.first.map { $0.number <= number } ?? false }?.sequence
  }

  /// When a tick is.
  package func span(_ count: Int64) -> TimeSpan { ticks.span(count) }
}

extension Rendition {
  /// Whether it is a picture.
  var isVideo: Bool { if case .video = kind { true } else { false } }

  /// What a segment of it is called.
  func segmentName(_ sequence: Int, _ names: ResourceNames) -> String {
    names.segment(sequence, isText: isText)
  }

  /// What a part of it is called.
  func partName(_ number: Int, _ names: ResourceNames) -> String {
    names.part(number, isText: isText)
  }
}
