// One encoding of a track on one worker: its recent packets, its keyframe chain, its measures.

internal import MediaControl
package import RTP
package import Wire

/// The packets since a keyframe, from which a joining viewer starts at once.
package struct KeyframeChain: Hashable, Sendable {
  /// The number of the keyframe's first packet.
  package var start: Int64
  /// The capture instant that a packet of the encoding arriving now would have.
  package var edgeTicks: Int64
  /// The layer's rate: what was measured, or the chain's own average where that is more.
  package var layerRate: Bitrate
  /// When the keyframe came.
  package var startedAt: Instant
}

/// The state of one encoding, the same on the owner and on every worker that follows.
package struct TrackEncoding: Sendable {
  package let rid: String?
  package private(set) var cache: PacketCache
  package private(set) var codec: Codec?
  /// Pixels of the last keyframe; 0 while unknown.
  package private(set) var width = 0
  package private(set) var height = 0
  package private(set) var lastArrival: Instant?
  /// Measured over the last status interval.
  package private(set) var bitrate = Bitrate.zero
  package private(set) var framesPerSecond = 0.0

  private var newestTicks: Int64 = 0
  private var newestArrival = Instant.zero
  private let clockRate: Double
  private var chainStart: Int64?
  private var chainStartedAt = Instant.zero
  private var chainBytes = 0
  private var windowStart: Instant?
  private var windowBytes: Int64 = 0
  private var windowFrames = 0

  /// An encoding nothing has come of.
  package init(rid: String?, kind: MediaKind) {
    self.rid = rid
    clockRate = kind == .video ? 90_000 : 48_000
    cache =
      kind == .video
      ? PacketCache(
        packets: ForwardingLimits.videoCachePackets, bytes: ForwardingLimits.videoCacheBytes)
      : PacketCache(
        packets: ForwardingLimits.audioCachePackets, bytes: ForwardingLimits.audioCacheBytes)
  }

  /// Stores a packet and moves the chain; false when it was seen before or is too old.
  package mutating func insert(
    _ info: PacketInfo, descriptor: borrowing Span<UInt8>, payload: borrowing Span<UInt8>
  ) -> Bool {
    let newest = cache.newest
    guard cache.insert(info, descriptor: descriptor, payload: payload) else { return false }
    // After a leap the numbers of the chain lead nowhere.
    if let newest, info.sequence - newest > ForwardingLimits.gapMax { chainStart = nil }
    let bytes = descriptor.count + payload.count
    codec = info.codec
    lastArrival = max(lastArrival ?? info.arrival, info.arrival)
    if !info.isLate {
      newestTicks = info.ticks
      newestArrival = info.arrival
    }
    chainBytes += bytes
    windowBytes += Int64(bytes)
    if windowStart == nil { windowStart = info.arrival }
    if info.marker { windowFrames += 1 }
    if info.startsKeyframe && info.sequence > chainStart ?? .min {
      chainStart = info.sequence
      chainStartedAt = info.arrival
      chainBytes = bytes
      if info.width > 0 {
        width = Int(info.width)
        height = Int(info.height)
      }
    }
    return true
  }

  /// The chain since the last keyframe, nil when there is none, or it is too long or too old.
  package func chain(at now: Instant) -> KeyframeChain? {
    guard let start = chainStart, now - chainStartedAt <= ForwardingLimits.chainAge,
      chainBytes <= ForwardingLimits.videoCacheBytes, cache.info(start) != nil
    else { return nil }
    // The edge is where a frame that came now would be, not the newest packet: that may be a second
    // old while a chain is still on its way here from another worker.
    let edge = newestTicks + Int64((now - newestArrival).seconds * clockRate)
    return KeyframeChain(
      start: start, edgeTicks: edge, layerRate: max(bitrate, chainRate(at: now)),
      startedAt: chainStartedAt)
  }

  /// What the chain's own bytes and age say. The measured rate lags by a window and a worker that has
  /// just begun to follow has none: a chain paced too slowly keeps its viewer behind for a second.
  private func chainRate(at now: Instant) -> Bitrate {
    let span = max(now - chainStartedAt, ForwardingLimits.chainSpanMin)
    return Bitrate(bitsPerSecond: Int64(Double(chainBytes * 8) / span.seconds))
  }

  /// Ends the measuring window once it is a second long; whether it did.
  package mutating func measure(at now: Instant) -> Bool {
    guard let start = windowStart, now - start >= .seconds(1) else { return false }
    let seconds = (now - start).seconds
    bitrate = Bitrate(bitsPerSecond: Int64(Double(windowBytes * 8) / seconds))
    framesPerSecond = Double(windowFrames) / seconds
    windowStart = now
    windowBytes = 0
    windowFrames = 0
    return true
  }
}
