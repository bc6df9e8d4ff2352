// A room in virtual time with players that ask as players do; every exchange is recorded.

import HLS
import HLSConformance
import Wire

/// What happens in a session.
struct SessionScript {
  var seed: UInt64
  var seconds: Int64 = 26
  /// The publisher goes and comes back with a keyframe: from, to (seconds).
  var restart: ClosedRange<Double>?
  /// Only the highest layer stops.
  var layerLoss: ClosedRange<Double>?
  /// The highest layer changes its size.
  var resize: Double?
  /// Frames a second of each layer, lowest first.
  var frameRates = [30.0, 30.0, 30.0]
  /// Standard deviation of arrival, roughly.
  var jitterMilliseconds = 8.0
  /// Keyframes come this long after they are asked for; nil: never after the first.
  var keyframeDelay: Double? = 0.12
  /// Samples are encrypted.
  var isProtected = false
  /// Old segments leave memory for a spool.
  var isSpooled = false
  /// There are captions, one language from the start and one from the eighth second on.
  var hasCaptions = false
}

/// Runs a script.
struct LiveSession {
  private struct Layer {
    let name: String
    var format: AVCConfiguration
    var rate: Double
    var place: Int?
    var nextFrame = 0.0
    var wantsKeyframe = true
    var formatToTell: TrackFormat?
    /// Frames on their way: arrival, sample, new format.
    var queue: [(at: Double, sample: TimedSample, format: TrackFormat?)] = []
  }

  private struct Player {
    var folder: String
    var sequence: Int?
    var part = 0
    var waiting: LibraryRequest?
    var query = ""
    var isDelta = false
    var loaded: Set<String> = []
    var hasFull = false
  }

  private(set) var room: Presentation
  private(set) var exchanges: [Exchange] = []
  private let script: SessionScript
  private var generator: SeededGenerator
  private var layers: [Layer]
  private var audioPlace: Int?
  private var audioFrames: Int64 = 0
  private var players: [Player] = []
  private var requestedCut: TimeSpan?
  private var keyframeAt: Double?
  /// The files of the spool.
  private(set) var spool: [String: [UInt8]] = [:]

  static let epoch = WallTime(nanoseconds: 1_780_000_000_000_000_000)
  /// How far behind the newest capture nothing is waited for.
  private static let patience = 0.15

  /// - Parameter each: looks at the room now and then.
  static func run(
    _ script: SessionScript, each: (Presentation) -> Void = { _ in }
  ) throws -> LiveSession {
    var session = try LiveSession(script)
    try session.run(each)
    return session
  }

  private init(_ script: SessionScript) throws {
    self.script = script
    generator = SeededGenerator(seed: script.seed)
    room = Presentation(
      timing: HLSTiming(window: .seconds(14)), epoch: LiveSession.epoch, run: "t",
      firstSequence: 5,
      spool: script.isSpooled ? SpoolLimits(memory: .zero, bytesMax: 1 << 30) : nil,
      protection: script.isProtected
        ? try ContentProtection(
          contentKey: "00112233445566778899aabbccddeeff ffeeddccbbaa99887766554433221100") : nil,
      captions: script.hasCaptions ? [LanguageTag("en")].compactMap { $0 } : [])
    let sizes = [(320, 180), (640, 360), (1280, 720)]
    layers = try zip(["q", "h", "f"], zip(sizes, script.frameRates)).map { name, rest in
      let format = try configuration(width: rest.0.0, height: rest.0.1)
      return Layer(name: name, format: format, rate: rest.1, formatToTell: nil)
    }
  }

  private mutating func run(_ each: (Presentation) -> Void) throws {
    let step = 0.01
    let end = Double(script.seconds)
    var now = 0.0
    while now < end {
      try capture(at: now)
      deliver(at: now)
      sendSound(at: now)
      room.advance(to: TimeSpan(fractionalSeconds: max(0, now - LiveSession.patience)))
      if Int((now * 100).rounded()) % 500 == 250 { try addEvent(at: now) }
      carryOutSpoolOrders()
      if script.hasCaptions { say(at: now) }
      watch(at: now)
      if Int((now * 100).rounded()) % 37 == 0 { each(room) }
      now += step
    }
    room.end(at: TimeSpan(fractionalSeconds: end - 0.2))
    watch(at: now)
    for index in players.indices {
      players[index].sequence = nil
      players[index].waiting = nil
    }
    watch(at: now)
    loadKeyframes(at: now)
    each(room)
  }

