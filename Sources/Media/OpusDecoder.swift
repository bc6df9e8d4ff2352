// Opus packets to sound, by libopus.
import COpus

/// One Opus decoder at 48 kHz.
///
/// A class because it owns libopus's state for as long as it lives. Confined to one thread.
@safe
package final class OpusDecoder {
  /// 1 or 2; packets of the other kind are mixed up or down.
  package let channelCount: Int
  private let state: OpaquePointer

  /// - Throws: `.badConfiguration` unless `channelCount` is 1 or 2.
  package init(channelCount: Int) throws(CodecError) {
    var error: Int32 = 0
    guard channelCount == 1 || channelCount == 2,
      let state = unsafe opus_decoder_create(
        Int32(OpusFormat.sampleRate), Int32(channelCount), &error)
    else { throw .badConfiguration }
    self.channelCount = channelCount
    unsafe self.state = state
  }

  deinit { unsafe opus_decoder_destroy(state) }

  /// Decodes one packet, replacing the contents of `samples` by interleaved ones.
  ///
  /// - Throws: `.decodingFailed` for bytes that are no Opus packet.
  package func decode(
    _ packet: borrowing Span<UInt8>, into samples: inout [Int16]
  ) throws(CodecError) {
    guard !packet.isEmpty, packet.count <= OpusFormat.packetBytesMax else { throw .decodingFailed }
    try unsafe packet.withUnsafeBufferPointer { packet throws(CodecError) in
      try unsafe run(packet, samplesWanted: OpusFormat.samplesMax, correcting: false, &samples)
    }
  }

  /// Makes up for one lost packet of 20 ms: from the coarse copy in `next`, the packet after the
  /// lost one, or by extrapolation when `next` has none.
  package func recover(
    before next: borrowing Span<UInt8>, into samples: inout [Int16]
  ) throws(CodecError) {
    guard !next.isEmpty, next.count <= OpusFormat.packetBytesMax else { throw .decodingFailed }
    try unsafe next.withUnsafeBufferPointer { next throws(CodecError) in
      try unsafe run(next, samplesWanted: OpusFormat.samplesPerPacket, correcting: true, &samples)
    }
  }

  private func run(
    _ packet: UnsafeBufferPointer<UInt8>, samplesWanted: Int, correcting: Bool,
    _ samples: inout [Int16]
  ) throws(CodecError) {
    let capacity = OpusFormat.samplesMax * channelCount
    if samples.count < capacity {
      samples.append(contentsOf: repeatElement(0, count: capacity - samples.count))
    }
    let count: Int32 = unsafe samples.withUnsafeMutableBufferPointer { samples in
      guard let to = samples.baseAddress else { return 0 }
      return unsafe opus_decode(
        state, packet.baseAddress, Int32(packet.count), to, Int32(samplesWanted),
        correcting ? 1 : 0)
    }
    guard count > 0 else { throw .decodingFailed }
    samples.removeLast(samples.count - Int(count) * channelCount)
  }
}
