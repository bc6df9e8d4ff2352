// Sound to Opus packets of 20 ms, by libopus.
import COpus
package import Wire

/// Facts every Opus stream here shares.
package enum OpusFormat {
  /// Samples per second and channel; also the RTP clock (RFC 7587 section 4.1).
  package static let sampleRate = 48_000
  /// Samples per channel in one packet: 20 ms.
  package static let samplesPerPacket = 960
  /// The longest packet: libopus's own advice for one packet of any configuration.
  package static let packetBytesMax = 4000
  /// Samples per channel in the longest packet Opus allows, 120 ms (RFC 6716 section 2.1.4).
  package static let samplesMax = 5760
}

/// One Opus encoder at 48 kHz, for voice and music alike.
///
/// A class because it owns libopus's state for as long as it lives. Confined to one thread.
@safe
package final class OpusEncoder {
  /// 1 or 2.
  package let channelCount: Int
  private let state: OpaquePointer

  /// - Parameters:
  ///   - channelCount: 1 or 2.
  ///   - bitrate: 6...510 kbit/s as libopus takes it.
  ///   - correctsErrors: adds a coarse copy of each packet to the next one (in-band FEC), for an
  ///     expected loss of 10 %; Opus does so only where it uses its speech modes.
  /// - Throws: `.badConfiguration` for values outside these.
  package init(
    channelCount: Int, bitrate: Bitrate = .kilobits(64), correctsErrors: Bool = true
  ) throws(CodecError) {
    guard channelCount == 1 || channelCount == 2,
      (6_000...510_000).contains(bitrate.bitsPerSecond)
    else { throw .badConfiguration }
    var error: Int32 = 0
    guard
      let state = unsafe opus_encoder_create(
        Int32(OpusFormat.sampleRate), Int32(channelCount), OPUS_APPLICATION_AUDIO, &error)
    else { throw .badConfiguration }
    self.channelCount = channelCount
    unsafe self.state = state
    try set(OPUS_SET_BITRATE_REQUEST, Int32(bitrate.bitsPerSecond))
    // Half the greatest effort: the test tone needs no more, and it saves CPU for video.
    try set(OPUS_SET_COMPLEXITY_REQUEST, 5)
    try set(OPUS_SET_INBAND_FEC_REQUEST, correctsErrors ? 1 : 0)
    try set(OPUS_SET_PACKET_LOSS_PERC_REQUEST, correctsErrors ? 10 : 0)
  }

  deinit { unsafe opus_encoder_destroy(state) }

  private func set(_ request: Int32, _ value: Int32) throws(CodecError) {
    guard unsafe hawker_opus_encoder_set(state, request, value) == OPUS_OK else {
      throw .badConfiguration
    }
  }

  /// Encodes one packet's worth of interleaved samples into `packet`, replacing its contents.
  ///
  /// - Throws: `.badSize` unless there are exactly `samplesPerPacket` samples per channel.
  package func encode(
    _ samples: borrowing Span<Int16>, into packet: inout [UInt8]
  ) throws(CodecError) {
    guard samples.count == OpusFormat.samplesPerPacket * channelCount else { throw .badSize }
    if packet.count < OpusFormat.packetBytesMax {
      packet.append(
        contentsOf: repeatElement(0, count: OpusFormat.packetBytesMax - packet.count))
    }
    let length: Int32 = unsafe samples.withUnsafeBufferPointer { samples in
      unsafe packet.withUnsafeMutableBufferPointer { packet in
        guard let from = samples.baseAddress, let to = packet.baseAddress else { return 0 }
        return unsafe opus_encode(
          state, from, Int32(OpusFormat.samplesPerPacket), to, Int32(packet.count))
      }
    }
    guard length > 0 else { throw .encodingFailed }
    packet.removeLast(packet.count - Int(length))
  }
}
