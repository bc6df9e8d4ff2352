// What the HLS tests share: parameter sets of any size, access units, a seeded generator.

import HLS
import Wire

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Bits, most significant first.
struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var filled = 8

  mutating func bits(_ value: UInt32, _ count: Int) {
    for shift in stride(from: count - 1, through: 0, by: -1) {
      if filled == 8 {
        bytes.append(0)
        filled = 0
      }
      bytes[bytes.count - 1] |= UInt8(value >> UInt32(shift) & 1) << UInt8(7 - filled)
      filled += 1
    }
  }

  /// ue(v).
  mutating func golomb(_ value: UInt32) {
    let length = 32 - (value + 1).leadingZeroBitCount
    bits(0, length - 1)
    bits(value + 1, length)
  }
}

/// A baseline SPS of a picture of any even size.
func sequenceParameters(width: Int, height: Int, level: UInt32 = 31) -> [UInt8] {
  var writer = BitWriter()
  writer.bits(0x67, 8)
  writer.bits(66, 8)
  writer.bits(0xC0, 8)
  writer.bits(level, 8)
  for value: UInt32 in [0, 0, 2, 1] { writer.golomb(value) }
  writer.bits(0, 1)
  let columns = (width + 15) / 16
  let rows = (height + 15) / 16
  writer.golomb(UInt32(columns - 1))
  writer.golomb(UInt32(rows - 1))
  writer.bits(1, 1)
  writer.bits(1, 1)
  writer.bits(1, 1)
  for value in [0, (columns * 16 - width) / 2, 0, (rows * 16 - height) / 2] {
    writer.golomb(UInt32(value))
  }
  writer.bits(0, 1)
  writer.bits(1, 1)
  return escaped(writer.bytes)
}

/// Puts emulation prevention bytes in.
private func escaped(_ bytes: [UInt8]) -> [UInt8] {
  var escaped: [UInt8] = []
  var zeros = 0
  for byte in bytes {
    if zeros >= 2, byte <= 3 {
      escaped.append(3)
      zeros = 0
    }
    escaped.append(byte)
    zeros = byte == 0 ? zeros + 1 : 0
  }
  return escaped
}

let pictureParameters: [UInt8] = [0x68, 0xCE, 0x3C, 0x80]

func configuration(width: Int = 960, height: Int = 540) throws -> AVCConfiguration {
  try AVCConfiguration(
    sequenceParameters: [sequenceParameters(width: width, height: height)],
    pictureParameters: [pictureParameters])
}

func sound() throws -> AACConfiguration {
  try AACConfiguration(sampleRate: 48_000, channelCount: 2, bitsPerSecond: 96_000)
}

/// An access unit with start codes.
func byteStream(_ units: [[UInt8]]) -> [UInt8] { units.flatMap { [0, 0, 0, 1] + $0 } }
