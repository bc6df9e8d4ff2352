// A scripted host: simulcast VP8 and Opus from a clock and a seed, keyframes when asked.

package import Client
import Crypto
import ICE
package import MediaControl
import RTP
package import Wire

/// What a host sends.
package struct HostScript: Sendable {
  /// One simulcast encoding.
  package struct Layer: Hashable, Sendable {
    package var rid: String?
    package var width: Int
    package var height: Int
    package var bitrate: Bitrate
    package init(rid: String?, width: Int, height: Int, bitrate: Bitrate) {
      self.rid = rid
      self.width = width
      self.height = height
      self.bitrate = bitrate
    }
  }

  /// Smallest first or not: ranks come from sizes.
  package var layers: [Layer]
  package var framesPerSecond: Int64 = 30
  package var hasAudio = true
  /// Keyframes besides those asked for; nil for none, as browsers do.
  package var keyframeInterval: TimeSpan?
  package var hasRTX = true
  /// A host without transport-wide feedback: the first layer is encoded at what REMB allows, from
  /// `rateBeforeEstimate` up to the layer's bitrate.
  package var knowsOnlyREMB = false
  /// What such a host sends before it has heard an estimate: as browsers start.
  package static let rateBeforeEstimate = Bitrate.kilobits(300)
  /// Audio of 80 bytes every 20 ms, and the headers of both streams, in bits per second.
  static let overhead: Int64 = 90_000
  /// How far the host's clock is ahead of the server's.
  package var clockSkew = TimeSpan.milliseconds(3700)

  package init(layers: [Layer]) { self.layers = layers }

  /// q, h and f as browsers send them, at rates that keep simulations quick.
  package static let simulcast = HostScript(layers: [
    Layer(rid: "q", width: 320, height: 180, bitrate: .kilobits(150)),
    Layer(rid: "h", width: 640, height: 360, bitrate: .kilobits(500)),
    Layer(rid: "f", width: 1280, height: 720, bitrate: .kilobits(1500)),
  ])

  /// One small layer at ten frames per second: for scenarios with many viewers.
  package static let tiny: HostScript = {
    var script = HostScript(layers: [
      Layer(rid: nil, width: 320, height: 180, bitrate: .kilobits(60))
    ])
    script.framesPerSecond = 10
    script.hasAudio = false
    return script
  }()
}

