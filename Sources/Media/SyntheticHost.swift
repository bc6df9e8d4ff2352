// A host without camera and microphone: the test picture and tone, encoded in real time.
package import Wire

/// Produces the test picture in one to three simulcast layers, and the test tone, when they are
/// due.
///
/// Reads no clock: what it produces depends on its arguments alone. Frame n is due n frame times
/// after the start and shows the wall-clock time of that moment, however late `advance` is called.
/// A class because it owns encoders; confined to one thread.
package final class SyntheticHost {
  /// One simulcast layer.
  package struct Layer: Hashable, Sendable {
    /// The RID (RFC 8851); nil for a single layer without one.
    package var rid: String?
    /// How many times smaller than the picture, in each direction: 1, 2 or 4.
    package var divisor: Int
    package var bitrate: Bitrate
    /// Added to the layer's RTP timestamps; browsers choose it at random for each stream.
    package var timestampOffset: UInt32
    package init(
      rid: String?, divisor: Int, bitrate: Bitrate, timestampOffset: UInt32 = 0
    ) {
      self.rid = rid
      self.divisor = divisor
      self.bitrate = bitrate
      self.timestampOffset = timestampOffset
    }
  }

  /// What a host is made from.
  package struct Configuration: Hashable, Sendable {
    /// Shown in the picture; ASCII, cut after `TestPicture.titleMax` characters.
    package var title: String
    package var width: Int
    package var height: Int
    /// 1...60.
    package var framesPerSecond: Int
    /// One to `layersMax`, in any order.
    package var layers: [Layer]
    package var temporal: TemporalPattern
    /// From one keyframe to the next; nil for keyframes on request only.
    package var keyframeInterval: TimeSpan?
    /// 0 for silence, 1 or 2.
    package var channelCount: Int
    package var audioBitrate: Bitrate
    /// Added to the sound's RTP timestamps.
    package var audioTimestampOffset: UInt32 = 0

    /// A single layer of 640x360 at 30 fps with sound, the least that is pleasant to watch.
    package init(
      title: String, width: Int = 640, height: Int = 360, framesPerSecond: Int = 30,
      layers: [Layer] = [Layer(rid: nil, divisor: 1, bitrate: .kilobits(800))],
      temporal: TemporalPattern = .one, keyframeInterval: TimeSpan? = .seconds(Int64(10)),
      channelCount: Int = 2, audioBitrate: Bitrate = .kilobits(48)
    ) {
      self.title = title
      self.width = width
      self.height = height
      self.framesPerSecond = framesPerSecond
      self.layers = layers
      self.temporal = temporal
      self.keyframeInterval = keyframeInterval
      self.channelCount = channelCount
      self.audioBitrate = audioBitrate
    }

    /// The simulcast layers browsers send: f, h and q, with bitrates that share `total` as 16:4:1.
    package static func simulcast(_ total: Bitrate) -> [Layer] {
      let part = total.bitsPerSecond / 21
      return [
        Layer(rid: "q", divisor: 4, bitrate: Bitrate(bitsPerSecond: part)),
        Layer(rid: "h", divisor: 2, bitrate: Bitrate(bitsPerSecond: part * 4)),
        Layer(rid: "f", divisor: 1, bitrate: Bitrate(bitsPerSecond: part * 16)),
      ]
    }
  }

  /// Browsers send no more than three.
  package static let layersMax = 3
  /// Audio packets made up for after a stall: 200 ms, what a jitter buffer may still use. Older
  /// ones are left out.
  private static let audioBacklogMax: Int64 = 10
  private static let nanosecondsPerSecond: Int64 = 1_000_000_000

  /// One layer at work.
  private struct Running {
    let encoder: VP8Encoder
    let timestampOffset: UInt32
    /// The layer's own picture; nil for the full size, which the canvas already is.
    var picture: VideoFrame?
    var isActive = true
  }

  package let configuration: Configuration
  private let start: Instant
  private let picture: TestPicture
  private var canvas: VideoFrame
  private var layers: [Running] = []
  private let sound: OpusEncoder?
  private var samples: [Int16]
  /// The next frame's place since the start.
  private var nextFrame: Int64 = 0
  /// The next packet's place since the start.
  private var nextPacket: Int64 = 0
  /// Counts the pictures drawn; shown in them.
  private var frameNumber: UInt16 = 0
  /// Frames that were not drawn because `advance` came too late for them.
  package private(set) var framesSkipped = 0

  /// - Parameter start: when the first frame is due.
  /// - Throws: `.badSize` for a picture or layer below `TestPicture`'s smallest or too large,
  ///   `.badConfiguration` for other values outside those named.
  package init(_ configuration: Configuration, startingAt start: Instant) throws(CodecError) {
    guard (1...SyntheticHost.layersMax).contains(configuration.layers.count),
      (1...60).contains(configuration.framesPerSecond), (0...2).contains(configuration.channelCount)
    else { throw .badConfiguration }
    guard
      let picture = TestPicture(
        width: configuration.width, height: configuration.height, title: configuration.title),
      let canvas = VideoFrame(width: configuration.width, height: configuration.height)
    else { throw .badSize }
    self.configuration = configuration
    self.start = start
    self.picture = picture
    self.canvas = canvas
    samples = [Int16](
      repeating: 0, count: OpusFormat.samplesPerPacket * configuration.channelCount)
    sound =
      configuration.channelCount == 0
      ? nil
      : try OpusEncoder(
        channelCount: configuration.channelCount, bitrate: configuration.audioBitrate)
    for layer in configuration.layers {
      layers.append(try SyntheticHost.running(layer, of: configuration))
    }
  }

  private static func running(
    _ layer: Layer, of configuration: Configuration
  ) throws(CodecError) -> Running {
    guard [1, 2, 4].contains(layer.divisor) else { throw .badConfiguration }
    let (width, height) = (
      configuration.width / layer.divisor, configuration.height / layer.divisor
    )
    guard width >= TestPicture.widthMin, height >= TestPicture.heightMin else { throw .badSize }
    let interval = configuration.keyframeInterval.map {
      max(1, Int($0.seconds * Double(configuration.framesPerSecond)))
    }
    let encoder = try VP8Encoder(
      VP8Encoder.Configuration(
        width: width, height: height, bitrate: layer.bitrate,
        framesPerSecond: configuration.framesPerSecond, keyframeInterval: interval,
        temporal: configuration.temporal))
    return Running(
      encoder: encoder, timestampOffset: layer.timestampOffset,
      picture: layer.divisor == 1 ? nil : VideoFrame(width: width, height: height))
  }

  // MARK: Inputs

  /// Produces everything due at `now` into `output`, replacing what it held.
  ///
  /// Of several video frames due only the newest is produced; of sound, everything up to 200 ms.
  ///
  /// - Parameter wall: the wall-clock time of the instant `now`.
  package func advance(
    at now: Instant, wall: WallTime, into output: inout HostOutput
  ) throws(CodecError) {
    output.removeAll()
    guard now >= start else { return }
    try advanceVideo(at: now, wall: wall, into: &output)
    try advanceAudio(at: now, wall: wall, into: &output)
  }

  /// When `advance` next has something to do.
  package var nextDeadline: Instant {
    sound == nil ? frameInstant(nextFrame) : min(frameInstant(nextFrame), packetInstant(nextPacket))
  }

  /// Makes the next frame of a layer a keyframe; unknown layers are ignored.
  package func requestKeyframe(layer: Int) {
    guard layers.indices.contains(layer) else { return }
    layers[layer].encoder.requestKeyframe()
  }

  /// Moves a layer to another bitrate; unknown layers are ignored.
  package func setBitrate(_ bitrate: Bitrate, layer: Int) throws(CodecError) {
    guard layers.indices.contains(layer) else { return }
    try layers[layer].encoder.setBitrate(bitrate)
  }

  /// Stops a layer or lets it go on, with a keyframe; unknown layers are ignored.
  package func setActive(_ isActive: Bool, layer: Int) {
    guard layers.indices.contains(layer), layers[layer].isActive != isActive else { return }
    layers[layer].isActive = isActive
    if isActive { layers[layer].encoder.requestKeyframe() }
  }

  // MARK: Video

  /// When frame `index` is due; rounded up, so that at this instant it is.
  private func frameInstant(_ index: Int64) -> Instant {
    let rate = Int64(configuration.framesPerSecond)
    return start
      + TimeSpan(nanoseconds: (index * SyntheticHost.nanosecondsPerSecond + rate - 1) / rate)
  }

  private func advanceVideo(
    at now: Instant, wall: WallTime, into output: inout HostOutput
  ) throws(CodecError) {
    let rate = Int64(configuration.framesPerSecond)
    let due = (now - start).nanoseconds * rate / SyntheticHost.nanosecondsPerSecond
    guard due >= nextFrame else { return }
    framesSkipped += Int(due - nextFrame)
    nextFrame = due + 1
    let captured = wall - (now - frameInstant(due))
    picture.draw(at: captured, frameNumber: frameNumber, into: &canvas)
    frameNumber &+= 1
    for index in layers.indices where layers[index].isActive {
      try encode(index, ticks: due * 90_000 / rate, captured, into: &output)
    }
  }

  private func encode(
    _ index: Int, ticks: Int64, _ captured: WallTime, into output: inout HostOutput
  ) throws(CodecError) {
    let encoder = layers[index].encoder
    let ticks = ticks + Int64(layers[index].timestampOffset)
    if var smaller = layers[index].picture.take() {
      canvas.scale(into: &smaller)
      defer { layers[index].picture = smaller }
      try output.addVideo(layer: index, captured: captured) { frame throws(CodecError) in
        try encoder.encode(smaller, at: ticks, into: &frame)
      }
    } else {
      try output.addVideo(layer: index, captured: captured) { frame throws(CodecError) in
        try encoder.encode(canvas, at: ticks, into: &frame)
      }
    }
  }

  // MARK: Sound

  private static let packetSpan = TimeSpan.milliseconds(20)

  private func packetInstant(_ index: Int64) -> Instant {
    start + SyntheticHost.packetSpan * index
  }

  private func advanceAudio(
    at now: Instant, wall: WallTime, into output: inout HostOutput
  ) throws(CodecError) {
    guard let sound else { return }
    let due = (now - start).nanoseconds / SyntheticHost.packetSpan.nanoseconds
    nextPacket = max(nextPacket, due - SyntheticHost.audioBacklogMax + 1)
    while nextPacket <= due {
      let captured = wall - (now - packetInstant(nextPacket))
      TestTone.fill(&samples, from: captured, channelCount: configuration.channelCount)
      let ticks = nextPacket * Int64(OpusFormat.samplesPerPacket)
      let timestamp = RTPTimestamp(
        UInt32(truncatingIfNeeded: ticks) &+ configuration.audioTimestampOffset)
      try output.addAudio(timestamp: timestamp, captured: captured) { packet throws(CodecError) in
        // A class cannot lend a span; a local of the same storage can.
        let samples = samples
        try sound.encode(samples.span, into: &packet)
      }
      nextPacket += 1
    }
  }
}
