// What a decoder of AAC must know: ISO/IEC 14496-3 section 1.6.2.1 and 14496-1 section 7.2.6.

package import Wire

/// An AAC-LC track: one frame is 1024 samples of each channel.
package struct AACConfiguration: Hashable, Sendable {
  /// Hertz; one of `sampleRates`.
  package let sampleRate: Int
  /// 1 or 2.
  package let channelCount: Int
  /// What the encoder was asked for.
  package let bitsPerSecond: Int

  /// Samples of each channel in one frame.
  package static let samplesPerFrame = 1024
  private static let sampleRates = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000,
  ]

  /// - Throws: `.badValue` for a rate without an index or more than two channels.
  package init(sampleRate: Int, channelCount: Int, bitsPerSecond: Int) throws(WireError) {
    guard AACConfiguration.sampleRates.contains(sampleRate), (1...2).contains(channelCount) else {
      throw .badValue
    }
    self.sampleRate = sampleRate
    self.channelCount = channelCount
    self.bitsPerSecond = max(0, min(bitsPerSecond, 1_000_000))
  }

  /// For CODECS: AAC low complexity.
  package var codec: String { "mp4a.40.2" }

  /// AudioSpecificConfig: object type 2 (five bits), rate index, channels, frames of 1024.
  var specificConfig: [UInt8] {
    let index = AACConfiguration.sampleRates.firstIndex(of: sampleRate) ?? 3
    let bits = UInt16(2) << 11 | UInt16(index) << 7 | UInt16(channelCount) << 3
    return [UInt8(truncatingIfNeeded: bits >> 8), UInt8(truncatingIfNeeded: bits)]
  }

  /// Writes the `esds` box.
  func write(to writer: inout BoxWriter) {
    let specific = specificConfig
    let decoderLength = 13 + 2 + specific.count
    writer.fullBox("esds") {
      AACConfiguration.descriptor(0x03, 3 + 2 + decoderLength + 3, to: &$0)
      $0.append(u16: 1)
      $0.append(u8: 0)
      AACConfiguration.descriptor(0x04, decoderLength, to: &$0)
      // MPEG-4 audio, an audio stream that goes up.
      $0.append(u8: 0x40)
      $0.append(u8: 5 << 2 | 1)
      $0.append(zeros: 3)
      $0.append(u32: UInt32(truncatingIfNeeded: bitsPerSecond * 3 / 2))
      $0.append(u32: UInt32(truncatingIfNeeded: bitsPerSecond))
      AACConfiguration.descriptor(0x05, specific.count, to: &$0)
      $0.append(specific)
      AACConfiguration.descriptor(0x06, 1, to: &$0)
      $0.append(u8: 2)
    }
  }

  /// Lengths here are below 128, so one byte says them.
  private static func descriptor(_ tag: UInt8, _ length: Int, to writer: inout BoxWriter) {
    writer.append(u8: tag)
    writer.append(u8: UInt8(truncatingIfNeeded: length & 0x7F))
  }

  /// Reads the content of an `esds` box, version and flags included.
  ///
  /// - Throws: `.truncated`; `.badValue` for what is not AAC-LC of one or two channels.
  package init(parsing content: borrowing Span<UInt8>) throws(WireError) {
    var reader = ByteReader(content.extracting(0..<content.count))
    try reader.skip(4)
    try AACConfiguration.enter(0x03, &reader)
    try reader.skip(2)
    let flags = try reader.u8()
    if flags & 0x80 != 0 { try reader.skip(2) }
    if flags & 0x40 != 0 { try reader.skip(Int(reader.u8())) }
    if flags & 0x20 != 0 { try reader.skip(2) }
    try AACConfiguration.enter(0x04, &reader)
    guard try reader.u8() == 0x40 else { throw .badValue }
    try reader.skip(8)
    let rate = try Int(reader.u32())
    try AACConfiguration.enter(0x05, &reader)
    let bits = try reader.u16()
    let index = Int(bits >> 7 & 0xF)
    guard bits >> 11 == 2, index < AACConfiguration.sampleRates.count else { throw .badValue }
    try self.init(
      sampleRate: AACConfiguration.sampleRates[index], channelCount: Int(bits >> 3 & 0xF),
      bitsPerSecond: rate)
  }

  /// Passes over a descriptor's tag and length.
  private static func enter(_ tag: UInt8, _ reader: inout ByteReader) throws(WireError) {
    guard try reader.u8() == tag else { throw .badValue }
    for _ in 0..<4 where try reader.u8() & 0x80 == 0 { return }
    throw .badLength
  }
}