  private func isGone(_ layer: Int, _ now: Double) -> Bool {
    if let restart = script.restart, restart.contains(now) { return true }
    if let loss = script.layerLoss, layer == layers.count - 1, loss.contains(now) { return true }
    return false
  }

  private mutating func capture(at now: Double) throws {
    askForKeyframes(at: now)
    if let resize = script.resize, now >= resize, layers[2].format.width == 1280 {
      layers[2].format = try configuration(width: 960, height: 540)
      layers[2].formatToTell = .avc(layers[2].format)
      layers[2].wantsKeyframe = true
    }
    for index in layers.indices {
      while layers[index].nextFrame <= now {
        let time = layers[index].nextFrame
        layers[index].nextFrame += 1 / layers[index].rate
        if isGone(index, time) {
          layers[index].wantsKeyframe = true
          continue
        }
        let isKey = layers[index].wantsKeyframe
        layers[index].wantsKeyframe = false
        let delay = Double.random(in: 0...(2 * script.jitterMilliseconds / 1000), using: &generator)
        let size = isKey ? 60 : 12
        var sample = TimedSample(
          time: Int64((time * 90_000).rounded()),
          bytes: (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }, isSync: isKey
        )
        // What is to be encrypted must be a NAL unit.
        if script.isProtected { sample.bytes = [0, 0, 0, UInt8(size + 1), 0x65] + sample.bytes }
        var format: TrackFormat?
        if isKey {
          format = layers[index].formatToTell
          layers[index].formatToTell = nil
        }
        let at = max(time + 0.02 + delay, layers[index].queue.last?.at ?? 0)
        layers[index].queue.append((at, sample, format))
      }
    }
  }

  private mutating func askForKeyframes(at now: Double) {
    guard let delay = script.keyframeDelay else { return }
    if let cut = room.nextCut, cut != requestedCut, now >= cut.seconds {
      requestedCut = cut
      keyframeAt = now + delay
    }
    if let at = keyframeAt, now >= at {
      keyframeAt = nil
      for index in layers.indices { layers[index].wantsKeyframe = true }
    }
  }

  private mutating func deliver(at now: Double) {
    for index in layers.indices {
      while let first = layers[index].queue.first, first.at <= now {
        layers[index].queue.removeFirst()
        if layers[index].place == nil {
          layers[index].place = room.addRendition(
            layers[index].name, .video,
            format: .avc(layers[index].format),
            at: TimeSpan(nanoseconds: first.sample.time * 100_000 / 9))
          players.append(Player(folder: layers[index].name))
        }
        if let restart = script.restart, first.sample.isSync,
          Double(first.sample.time) / 90_000 > restart.upperBound, index == 0,
          Double(first.sample.time) / 90_000 < restart.upperBound + 0.1
        {
          room.beginDiscontinuity(at: TimeSpan(nanoseconds: first.sample.time * 100_000 / 9))
        }
        if let place = layers[index].place {
          room.append(first.sample, format: first.format, to: place)
        }
      }
    }
  }

  private mutating func sendSound(at now: Double) {
    while Double(audioFrames + 1) * 1024 / 48_000 + 0.03 <= now {
      if audioPlace == nil, let sound = try? sound() {
        audioPlace = room.addRendition(
          "sound", .audio(name: "Sound", language: "en"), format: .aac(sound), at: .zero)
        players.append(Player(folder: "sound"))
      }
      let sample = TimedSample(
        time: audioFrames * 1024, bytes: [UInt8(truncatingIfNeeded: audioFrames), 1, 2],
        isSync: true)
      if let audioPlace { room.append(sample, to: audioPlace) }
      audioFrames += 1
    }
  }

  private mutating func addEvent(at now: Double) throws {
    room.append(
      try DateRange(
        id: "pin-\(Int(now))", className: "live.hawker.pin",
        start: LiveSession.epoch + TimeSpan(fractionalSeconds: now),
        attributes: ["X-LISTING": "7"]))
  }

  private mutating func carryOutSpoolOrders() {
    for order in room.takeSpoolOrders(waiting: 0) {
      switch order {
      case .remove(let path): spool[path] = nil
      case .write(let segment):
        spool[segment.name.path] = segment.chunks.flatMap { $0 }
        room.noteSpooled(segment.name, isDone: true)
      }
    }
  }