/// One host in the world.
package final class SimulatedHost {
  package let endpoint: SimulatedEndpoint
  package let client: PublishingClient
  package let script: HostScript
  package let video: TrackID
  package let audio: TrackID?
  /// By layer: whether the encoder produces it.
  package var isSending: [Bool]
  /// By layer, every frame sent: when it was captured, in order.
  package private(set) var captured: [[Instant]]
  /// By layer: when keyframes were sent.
  package private(set) var keyframesSent: [[Instant]]
  private var encoders: [SyntheticVP8]
  private var timestampBases: [UInt32]
  private var nextFrameAt = Instant.distantFuture
  private var nextAudioAt = Instant.distantFuture
  private var frameCount: Int64 = 0
  private var audioCount: Int64 = 0
  private var lastKeyframeAt: [Instant?]
  private let startedAt: Instant

  init(
    _ script: HostScript, endpoint: SimulatedEndpoint, client: PublishingClient, video: TrackID,
    audio: TrackID?, random: RandomSource, at now: Instant
  ) {
    var random = random
    self.endpoint = endpoint
    self.client = client
    self.script = script
    self.video = video
    self.audio = audio
    startedAt = now
    isSending = script.layers.map { _ in true }
    captured = script.layers.map { _ in [] }
    keyframesSent = script.layers.map { _ in [] }
    lastKeyframeAt = script.layers.map { _ in nil }
    encoders = script.layers.enumerated().map { index, layer in
      SyntheticVP8(
        layer: index, width: layer.width, height: layer.height,
        frameBytes: Int(layer.bitrate.bitsPerSecond / 8 / script.framesPerSecond),
        random: .seeded(random.next()))
    }
    timestampBases = (0...script.layers.count).map { _ in UInt32(truncatingIfNeeded: random.next())
    }
  }

  var nextDeadline: Instant { min(client.nextDeadline, min(nextFrameAt, nextAudioAt)) }

  /// The host's wall clock.
  private func wall(_ wall: WallTime) -> WallTime { wall + script.clockSkew }

  func advance(at now: Instant, wall: WallTime, into batch: inout DatagramBatch) {
    note(client.advance(at: now, wall: self.wall(wall), into: &batch), at: now)
    while client.transport.isConnected, nextFrameAt <= now {
      sendFrames(at: now, wall: self.wall(wall), into: &batch)
      nextFrameAt = nextFrameAt + TimeSpan.seconds(1) / script.framesPerSecond
    }
    while client.transport.isConnected, nextAudioAt <= now {
      sendAudio(at: now, wall: self.wall(wall), into: &batch)
      nextAudioAt = nextAudioAt + .milliseconds(20)
    }
  }

  func receive(
    _ bytes: inout [UInt8], on path: TransportPath, at now: Instant, wall: WallTime,
    into batch: inout DatagramBatch
  ) {
    let length = bytes.count
    var datagram = bytes.mutableSpan
    note(
      client.receive(
        &datagram, length: length, on: path, at: now, wall: self.wall(wall), into: &batch), at: now)
  }

  private func note(_ outcome: OnPublishing, at now: Instant) {
    switch outcome {
    case .connected:
      nextFrameAt = now
      if script.hasAudio { nextAudioAt = now + .milliseconds(7) }
    case .ended:
      nextFrameAt = .distantFuture
      nextAudioAt = .distantFuture
    case .nothing, .keyframeRequested: break
    }
  }

  /// Sets the encoder to what the server says it can take, less what audio and headers need.
  private func followEstimate() {
    let allowed = (client.estimate ?? HostScript.rateBeforeEstimate).bitsPerSecond
    let rate = min(script.layers[0].bitrate.bitsPerSecond, allowed - HostScript.overhead)
    encoders[0].frameBytes = Int(rate / 8 / script.framesPerSecond)
  }

  private func sendFrames(at now: Instant, wall: WallTime, into batch: inout DatagramBatch) {
    if script.knowsOnlyREMB { followEstimate() }
    let ticks = UInt32(truncatingIfNeeded: Int64((now - startedAt).seconds * 90_000))
    for layer in encoders.indices where isSending[layer] {
      let isWanted = client.takeKeyframeRequest(stream: layer)
      let isDue = script.keyframeInterval.map { interval in
        lastKeyframeAt[layer].map { now - $0 >= interval } ?? true
      }
      let isKeyframe = isWanted || lastKeyframeAt[layer] == nil || (isDue ?? false)
      if isKeyframe {
        lastKeyframeAt[layer] = now
        keyframesSent[layer].append(now)
      }
      captured[layer].append(now)
      let packets = encoders[layer].nextFrame(isKeyframe: isKeyframe, at: now)
      for (index, payload) in packets.enumerated() {
        client.send(
          payload.span,
          .init(
            marker: index == packets.count - 1,
            timestamp: RTPTimestamp(timestampBases[layer] &+ ticks), capturedAt: wall),
          stream: layer, at: now, into: &batch)
      }
    }
  }

  private func sendAudio(at now: Instant, wall: WallTime, into batch: inout DatagramBatch) {
    // 0x78: CELT-only, full band, 20 ms, mono, one frame (RFC 6716 section 3.1).
    let payload = [0x78] + [UInt8](repeating: UInt8(truncatingIfNeeded: audioCount), count: 79)
    let base = timestampBases[script.layers.count]
    let ticks = UInt32(truncatingIfNeeded: audioCount * 960)
    client.send(
      payload.span, .init(marker: false, timestamp: RTPTimestamp(base &+ ticks), capturedAt: wall),
      stream: script.layers.count, at: now, into: &batch)
    audioCount += 1
  }
}
