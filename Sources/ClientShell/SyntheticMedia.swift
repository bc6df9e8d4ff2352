// Media without encoders: packets with the headers and the timing of a 30 fps VP8 and 20 ms Opus host.

package import Wire

/// One publisher's packets, due by time. Payloads say nothing but their stamp.
///
/// Frames are cut into equal packets, as our own packetizers cut them.
package struct SyntheticMedia: Sendable {
  /// One packet to send; its payload is in `payload`.
  package struct Packet: Hashable, Sendable {
    package var isVideo: Bool
    package var marker: Bool
    package var timestamp: RTPTimestamp
  }

  /// Goes into the stamps.
  package let publisher: UInt32
  /// Packets of one frame.
  package let packetsPerFrame: Int
  /// Payload bytes of one video packet.
  package let payloadBytes: Int
  package private(set) var packetsMade: UInt32 = 0
  package private(set) var framesMade: UInt64 = 0
  /// The payload of the packet being lent.
  private var video: [UInt8]
  private var audio = [UInt8](repeating: 0, count: SyntheticMedia.audioBytes)
  private let start: Instant
  private let keyframeEvery: UInt64
  private var audioMade: Int64 = 0
  private var wantsKeyframe = true

  package static let framesPerSecond: Int64 = 30
  private static let audioSpan = TimeSpan.milliseconds(20)
  /// 48 kbit/s.
  private static let audioBytes = 120
  /// What Chromium fills: with headers and tag it stays below 1200 bytes.
  private static let payloadBytesMax = 1060
  /// Descriptor (4) and, at the beginning of a keyframe, payload header (10), and stamp.
  private static let payloadBytesMin = 64
  /// Longest time without a keyframe.
  private static let keyframeInterval: Int64 = 10

  /// - Parameter bitrate: of the video's payloads; at least 64 bytes a frame are sent.
  package init(publisher: UInt32, bitrate: Bitrate, startingAt start: Instant) {
    self.publisher = publisher
    self.start = start
    let frame = max(0, Int(bitrate.bitsPerSecond / 8 / SyntheticMedia.framesPerSecond))
    packetsPerFrame = max(
      1, (frame + SyntheticMedia.payloadBytesMax - 1) / SyntheticMedia.payloadBytesMax)
    payloadBytes = max(SyntheticMedia.payloadBytesMin, frame / packetsPerFrame)
    video = [UInt8](repeating: 0, count: payloadBytes)
    keyframeEvery = UInt64(SyntheticMedia.framesPerSecond * SyntheticMedia.keyframeInterval)
    // A table-of-contents byte of a 20 ms CELT packet (RFC 6716 section 3.1).
    audio[0] = 0xF8
  }

  /// Makes the next frame a keyframe.
  package mutating func requestKeyframe() { wantsKeyframe = true }

  /// When something is due next.
  package var nextDeadline: Instant { min(frameInstant, audioInstant) }

  private var frameInstant: Instant {
    let rate = SyntheticMedia.framesPerSecond
    let nanoseconds = (Int64(framesMade) * 1_000_000_000 + rate - 1) / rate
    return start + TimeSpan(nanoseconds: nanoseconds)
  }

  private var audioInstant: Instant { start + SyntheticMedia.audioSpan * audioMade }

  /// Lends everything due at `now`, stamped `now`, in sending order.
  package mutating func advance(
    at now: Instant, _ send: (Packet, _ payload: borrowing Span<UInt8>) -> Void
  ) {
    while audioInstant <= now {
      nextStamp(now).write(toEndOf: &audio)
      send(
        Packet(
          isVideo: false, marker: audioMade == 0,
          timestamp: RTPTimestamp(UInt32(truncatingIfNeeded: audioMade &* 960))), audio.span)
      audioMade += 1
    }
    while frameInstant <= now { sendFrame(at: now, send) }
  }

  private mutating func sendFrame(
    at now: Instant, _ send: (Packet, _ payload: borrowing Span<UInt8>) -> Void
  ) {
    let isKeyframe = wantsKeyframe || framesMade % keyframeEvery == 0
    wantsKeyframe = false
    let timestamp = RTPTimestamp(UInt32(truncatingIfNeeded: framesMade &* 3000))
    for place in 0..<packetsPerFrame {
      writeHead(isFirst: place == 0, isKeyframe: isKeyframe)
      nextStamp(now).write(toEndOf: &video)
      send(
        Packet(isVideo: true, marker: place == packetsPerFrame - 1, timestamp: timestamp),
        video.span)
    }
    framesMade += 1
  }

  /// The payload descriptor (RFC 7741 section 4.2) with a 15-bit picture id, and at the beginning of
  /// a frame the payload header (section 4.3), for a keyframe with start code and size (RFC 6386 9.1).
  private mutating func writeHead(isFirst: Bool, isKeyframe: Bool) {
    video[0] = isFirst ? 0x90 : 0x80
    video[1] = 0x80
    video[2] = 0x80 | UInt8(truncatingIfNeeded: (framesMade >> 8) & 0x7F)
    video[3] = UInt8(truncatingIfNeeded: framesMade)
    for index in 4..<14 { video[index] = 0 }
    guard isFirst else { return }
    video[4] = isKeyframe ? 0x10 : 0x11
    guard isKeyframe else { return }
    let start: [UInt8] = [0x9D, 0x01, 0x2A, 0x00, 0x05, 0xD0, 0x02]  // 1280x720
    for (index, byte) in start.enumerated() { video[7 + index] = byte }
  }

  private mutating func nextStamp(_ now: Instant) -> PacketStamp {
    defer { packetsMade &+= 1 }
    return PacketStamp(sentAt: now, publisher: publisher, count: packetsMade)
  }
}
