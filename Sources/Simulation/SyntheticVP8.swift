// VP8 frames with true descriptors and headers and nothing to see in them (RFC 7741, RFC 6386 section 9.1).

import Crypto
import RTP
package import Wire

/// Which frame of which layer a synthetic payload belongs to, as its first packet says.
package struct FrameMark: Hashable, Sendable {
  package var layer: Int
  /// Counts the frames of the layer from 0.
  package var number: Int
  package var capturedAt: Instant
}

/// Makes the packets of one layer, with temporal layers L1T3 (0, 2, 1, 2).
package struct SyntheticVP8 {
  package let layer: Int
  package let width: Int
  package let height: Int
  /// Bytes of a delta frame on average; a keyframe has three times as many.
  package var frameBytes: Int
  private var random: RandomSource
  private var pictureID: UInt16
  private var tl0: UInt8 = 0
  private var position = 0
  package private(set) var framesMade = 0

  /// Bytes of one packet's payload at most.
  static let packetBytes = 1100
  private static let descriptorBytes = 6
  private static let headerBytes = 10
  /// Layer, number and capture instant, behind the frame header.
  private static let markBytes = 13
  private static let temporalPattern: [UInt8] = [0, 2, 1, 2]

  init(layer: Int, width: Int, height: Int, frameBytes: Int, random: RandomSource) {
    self.layer = layer
    self.width = width
    self.height = height
    self.frameBytes = frameBytes
    self.random = random
    pictureID = UInt16(truncatingIfNeeded: self.random.next()) & 0x7FFF
  }

  /// The payloads of the next frame.
  mutating func nextFrame(isKeyframe: Bool, at now: Instant) -> [[UInt8]] {
    if isKeyframe { position = 0 }
    let temporalID = SyntheticVP8.temporalPattern[position % 4]
    if temporalID == 0 { tl0 &+= 1 }
    let mark = FrameMark(layer: layer, number: framesMade, capturedAt: now)
    // Sizes vary by a quarter either way, as an encoder's do.
    let spread = 0.75 + 0.5 * random.unitInterval()
    let size = max(
      SyntheticVP8.headerBytes + SyntheticVP8.markBytes,
      Int(Double(frameBytes) * spread) * (isKeyframe ? 3 : 1))
    let bytes = frame(size, isKeyframe, mark)
    var packets: [[UInt8]] = []
    var offset = 0
    while offset < bytes.count {
      let end = min(bytes.count, offset + SyntheticVP8.packetBytes)
      packets.append(descriptor(startsFrame: offset == 0, temporalID) + bytes[offset..<end])
      offset = end
    }
    pictureID = (pictureID + 1) & 0x7FFF
    position += 1
    framesMade += 1
    return packets
  }

  private func descriptor(startsFrame: Bool, _ temporalID: UInt8) -> [UInt8] {
    let isSync = temporalID == 1 || (temporalID == 2 && position % 4 == 1)
    let isUnused = temporalID == 2
    return [
      0x80 | (isUnused ? 0x20 : 0) | (startsFrame ? 0x10 : 0),
      0xE0,  // I, L and T.
      0x80 | UInt8(pictureID >> 8), UInt8(pictureID & 0xFF),
      tl0,
      temporalID << 6 | (isSync ? 0x20 : 0),
    ]
  }

  private func frame(_ size: Int, _ isKeyframe: Bool, _ mark: FrameMark) -> [UInt8] {
    var bytes: [UInt8] = [isKeyframe ? 0x10 : 0x11, 0, 0]
    if isKeyframe {
      bytes += [0x9D, 0x01, 0x2A]
      bytes += [UInt8(width & 0xFF), UInt8(width >> 8), UInt8(height & 0xFF), UInt8(height >> 8)]
    } else {
      bytes += [UInt8](repeating: 0, count: 7)
    }
    bytes.append(UInt8(mark.layer))
    let number = UInt32(truncatingIfNeeded: mark.number)
    let time = UInt64(bitPattern: mark.capturedAt.nanoseconds)
    for shift in stride(from: 24, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift)))
    }
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: time >> UInt64(shift)))
    }
    bytes += [UInt8](repeating: UInt8(truncatingIfNeeded: mark.number), count: size - bytes.count)
    return bytes
  }

  /// The mark in the payload of a frame's first packet; nil in any other.
  static func mark(in payload: borrowing Span<UInt8>) -> FrameMark? {
    guard let descriptor = try? VP8PayloadDescriptor(parsing: payload), descriptor.startsFrame,
      let bytes = payload.slice(
        descriptor.length + headerBytes..<max(descriptor.length + headerBytes, payload.count))
    else { return nil }
    var reader = ByteReader(bytes)
    guard let layer = try? reader.u8(), let number = try? reader.u32(), let time = try? reader.u64()
    else { return nil }
    return FrameMark(
      layer: Int(layer), number: Int(number),
      capturedAt: Instant(nanoseconds: Int64(bitPattern: time)))
  }
}
