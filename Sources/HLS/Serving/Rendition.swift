// One rendition of a room: its segmenter, and the segments that can be asked for.

package import Wire

/// What a rendition is to a player.
package enum RenditionKind: Hashable, Sendable {
  /// A layer of the host's picture.
  case video
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
  /// Of media in memory.
  package private(set) var byteCount = 0
  /// Of media in files of the spool, or on their way there.
  package private(set) var spoolByteCount = 0
  /// Names of files that nobody is given any more.
  private var leftBehind: [Int] = []
  /// The oldest segment that may still be in memory, and the oldest that may not be on its way to the spool.
  private var memoryFrom = 0
  private var spoolFrom = 0
  /// What playlists say of segments that do not change any more.
  private(set) var settled: SettledPlaylists
  private let protection: ContentProtection?
  private var keyframeCount = 0
  private var mediaBytes = 0
  private var mediaTicks: Int64 = 0
  private var frameRate = FrameRate()
  /// Bits per second of the largest complete segment so far.
  package private(set) var peakBitsPerSecond = 0
  /// Set when no part follows any more.
  package var isEnded = false

  init(
    name: String, kind: RenditionKind, format: TrackFormat, timing: HLSTiming, segmenter: Segmenter,
    settled: SettledPlaylists, protection: ContentProtection? = nil
  ) {
    self.name = name
    self.kind = kind
    self.timing = timing
    ticks = Ticks(timescale: format.timescale)
    self.segmenter = segmenter
    self.settled = settled
    self.protection = protection
  }

  /// A rendition of text, whose parts and segments are another one's.
  init(
    name: String, kind: RenditionKind, timing: HLSTiming, ticks: Ticks, settled: SettledPlaylists,
    cues: CueSheet
  ) {
    self.settled = settled
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

  /// The most frames a second so far; nil until it has been steady, and for sound.
  package var framesPerSecond: Double? { kind == .video ? frameRate.settled : nil }

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
    if let last = segments.last, last.partCount == 0 { segments.removeLast() }
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
    segments[last].append(part)
  }

  /// What a segment of text is as a whole.
  mutating func setDocument(_ bytes: [UInt8], ofSegment sequence: Int) {
    guard let last = segments.lastIndex(where: { $0.sequence == sequence }) else { return }
    byteCount -= segments[last].byteCount
    segments[last].setDocument(bytes)
    byteCount += segments[last].byteCount
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
    frameRate.note(
      frames: segments[last].parts.contains(where: \.isGap) ? 0 : segments[last].sampleCount,
      seconds: ticks.span(duration).seconds)
    guard bytes > 0, duration > 0 else { return }
    mediaBytes += bytes
    mediaTicks += duration
    let rate = Int(Double(bytes) * 8 / ticks.span(duration).seconds)
    peakBitsPerSecond = max(peakBitsPerSecond, rate)
  }

  /// Writes the lines of what has become old enough.
  mutating func settle() {
    guard let end = segments.last?.end else { return }
    let partsFrom = end - ticks.count(timing.partWindow)
    settled.settle(
      whole: segments(from: settled.wholeEnd).prefix { $0.isComplete },
      old: segments(from: settled.mediaEnd).prefix { $0.isComplete && $0.end <= partsFrom },
      listedFrom: segments[firstListed].sequence)
  }

  // MARK: The window

  /// Where the list begins: the first of `segments` that playlists name.
  package var firstListed: Int {
    guard let end = segments.last?.end else { return 0 }
    let earliest = end - ticks.count(timing.window)
    let first = firstIndex { $0.end > earliest }
    return first < segments.count ? first : 0
  }

  /// The segments that playlists name, oldest first; the last may have no part yet.
  package var listed: ArraySlice<StoredSegment> { segments[firstListed...] }

  /// The first of `segments` for which `isReached` holds, as it does for all after it; their number if for none.
  /// A window of hours has many thousands, and playlists are asked for with every part.
  func firstIndex(where isReached: (StoredSegment) -> Bool) -> Int {
    var (low, high) = (0, segments.count)
    while low < high {
      let middle = (low + high) / 2
      if isReached(segments[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Forgets segments that no playlist younger than the window names (RFC 8216bis section 6.2.2).
  mutating func trim() {
    guard let end = segments.last?.end else { return }
    let earliest = end - 2 * ticks.count(timing.window) - ticks.count(timing.segment)
    forget(firstIndex { $0.end >= earliest })
  }

  /// Whether there are more segments than a player needs.
  var mayForget: Bool { segments.count > Rendition.segmentsKept }

  /// Forgets segments up to and with one, as far as no player needs them to begin.
  mutating func forget(through index: Int) {
    forget(min(index + 1, segments.count - Rendition.segmentsKept))
  }

  /// Forgets segments that end before `instant`, as far as no player needs them to begin.
  mutating func forget(before instant: TimeSpan) {
    let tick = ticks.floor(instant)
    forget(min(firstIndex { $0.end > tick }, segments.count - Rendition.segmentsKept))
  }

  /// Forgets the oldest `count` segments, but the newest: at once, since all that follow are moved.
  mutating func forget(_ count: Int) {
    let count = min(count, segments.count - 1)
    guard count > 0 else { return }
    for segment in segments[..<count] {
      byteCount -= segment.memoryByteCount
      guard segment.place != .memory else { continue }
      spoolByteCount -= segment.byteCount
      leftBehind.append(segment.sequence)
    }
    segments.removeFirst(count)
  }

  /// Segments that are kept however large they are: what a player needs to begin.
  private static let segmentsKept = 4

  // MARK: The spool

  /// The bytes of the oldest segment that is whole and on its way nowhere; nil when there is none.
  var nextToSpool: Int? {
    mutating get {
      // A few hundred bytes each: they stay.
      if isText { return nil }
      var index = firstIndex { $0.sequence >= spoolFrom }
      while index < segments.count, segments[index].isComplete {
        // What is whole stays so: what is passed over is not looked at again.
        spoolFrom = segments[index].sequence
        if segments[index].place == .memory, !segments[index].isGap {
          return segments[index].byteCount
        }
        spoolFrom += 1
        index += 1
      }
      return nil
    }
  }

  /// That segment: it is now on its way to the spool.
  mutating func takeToSpool() -> StoredSegment? {
    guard nextToSpool != nil, let index = index(of: spoolFrom) else { return nil }
    segments[index].place = .writing
    spoolByteCount += segments[index].byteCount
    spoolFrom += 1
    return segments[index]
  }

  /// Notes how writing a segment ended: it may leave memory, or is to be written again. False when it is forgotten.
  mutating func noteSpooled(_ sequence: Int, isDone: Bool) -> Bool {
    guard let index = index(of: sequence), segments[index].place == .writing else { return false }
    if isDone {
      segments[index].place = .written
    } else {
      segments[index].place = .memory
      spoolByteCount -= segments[index].byteCount
      spoolFrom = min(spoolFrom, sequence)
    }
    return true
  }

  /// Takes segments that end before `tick` out of memory, oldest first, as far as they are in the spool.
  mutating func leaveMemory(before tick: Int64) {
    var index = firstIndex { $0.sequence >= memoryFrom }
    while index < segments.count, segments[index].isComplete, segments[index].end <= tick {
      guard isText || segments[index].place == .written || segments[index].isGap else { return }
      byteCount -= segments[index].leaveMemory()
      index += 1
      memoryFrom = segments[index - 1].sequence + 1
    }
  }

  /// The oldest segment that has bytes in memory; nil when there is none.
  var oldestInMemory: Int? {
    // Of text a document stays of what has left.
    let from = isText ? 0 : firstIndex { $0.sequence >= memoryFrom }
    return segments.indices[from...].first { segments[$0].memoryByteCount > 0 }
  }

  /// The numbers of segments whose files are needed no longer; each once.
  mutating func takeLeftBehind() -> [Int] {
    defer { leftBehind.removeAll(keepingCapacity: true) }
    return leftBehind
  }

  /// The same rendition with these segments, as somebody else has them.
  func having(_ segments: [StoredSegment], isEnded: Bool) -> Rendition {
    var copy = self
    copy.segments = segments
    copy.isEnded = isEnded
    copy.settled = settled.emptied(rendition: name, keys: nil, isText: isText)
    copy.settle()
    return copy
  }

  // MARK: Where it stands

  /// The newest segment with a part, and that part's index; nil before the first.
  package var newest: (sequence: Int, part: Int)? {
    guard let segment = segments.last(where: { $0.partCount > 0 }) else { return nil }
    return (segment.sequence, segment.partCount - 1)
  }

  /// The number of the part that comes next.
  package var nextPartNumber: Int {
    segments.last { $0.partCount > 0 }.map { $0.firstPart + $0.partCount } ?? 0
  }

  /// Where the segment with this Media Sequence Number is.
  func index(of sequence: Int) -> Int? {
    let index = firstIndex { $0.sequence >= sequence }
    return index < segments.count && segments[index].sequence == sequence ? index : nil
  }

  /// The segment with this Media Sequence Number, if it is kept.
  package func segment(_ sequence: Int) -> StoredSegment? {
    index(of: sequence).map { segments[$0] }
  }

  /// The segments from this Media Sequence Number on.
  package func segments(from sequence: Int) -> ArraySlice<StoredSegment> {
    segments[firstIndex { $0.sequence >= sequence }...]
  }

  /// The segment that a part is in, if it is kept.
  private func segment(ofPart number: Int) -> StoredSegment? {
    // The newest may have none yet.
    let index = firstIndex { $0.partCount == 0 || $0.firstPart > number } - 1
    return segments.indices.contains(index) ? segments[index] : nil
  }

  /// The part with this number, if it is in memory.
  package func part(_ number: Int) -> Part? {
    guard let segment = segment(ofPart: number) else { return nil }
    let index = number - segment.firstPart
    return segment.parts.indices.contains(index) ? segment.parts[index] : nil
  }

  /// The Media Sequence Number of the segment that a part is in, if it is kept.
  package func sequence(ofPart number: Int) -> Int? { segment(ofPart: number)?.sequence }

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
