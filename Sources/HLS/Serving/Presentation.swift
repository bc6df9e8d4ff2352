// A room as HLS: its renditions on one timeline, and the answer to every request. Pure.

package import Wire

/// The renditions of one room, cut by one plan.
package struct Presentation: Sendable {
  package let timing: HLSTiming
  /// Tick 0 of every track, as wall-clock media time.
  package let epoch: WallTime
  package let names: ResourceNames
  package internal(set) var renditions: [Rendition] = []
  package private(set) var isEnded = false
  private var plan: CutPlan?
  private let firstSequence: Int
  private(set) var dateRanges: [DateRange] = []
  /// How many there have been.
  private(set) var dateRangeCount: UInt64 = 0
  private var dateRangeBytes = 0
  private var advancedTo = TimeSpan.zero
  private let bytesMax: Int
  /// Where old segments are; nil: nowhere, they are forgotten.
  let spool: SpoolLimits?
  let keys: SegmentKeys?
  let protection: ContentProtection?
  private let isSteered: Bool
  private let captions: [LanguageTag]
  /// Grows with everything that changes a playlist: what was made of one revision is good until the next.
  package internal(set) var revision: UInt64 = 0
  private(set) var stills: [String: StillFile] = [:]
  /// Names their bytes in entity tags.
  private(set) var stillsRevision: UInt64 = 0

  /// - Parameters:
  ///   - run: another one each time a room is started (`ResourceNames`).
  ///   - firstSequence: the Media Sequence Number of the first segment.
  ///   - spool: what leaves memory for files instead of being forgotten; nil: nothing.
  ///   - keys: to encrypt segments with; there is no I-frame playlist then, which names parts of segments.
  ///   - protection: to encrypt samples with; not together with `keys`.
  ///   - captions: languages that have subtitles from the start.
  package init(
    timing: HLSTiming, epoch: WallTime, run: String, firstSequence: Int = 0,
    bytesMax: Int = HLSLimits.roomBytesMax, spool: SpoolLimits? = nil, keys: SegmentKeys? = nil,
    protection: ContentProtection? = nil, isSteered: Bool = false, captions: [LanguageTag] = []
  ) {
    self.timing = timing
    self.epoch = epoch
    names = ResourceNames(run: run)
    self.firstSequence = max(0, firstSequence)
    self.bytesMax = bytesMax
    self.spool = spool
    self.keys = keys
    self.protection = protection
    self.isSteered = isSteered
    self.captions = captions
  }

  // MARK: Media

  /// Adds a rendition whose first sample is at `start`.
  ///
  /// The first one begins the room's timeline. A later one begins with the segment the others are in,
  /// with a gap up to its first sample.
  /// - Returns: its place; nil for a name in use or unsafe, beyond `HLSLimits.renditionsMax`, or after
  ///   the end.
  package mutating func addRendition(
    _ name: String, _ kind: RenditionKind, format: TrackFormat, at start: TimeSpan
  ) -> Int? {
    guard !isEnded, renditions.count < HLSLimits.renditionsMax,
      ResourceNames.isSafe(folder: name), !renditions.contains(where: { $0.name == name })
    else { return nil }
    var plan =
      self.plan ?? CutPlan(sequence: firstSequence, start: start, segment: timing.segment)
    let sequence = plan.highestTaken
    let begins = Ticks(timescale: format.timescale).count(plan.cut(sequence).at)
    var outputs: [OnSegmenter] = []
    let segmenter = Segmenter(
      format, timing: timing, epoch: epoch, sequence: sequence, start: begins,
      cipher: protection?.cipher(isVideo: format.isVideo), plan: &plan, into: &outputs)
    var rendition = Rendition(
      name: name, kind: kind, format: format, timing: timing, segmenter: segmenter,
      settled: SettledPlaylists(
        rendition: name, names: names, epoch: epoch, ticks: Ticks(timescale: format.timescale),
        keys: keys),
      protection: protection)
    rendition.apply(outputs)
    self.plan = plan
    guard let place = addRendition(rendition) else { return nil }
    if place == 0 { for language in captions { addSubtitles(language) } }
    return place
  }

  /// Adds a rendition that is cut already; nil beyond `HLSLimits.renditionsMax`.
  mutating func addRendition(_ rendition: Rendition) -> Int? {
    guard renditions.count < HLSLimits.renditionsMax else { return nil }
    renditions.append(rendition)
    revision += 1
    return renditions.count - 1
  }

  /// Takes a caption for a rendition of text.
  mutating func takeCaption(
    _ text: String, start: TimeSpan, duration: TimeSpan, name: String?, of place: Int
  ) {
    renditions[place].cues?.take(text, start: start, duration: duration, name: name)
  }

  /// Takes the next sample of a rendition; `format` with a sync sample when the coding changed.
  package mutating func append(
    _ sample: TimedSample, format: TrackFormat? = nil, to rendition: Int
  ) {
    update(rendition) { segmenter, plan, outputs in
      segmenter.append(sample, format: format, plan: &plan, into: &outputs)
    }
  }

  /// Says that no sample before `instant` comes any more, in any rendition.
  package mutating func advance(to instant: TimeSpan) {
    guard !isEnded, instant > advancedTo else { return }
    advancedTo = instant
    for place in renditions.indices {
      let tick = renditions[place].ticks.floor(instant)
      update(place) { segmenter, plan, outputs in
        segmenter.advance(to: tick, plan: &plan, into: &outputs)
      }
    }
    forgetDateRanges()
  }

  /// Makes the next segment of every rendition begin at `instant` or soon after, as a discontinuity:
  /// another publisher, another host.
  package mutating func beginDiscontinuity(at instant: TimeSpan) {
    guard var plan else { return }
    _ = plan.force(at: instant, after: plan.highestTaken)
    self.plan = plan
  }

  /// Ends the room at `instant`: nothing follows, playlists get EXT-X-ENDLIST.
  package mutating func end(at instant: TimeSpan) {
    guard !isEnded else { return }
    for place in renditions.indices {
      let tick = renditions[place].ticks.floor(instant)
      update(place) { segmenter, plan, outputs in
        segmenter.end(at: tick, plan: &plan, into: &outputs)
      }
      renditions[place].isEnded = true
    }
    isEnded = true
    revision += 1
  }

  /// When the next segment is planned to begin: when media of this time is being captured, the
  /// publisher is to be asked for a keyframe.
  package var nextCut: TimeSpan? {
    guard var plan, !isEnded else { return nil }
    return plan.cut(plan.highestTaken + 1).at
  }

  private mutating func update(
    _ place: Int, _ body: (inout Segmenter, inout CutPlan, inout [OnSegmenter]) -> Void
  ) {
    guard !isEnded, renditions.indices.contains(place), var plan else { return }
    var outputs: [OnSegmenter] = []
    renditions[place].segmenter.change { body(&$0, &plan, &outputs) }
    self.plan = plan
    guard !outputs.isEmpty else { return }
    revision += 1
    renditions[place].apply(outputs)
    renditions[place].trim()
    renditions[place].settle()
    // Text has the first one's parts, so it is as far as that.
    for text in renditions.indices where place == 0 && renditions[text].isText {
      renditions[text].follow(outputs)
      renditions[text].trim()
      renditions[text].settle()
    }
    keepWithinBytes()
  }

  /// When all renditions together have too much in memory, the oldest segment there goes first, with all before
  /// it: a heavy one does not shorten its own window alone, and a light one keeps no past that nobody can switch
  /// from.
  private mutating func keepWithinBytes() {
    leaveMemory(isPressed: false)
    guard memoryByteCount > bytesMax else { return }
    leaveMemory(isPressed: true)
    while memoryByteCount > bytesMax {
      let oldest = renditions.indices.compactMap { place in
        renditions[place].oldestInMemory.map { (place: place, index: $0) }
      }.filter { renditions[$0.place].mayForget }.min { begins($0) < begins($1) }
      guard let oldest else { return }
      let instant = begins(oldest)
      renditions[oldest.place].forget(through: oldest.index)
      for place in renditions.indices { renditions[place].forget(before: instant) }
    }
  }

  private func begins(_ segment: (place: Int, index: Int)) -> TimeSpan {
    renditions[segment.place].span(renditions[segment.place].segments[segment.index].start)
  }

  // MARK: Events

  /// Adds an event, to playlists and as `emsg` to the media; the oldest give way beyond
  /// `HLSLimits.dateRangesMax` and `dateRangeBytesMax`. One with a known id is the same one, told again:
  /// what was published does not change (RFC 8216bis section 4.4.5.1). After the end there are none.
  ///
  /// - Parameters:
  ///   - scheme: of the `emsg` box.
  ///   - message: its content; nil for none.
  package mutating func append(
    _ range: DateRange, scheme: String = "", message: [UInt8]? = nil
  ) {
    guard !isEnded, !dateRanges.contains(where: { $0.id == range.id }) else { return }
    revision += 1
    dateRanges.append(range)
    dateRangeCount += 1
    dateRangeBytes += range.line.utf8.count
    while dateRanges.count > HLSLimits.dateRangesMax
      || dateRangeBytes > HLSLimits.dateRangeBytesMax
    {
      dateRangeBytes -= dateRanges.removeFirst().line.utf8.count
    }
    guard let message else { return }
    for place in renditions.indices {
      let ticks = renditions[place].ticks
      renditions[place].segmenter?.append(
        EventMessage(
          scheme: scheme, value: range.className,
          time: UInt64(max(0, ticks.count(range.start - epoch))), id: range.number,
          message: message))
    }
  }

  /// What happened before everything that is listed is not listed either.
  private mutating func forgetDateRanges() {
    let starts = renditions.compactMap { rendition in
      rendition.listed.first.map { rendition.span($0.start) }
    }
    guard let earliest = starts.min() else { return }
    let limit = epoch + earliest
    if dateRanges.contains(where: { $0.start + ($0.duration ?? .zero) < limit }) {
      revision += 1
      dateRanges.removeAll { $0.start + ($0.duration ?? .zero) < limit }
      dateRangeBytes = dateRanges.reduce(0) { $0 + $1.line.utf8.count }
    }
  }

  // MARK: Stills

  /// Replaces the files beside the renditions, by their names; no name may contain a slash.
  package mutating func replaceStills(_ files: [String: StillFile]) {
    stills = files
    stillsRevision += 1
  }

  // MARK: Requests

  /// Reads a path below the room (`f/index.m3u8`) and a query.
  ///
  /// - Returns: nil for no resource of this room: 404.
  /// - Throws: `.badRequest` for directives that can't be meant.
  package func request(path: String, query: String) throws(LibraryRefusal) -> LibraryRequest? {
    if path == ResourceNames.multivariant { return .multivariant }
    if path == ResourceNames.manifest { return .manifest }
    if stills[path] != nil { return .still(path) }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let place = renditions.firstIndex(where: { $0.name == parts[0] })
    else { return nil }
    switch parts[1] {
    case ResourceNames.playlist[...]:
      guard let directives = DeliveryDirectives(query: query) else { throw .badRequest }
      return .playlist(rendition: place, directives)
    case ResourceNames.keyframes[...]: return .keyframes(rendition: place)
    case let name:
      guard let (kind, number) = names.parse(name, isText: renditions[place].isText) else {
        return nil
      }
      switch kind {
      case "i": return .initialization(rendition: place, index: number)
      case "s": return .segment(rendition: place, sequence: number)
      case "k": return .key(rendition: place, number: number)
      case _: return .part(rendition: place, number: number)
      }
    }
  }

  /// The answer as things stand.
  package func answer(_ request: LibraryRequest) -> LibraryAnswer {
    switch request {
    case .multivariant: return multivariant()
    case .manifest: return manifest()
    case .still(let name):
      guard let file = stills[name] else { return .refused(.notFound) }
      return .content(
        LibraryContent(
          mediaType: file.mediaType, chunks: [file.bytes], lifetime: file.lifetime,
          tag: "\(names.run)-\(stillsRevision)-\(name)"))
    case .playlist(let place, let directives): return playlist(place, directives)
    case .keyframes(let place):
      guard renditions.indices.contains(place), case .video = renditions[place].kind, keys == nil
      else {
        return .refused(.notFound)
      }
      let playlist = KeyframePlaylist(
        rendition: renditions[place], names: names, epoch: epoch,
        keyLines: protection?.keyLines ?? [])
      return content(Presentation.playlistType, playlist.pieces, .newest)
    case .initialization(let place, let index):
      guard renditions.indices.contains(place),
        renditions[place].initializations.indices.contains(index)
      else { return .refused(.notFound) }
      let rendition = renditions[place]
      return media(rendition, [rendition.initializations[index]], names.initialization(index))
    case .segment(let place, let sequence):
      guard renditions.indices.contains(place), let segment = renditions[place].segment(sequence),
        segment.isComplete, !segment.isGap
      else { return .refused(.notFound) }
      if segment.place == .spool { return spooled(place, segment) }
      return media(
        renditions[place], segment.chunks, renditions[place].segmentName(sequence, names),
        ofSegment: sequence)
    case .part(let place, let number): return part(place, number)
    case .key(let place, let number): return key(place, number)
    }
  }

  /// Keys of segments that are kept, and of the one that comes next: no others are told beforehand.
  private func key(_ place: Int, _ number: Int) -> LibraryAnswer {
    guard let keys, renditions.indices.contains(place),
      let first = renditions[place].segments.first, let last = renditions[place].segments.last,
      number >= keys.number(ofSegment: first.sequence),
      number <= keys.number(ofSegment: last.sequence + 1)
    else { return .refused(.notFound) }
    let bytes = keys.key(number, run: names.run)
    return content("application/octet-stream", [TextPiece(bytes: bytes)], .personal)
  }

  /// The media type of playlists (RFC 8216bis section 4).
  package static let playlistType = "application/vnd.apple.mpegurl"

  func mediaType(_ rendition: Rendition) -> String {
    if rendition.isText { return "text/vtt" }
    return rendition.format?.isVideo ?? true ? "video/mp4" : "audio/mp4"
  }

  private func media(
    _ rendition: Rendition, _ chunks: [[UInt8]], _ name: String, ofSegment sequence: Int? = nil
  ) -> LibraryAnswer {
    .content(
      LibraryContent(
        mediaType: mediaType(rendition), chunks: chunks, lifetime: .immutable,
        tag: "\(rendition.name)-\(name)",
        cipher: sequence.flatMap { keys?.cipher(ofSegment: $0, run: names.run) }))
  }

  private func content(
    _ mediaType: String, _ pieces: [TextPiece], _ lifetime: CacheLifetime
  ) -> LibraryAnswer {
    .content(
      LibraryContent(
        mediaType: mediaType, chunks: pieces.map(\.bytes), lifetime: lifetime, tag: "",
        pieceNames: pieces.map(\.name)))
  }

  private func multivariant() -> LibraryAnswer {
    // A player that is told of a rendition asks for its playlist at once.
    let ready = renditions.filter { $0.newest != nil }
    guard !ready.isEmpty else { return .refused(.unavailable) }
    return content(
      Presentation.playlistType,
      [
        TextPiece(
          bytes: MultivariantPlaylist(
            renditions: ready, hasKeyframes: keys == nil,
            sessionKeyLines: protection?.sessionKeyLines ?? [], isSteered: isSteered
          ).bytes)
      ], .newest)
  }

  /// The media type of the MPD (ISO/IEC 23009-1 annex C).
  package static let manifestType = "application/dash+xml"

  /// DASH knows no segments that are encrypted as a whole.
  private func manifest() -> LibraryAnswer {
    guard keys == nil else { return .refused(.notFound) }
    let ready = renditions.filter {
      !$0.isText && $0.listed.contains { $0.isComplete && !$0.isGap }
    }
    guard !ready.isEmpty else { return .refused(.unavailable) }
    let manifest = DASHManifest(
      renditions: ready, names: names, epoch: epoch, timing: timing, isEnded: isEnded,
      protection: protection?.manifestElements ?? "")
    return content(Presentation.manifestType, manifest.pieces, .newest)
  }

  private func part(_ place: Int, _ number: Int) -> LibraryAnswer {
    guard renditions.indices.contains(place) else { return .refused(.notFound) }
    let rendition = renditions[place]
    if let part = rendition.part(number) {
      guard !part.isGap else { return .refused(.notFound) }
      return media(
        rendition, [part.bytes], rendition.partName(number, names),
        ofSegment: rendition.sequence(ofPart: number))
    }
    // The hinted part waits (section 6.2.6); no other does.
    let isHinted = number == rendition.nextPartNumber && !rendition.isEnded
    return isHinted ? .wait : .refused(.notFound)
  }

  /// Whether a request has to wait as things stand. Cheap: nothing is written.
  package func isAwaited(_ request: LibraryRequest) -> Bool {
    switch request {
    case .playlist(let place, let directives): standing(place, directives) == .wait
    case .part(let place, let number): part(place, number) == .wait
    case .multivariant, .manifest, .still, .keyframes, .initialization, .segment, .key: false
    }
  }

  /// Why there is no playlist yet for these directives, or never; nil if there is one. Cheap.
  package func standing(_ place: Int, _ directives: DeliveryDirectives) -> LibraryAnswer? {
    guard renditions.indices.contains(place) else { return .refused(.notFound) }
    let rendition = renditions[place]
    guard let newest = rendition.newest else {
      return directives.sequence == nil ? .refused(.unavailable) : .wait
    }
    guard let sequence = directives.sequence, !rendition.isEnded else { return nil }
    if let refusal = refusal(sequence, directives.part, newest) { return .refused(refusal) }
    return rendition.has(sequence, part: directives.part) ? nil : .wait
  }

  private func playlist(_ place: Int, _ directives: DeliveryDirectives) -> LibraryAnswer {
    if let standing = standing(place, directives) { return standing }
    let rendition = renditions[place]
    let playlist = MediaPlaylist(
      rendition: rendition, names: names, epoch: epoch, dateRanges: dateRanges,
      reports: reports(except: place), keys: keys,
      keyLines: rendition.isText ? [] : protection?.keyLines ?? [])
    let lifetime: CacheLifetime =
      directives.sequence == nil ? .newest : .addressed(seconds: timing.targetSeconds)
    return content(
      Presentation.playlistType, playlist.pieces(skips: directives.skips), lifetime)
  }

  /// Requests too far in the future get 400 (section 6.2.5.2).
  private func refusal(
    _ sequence: Int, _ part: Int?, _ newest: (sequence: Int, part: Int)
  ) -> LibraryRefusal? {
    if sequence > newest.sequence + 2 { return .badRequest }
    guard let part, sequence >= newest.sequence else { return nil }
    let base = sequence == newest.sequence ? newest.part : 0
    return part > base + advancePartLimit ? .badRequest : nil
  }

  /// The Advance Part Limit: three seconds of parts (section 6.2.5.2).
  private var advancePartLimit: Int { Int((3 / timing.part.seconds).rounded(.up)) }

  private func reports(except place: Int) -> [(name: String, sequence: Int, part: Int)] {
    renditions.indices.compactMap { other in
      guard other != place, let newest = renditions[other].newest else { return nil }
      return (renditions[other].name, newest.sequence, newest.part)
    }
  }
}

extension Rendition {
  /// Whether a playlist now has segment `sequence`, whole or up to `part`.
  ///
  /// A part beyond the last of a complete segment means the first of the next (RFC 8216bis section
  /// 6.2.5.2), so it is there when any part of a later segment is.
  package func has(_ sequence: Int, part: Int?) -> Bool {
    guard let newest else { return false }
    if sequence < newest.sequence { return true }
    guard sequence == newest.sequence else { return false }
    if let part { return part <= newest.part }
    return segment(sequence)?.isComplete ?? false
  }
}

extension Optional {
  /// Changes what is there, in place: a copy of it would copy all it holds.
  fileprivate mutating func change(_ body: (inout Wrapped) -> Void) {
    guard var value = self else { return }
    self = nil
    body(&value)
    self = value
  }
}