  /// Captions a second to four late, some of them long; a second language from the eighth second on.
  private mutating func say(at now: Double) {
    let tick = Int((now * 100).rounded())
    for (text, from, each) in [("en", 0, 90), ("de", 800, 230)] {
      guard tick >= from, tick % each == 45, let language = LanguageTag(text) else { continue }
      let late = Double.random(in: 0...4, using: &generator)
      room.append(
        Caption(
          language: language, text: "\(tick) --> <b>&\nline",
          start: LiveSession.epoch
            + TimeSpan(fractionalSeconds: max(0, now - late)),
          duration: TimeSpan(fractionalSeconds: Double.random(in: 0.5...5, using: &generator))))
      let folder = "text-\(text)"
      if room.renditions.contains(where: { $0.name == folder }),
        !players.contains(where: { $0.folder == folder })
      {
        players.append(Player(folder: folder))
      }
    }
  }

  // MARK: Players

  private mutating func record(
    _ path: String, _ query: String, _ answer: LibraryAnswer, _ now: Double
  ) {
    let at = Instant.zero + TimeSpan(fractionalSeconds: now)
    switch answer {
    case .content(let content):
      exchanges.append(
        Exchange(at: at, path: path, query: query, status: 200, body: content.bytes))
    case .spooled(_, let name):
      let body = spool[name.path]
      exchanges.append(
        Exchange(
          at: at, path: path, query: query, status: body == nil ? 404 : 200, body: body ?? []))
    case .refused(let refusal):
      exchanges.append(
        Exchange(at: at, path: path, query: query, status: refusal.status, body: []))
    case .wait: return
    }
  }

  private mutating func load(_ path: String, _ query: String, _ now: Double) -> LibraryAnswer? {
    do {
      guard let request = try room.request(path: path, query: query) else { return nil }
      let answer = room.answer(request)
      record(path, query, answer, now)
      return answer
    } catch {
      record(path, query, .refused(error), now)
      return .refused(error)
    }
  }

  private mutating func watch(at now: Double) {
    for index in players.indices { watch(player: index, now) }
    // Once in a while somebody asks for what can't be.
    if Int((now * 100).rounded()) % 700 == 699 {
      for query in ["_HLS_part=1", "_HLS_msn=9999", "_HLS_msn=x", "_HLS_msn=5&_HLS_msn=5"] {
        _ = load("q/index.m3u8", query, now)
      }
    }
    if Int((now * 100).rounded()) % 1000 == 900 { _ = load("index.m3u8", "", now) }
  }

  private mutating func watch(player index: Int, _ now: Double) {
    while true {
      var player = players[index]
      var query = ""
      if let sequence = player.sequence {
        query = "_HLS_msn=\(sequence)&_HLS_part=\(player.part)"
        // Every second time as a delta update.
        if player.hasFull, player.isDelta { query += "&_HLS_skip=YES" }
      }
      let path = "\(player.folder)/index.m3u8"
      guard let answer = load(path, query, now), case .content(let content) = answer else { return }
      player.hasFull = true
      player.isDelta.toggle()
      let text = String(decoding: content.bytes, as: UTF8.self)
      let playlist = ReadPlaylist(text, earlier: ReadPlaylist("#EXTM3U\n"))
      player.sequence = playlist.newest.map(\.sequence)
      player.part = (playlist.newest?.part ?? -1) + 1
      players[index] = player
      loadMedia(playlist, index, now)
      if playlist.isEnded || players[index].sequence == nil { return }
    }
  }

  private mutating func loadMedia(_ playlist: ReadPlaylist, _ index: Int, _ now: Double) {
    var names: [String] = []
    for segment in playlist.segments {
      if let map = segment.map { names.append(map) }
      names += segment.parts.filter { !$0.isGap }.map(\.uri)
      if let uri = segment.uri, !segment.isGap { names.append(uri) }
    }
    for name in names where players[index].loaded.insert(name).inserted {
      _ = load("\(players[index].folder)/\(name)", "", now)
    }
  }

  private mutating func loadKeyframes(at now: Double) {
    for name in ["q", "h", "f"] { _ = load("\(name)/iframes.m3u8", "", now) }
    _ = load("index.m3u8", "", now)
  }
}
