// What a WHEP session with every layer brings → the room's presentation. Sans-IO.

package import HLS
package import RTP
package import Transcoding
package import Wire

/// A room being fed: its layers and its presentation.
package struct RoomFeed {
  /// nil before the first keyframe.
  package internal(set) var presentation: Presentation?
  let timing: HLSTiming
  let ladder: Ladder
  var layers: [LayerFeed]
  private var twins = LayerTwins()
  var transcoding = TranscodeDesk()
  var slate = SlateDesk()
  /// The poster and the pictures of the seek bar.
  var pictures: RoomPictures
  /// When the last picture and the last sound were captured, since the epoch; slate and silence are not
  /// counted.
  var newestPicture: TimeSpan?
  var newestSound: TimeSpan?
  var nextStillAt: TimeSpan?
  /// Whether stills wait for `takeStills`.
  package var keepsStills = false
  var stillsToKeep: [Stills] = []
  var sound: SoundFeed?
  /// When sound was first heard without a picture.
  private var soundSince: WallTime?
  /// When the last sample was captured, by the server's clock.
  var newest: WallTime?
  /// The server's clock as it was last known. A session in which no media come tells no time.
  private var knownTime: (time: WallTime, at: Instant)?
  private var lateness = Lateness()
  private var askedForCut: TimeSpan?
  /// The next keyframe is another host's, as far as is known.
  private var awaitsPicture = false
  private var runCount = 0
  private let run: String
  private let bytesMax: Int
  private let spool: SpoolLimits?
  private let silenceMax: TimeSpan
  private let keys: SegmentKeys?
  private let protection: ContentProtection?
  private let isSteered: Bool
  /// Languages that have subtitles from the start.
  private let captions: [LanguageTag]

  /// A room without a picture for so long has none: it begins with its sound.
  package static let pictureWait = TimeSpan.seconds(3)
  /// Without a sample for so long the show is over where nobody says so; the next sample begins another.
  package static let silenceMax = TimeSpan.seconds(60)

  /// - Parameters:
  ///   - layers: names of renditions, by the order of the session's video sections.
  ///   - run: another one each time the process starts.
  ///   - ladder: of renditions, when the room's codec is not H.264.
  ///   - bytesMax: of media kept; what goes beyond it shortens the window.
  ///   - spool: what leaves memory for files; nil: nothing.
  ///   - silenceMax: how long a show without media goes on; longer where its end is heard otherwise.
  ///   - keys: to encrypt segments with.
  ///   - protection: to encrypt samples with.
  ///   - isSteered: whether players are told to ask which CDN to use.
  ///   - captions: languages that have subtitles before anything was said in them.
  package init(
    layers: [String], timing: HLSTiming, run: String, ladder: Ladder = .standard,
    bytesMax: Int = HLSLimits.roomBytesMax, spool: SpoolLimits? = nil,
    silenceMax: TimeSpan = RoomFeed.silenceMax,
    keys: SegmentKeys? = nil, protection: ContentProtection? = nil, isSteered: Bool = false,
    captions: [LanguageTag] = []
  ) {
    self.captions = captions
    self.silenceMax = silenceMax
    self.timing = timing
    self.ladder = ladder
    self.run = run
    pictures = RoomPictures(run: run, window: timing.window)
    self.bytesMax = bytesMax
    self.spool = spool
    self.keys = keys
    self.protection = protection
    self.isSteered = isSteered
    self.layers = layers.map { LayerFeed(name: $0) }
    // Without an encoder there is a picture still.
    sound = try? SoundFeed()
  }

  /// Another session: numbering and clocks begin again, renditions go on after a discontinuity.
  package mutating func beginSession() {
    for index in layers.indices {
      var fresh = LayerFeed(name: layers[index].name)
      fresh.place = layers[index].place
      fresh.isOnSlate = layers[index].isOnSlate
      layers[index] = fresh
    }
    let (place, written) = (sound?.place, sound?.writtenEnd)
    sound = try? SoundFeed()
    sound?.place = place
    sound?.continues(at: written)
    twins = LayerTwins()
    transcoding.beginSession()
    discontinue()
  }

  /// Another host's picture comes: what begins with the next keyframe is a discontinuity, though its parameter sets
  /// may be the same. Not before: until then there is the last one's, the slate, or nothing.
  package mutating func expectPicture() {
    awaitsPicture = true
    twins = LayerTwins()
  }

  private mutating func discontinue() {
    guard let newest, let epoch = presentation?.epoch else { return }
    presentation?.beginDiscontinuity(at: newest - epoch)
  }

  /// Takes the newest sender report of a layer, any number of times.
  package mutating func receive(_ report: SenderReport, arrival: Instant, layer: Int) {
    guard layers.indices.contains(layer) else { return }
    if layers[layer].receive(report, arrival: arrival) { discontinue() }
  }

  /// Takes a packet of a layer that arrived at `now`.
  package mutating func receive(
    _ sequenceNumber: SerialNumber16, codec: Codec = .h264, timestamp: RTPTimestamp, marker: Bool,
    payload: borrowing Span<UInt8>, layer: Int, at now: Instant
  ) {
    guard layers.indices.contains(layer) else { return }
    var arrivals: [LayerFeed.Arrival] = []
    layers[layer].receive(
      sequenceNumber, codec: codec, timestamp: timestamp, marker: marker, payload: payload
    ) { arrivals.append($0) }
    for arrival in arrivals {
      switch arrival {
      case .sample(let output):
        note(output, at: now)
        noteTwins(output, layer)
        append(output, layer)
      case .source(let frame, let isDecodable):
        order(frame, isDecodable: isDecodable, layer: layer, at: now)
      }
    }
  }

  mutating func note(_ output: LayerFeed.Output, at now: Instant) {
    if let time = serverTime(at: now) { lateness.note(time - output.capturedAt, at: now) }
  }

  mutating func append(_ output: LayerFeed.Output, _ layer: Int) {
    if presentation == nil || presentation?.isEnded == true {
      guard output.isSync else { return }
      beginShow(at: output.capturedAt)
    }
    guard let epoch = presentation?.epoch else { return }
    let time = output.capturedAt - epoch
    // A show that began with its sound has no picture from before: decode times can't be negative.
    guard time >= .zero else { return }
    newest = max(newest ?? output.capturedAt, output.capturedAt)
    newestPicture = max(newestPicture ?? time, time)
    if awaitsPicture, output.isSync {
      awaitsPicture = false
      presentation?.beginDiscontinuity(at: time)
    }
    guard let format = leaveSlate(output, layer) else { return }
    orderStill(output, layer, at: time)
    if layers[layer].place == nil {
      guard let format = format ?? layers[layer].configuration, output.isSync,
        !hasRendition(like: format), !hasPlacedTwin(layer)
      else { return }
      layers[layer].place = presentation?.addRendition(
        layers[layer].name, .video, format: .avc(format), at: time)
    }
    guard let place = layers[layer].place else { return }
    presentation?.append(
      TimedSample(time: RoomFeed.ticks(time), bytes: output.bytes, isSync: output.isSync),
      format: format.map { .avc($0) }, to: place)
  }

  /// 90,000 ticks are 10^9 ns; the nearest one.
  static func ticks(_ time: TimeSpan) -> Int64 { (time.nanoseconds * 9 + 50_000) / 100_000 }

  private mutating func beginShow(at epoch: WallTime) {
    runCount += 1
    presentation = Presentation(
      timing: timing, epoch: epoch, run: "\(run)\(runCount)", bytesMax: bytesMax, spool: spool,
      keys: keys, protection: protection, isSteered: isSteered, captions: captions)
    for index in layers.indices { layers[index].place = nil }
    sound?.place = nil
    sound?.restart()
    sound?.continues(at: nil)
    transcoding.beginShow()
    slate.end()
    awaitsPicture = false
    pictures = RoomPictures(run: "\(run)\(runCount)", window: timing.window)
    for index in layers.indices { layers[index].isOnSlate = false }
    (newestPicture, newestSound, nextStillAt) = (nil, nil, nil)
    newest = epoch
  }

  // MARK: Sound

  /// Takes the newest sender report of the sound, any number of times.
  package mutating func receiveSound(_ report: SenderReport, arrival: Instant) {
    _ = sound?.receive(report, arrival: arrival)
  }

  /// Takes a packet of Opus. `sequence`: extended.
  package mutating func receiveSound(
    _ sequence: Int64, timestamp: RTPTimestamp, payload: borrowing Span<UInt8>, at now: Instant
  ) {
    guard let time = sound?.clock.serverTime(at: now) else { return }
    if presentation == nil || presentation?.isEnded == true {
      let since = soundSince ?? time
      soundSince = since
      guard time - since >= RoomFeed.pictureWait else { return }
      beginShow(at: time)
    }
    soundSince = nil
    guard let epoch = presentation?.epoch else { return }
    var frames: [(tick: Int64, bytes: [UInt8])] = []
    sound?.receive(sequence, timestamp: timestamp, payload: payload, epoch: epoch) {
      frames.append(($0, $1))
    }
    for frame in frames {
      let age = time - epoch - TimeSpan(nanoseconds: frame.tick * 125_000 / 6)
      lateness.note(age, at: now)
      appendSound(frame.tick, frame.bytes, epoch)
    }
  }

  private mutating func appendSound(_ tick: Int64, _ bytes: [UInt8], _ epoch: WallTime) {
    let time = TimeSpan(nanoseconds: tick * 125_000 / 6)
    guard tick >= 0 else { return }
    newest = max(newest ?? epoch, epoch + time)
    newestSound = max(newestSound ?? time, time)
    if sound?.place == nil {
      guard
        let format = try? AACConfiguration(
          sampleRate: 48_000, channelCount: SoundFeed.channelCount,
          bitsPerSecond: SoundFeed.bitsPerSecond)
      else { return }
      sound?.place = presentation?.addRendition(
        "sound", .audio(name: "Sound", language: nil), format: .aac(format), at: time)
    }
    guard let place = sound?.place else { return }
    presentation?.append(TimedSample(time: tick, bytes: bytes, isSync: true), to: place)
  }

  /// The server's clock, by whatever stream knows it.
  private func serverTime(at now: Instant) -> WallTime? {
    let known =
      layers.compactMap { $0.clock.serverTime(at: now) }
      + [sound?.clock.serverTime(at: now)].compactMap { $0 }
    return known.max()
  }

  /// The server's clock by what earlier sessions told of it.
  private func timeAsKnown(at now: Instant) -> WallTime? {
    knownTime.map { $0.time + (now - $0.at) }
  }

  /// A publisher's single encoding is one rendition, also when its size changes.
  private func hasPlacedTwin(_ layer: Int) -> Bool {
    twins.twins(of: layer).contains { layers[$0].place != nil }
  }

  private mutating func noteTwins(_ output: LayerFeed.Output, _ layer: Int) {
    guard let (timestamp, byteCount) = output.received else { return }
    let parted = twins.note(layer, timestamp: timestamp, byteCount: byteCount)
    // Another publisher's layers: what was passed over as a twin needs a keyframe to begin.
    for each in parted.union(parted.isEmpty ? [] : [layer]) where layers[each].place == nil {
      layers[each].askForKeyframe()
    }
  }

  /// A publisher's single encoding comes in every section of `layer=all`: one of them is enough.
  private func hasRendition(like format: AVCConfiguration) -> Bool {
    presentation?.renditions.contains {
      guard case .avc(let known)? = $0.format else { return false }
      return known.width == format.width && known.height == format.height
    } ?? false
  }

  /// Lets time pass: what can't be filled becomes a gap, and a silent show ends.
  package mutating func advance(at now: Instant) {
    guard let epoch = presentation?.epoch, presentation?.isEnded == false, let newest,
      let time = serverTime(at: now) ?? timeAsKnown(at: now)
    else { return }
    knownTime = (time, now)
    let limit = time - lateness.patience - epoch
    fillPauses(until: limit)
    presentation?.advance(to: limit)
    if time - newest > silenceMax { presentation?.end(at: newest - epoch) }
  }

  // MARK: Events

  /// Takes an event of the room; one that comes before the show begins or after its end is none of it.
  package mutating func take(_ event: RoomEvent) {
    guard let range = event.dateRange else { return }
    presentation?.append(
      range, scheme: RoomEvent.scheme, message: event.message)
  }

  /// Takes words that were said; before a show begins nobody hears them.
  package mutating func take(_ caption: Caption) { presentation?.append(caption) }

  /// The server's wall clock as far as it is known.
  package func serverTime(now: Instant) -> WallTime? { serverTime(at: now) ?? timeAsKnown(at: now) }

  /// Ends the show.
  package mutating func end() {
    // Whoever did the work is gone with the show, and what was on its way with him.
    transcoding = TranscodeDesk()
    guard let newest, let epoch = presentation?.epoch else { return }
    presentation?.end(at: newest - epoch)
  }

  /// The layers to be asked for a keyframe now: all of them for a cut that is due, so that they cut on
  /// the same frame, and those that can't be decoded.
  ///
  /// - Parameter isWatched: else only what a show needs to begin. A segment without a keyframe at its
  ///   beginning is one all the same, and every keyframe costs all who watch by WebRTC.
  package mutating func takeKeyframeWishes(at now: Instant, isWatched: Bool = true) -> [Int] {
    guard isWatched || presentation?.isEnded ?? true else { return [] }
    if let presentation, let cut = presentation.nextCut, cut != askedForCut,
      let time = serverTime(at: now), time - presentation.epoch >= cut
    {
      askedForCut = cut
      // Encoders of ours make their keyframes themselves.
      return layers.indices.filter { layers[$0].codec ?? .h264 == .h264 }
    }
    return layers.indices.filter {
      guard let codec = layers[$0].codec, codec != .h264 else { return layers[$0].wantsKeyframe }
      return transcoding.wantsKeyframe($0, at: now)
    }
  }
}
