// VP9 pictures and AV1 temporal units are put together as decoders take them, and bad packets harm nothing.
import RTP
import Testing
import Wire

@testable import Media

@Suite("VP9 and AV1 depacketization, RFC 9628 and the AV1 RTP specification")
struct VP9AndAV1DepacketizationTests {
  private func frames(
    _ depacketizer: inout VideoDepacketizer
  ) -> [(isKeyframe: Bool, isDecodable: Bool, bytes: [UInt8])] {
    var frame = EncodedVideoFrame()
    var frames: [(Bool, Bool, [UInt8])] = []
    while true {
      switch depacketizer.nextFrame(into: &frame) {
      case .nothing: return frames
      case .gap: continue
      case .frame(let received):
        frames.append((received.isKeyframe, received.isDecodable, frame.bytes.toArray()))
      }
    }
  }

  private func feed(
    _ depacketizer: inout VideoDepacketizer, _ packets: [(UInt16, UInt32, Bool, [UInt8])]
  ) {
    for (number, timestamp, marker, payload) in packets {
      _ = try? depacketizer.receive(
        SerialNumber16(number), timestamp: RTPTimestamp(timestamp), marker: marker,
        payload: payload.span)
    }
  }

  @Test("a VP9 picture of one layer is its packets without their descriptors, in any order")
  func vp9() {
    var depacketizer = VideoDepacketizer(.vp9, waitPackets: 8)
    feed(
      &depacketizer,
      [
        (1, 0, false, [0x88, 1, 3, 4]), (3, 3000, true, [0xCC, 2, 7]),
        (2, 0, true, [0x84, 1, 5, 6]),
      ])
    let found = frames(&depacketizer)
    #expect(found.map(\.bytes) == [[3, 4, 5, 6], [7]])
    #expect(found.map(\.isKeyframe) == [true, false])
    #expect(found.allSatisfy { $0.isDecodable })
  }

  @Test("spatial layers of VP9 become one superframe with its index")
  func layers() {
    var depacketizer = VideoDepacketizer(.vp9, waitPackets: 8)
    // I, L, B, E; TID and SID, TL0PICIDX.
    feed(
      &depacketizer,
      [
        (1, 0, false, [0xA8, 1, 0x00, 0, 11, 12]), (2, 0, false, [0xA4, 1, 0x00, 0, 13]),
        (3, 0, true, [0xAC, 1, 0x03, 0, 21]),
      ])
    #expect(
      frames(&depacketizer).map(\.bytes) == [
        [11, 12, 13, 21, 0xD1, 3, 0, 0, 1, 0, 0, 0xD1]
      ])
  }

  @Test("after a lost VP9 packet nothing is decodable until the next keyframe")
  func lost() {
    var depacketizer = VideoDepacketizer(.vp9, waitPackets: 1)
    feed(
      &depacketizer,
      [
        (1, 0, true, [0x8C, 1, 1]), (3, 6000, true, [0xCC, 3, 3]), (4, 9000, true, [0xCC, 4, 4]),
        (5, 12_000, true, [0x8C, 5, 5]),
      ])
    #expect(frames(&depacketizer).map(\.isDecodable) == [true, false, false, true])
  }

  /// A sequence header of 64x48 and a frame OBU of `count` bytes, without sizes.
  private let sequence: [UInt8] = [0x08, 0x00, 0x00]

  @Test("AV1 elements become OBUs with their sizes; delimiters are left out")
  func av1() {
    var depacketizer = VideoDepacketizer(.av1, waitPackets: 8)
    feed(
      &depacketizer,
      [
        // W 0: each with its length; N; ends inside.
        (1, 0, false, [0x48, 2, 0x12, 0x00, 3] + sequence + [3, 0x30, 1, 2]),
        // Z, W 2: the rest, then a whole one without length at the end.
        (2, 0, true, [0xA0, 1, 3, 0x34, 0x08, 9]),
      ])
    let found = frames(&depacketizer)
    #expect(
      found.map(\.bytes) == [
        [0x0A, 2, 0, 0, 0x32, 3, 1, 2, 3, 0x36, 0x08, 1, 9]
      ])
    #expect(found.map(\.isKeyframe) == [true])
  }

  @Test("an AV1 element of more than 127 bytes has a size of two")
  func long() {
    var depacketizer = VideoDepacketizer(.av1, waitPackets: 8)
    let half = [UInt8](repeating: 7, count: 100)
    feed(
      &depacketizer,
      [(1, 0, false, [0x58, 0x30] + half), (2, 0, true, [0x90] + half)])
    #expect(frames(&depacketizer).first?.bytes == [0x32, 0xC8, 1] + half + half)
  }

  @Test("every truncation and every flipped bit of their packets is refused or harmless")
  func damage() {
    let packets: [(Codec, [UInt8])] = [
      (.vp9, [0xAE, 0x81, 2, 0x05, 9, 0x58, 0, 64, 0, 48, 0, 128, 0, 96, 1, 0x04, 1, 5, 6, 7]),
      (.av1, [0x08, 3] + sequence + [3, 0x30, 1, 2, 2, 0x32, 0x00]),
    ]
    for (codec, packet) in packets {
      for length in 0...packet.count {
        for bit in 0..<(8 * length) {
          var damaged = Array(packet.prefix(length))
          damaged[bit / 8] ^= 1 << UInt8(bit % 8)
          var depacketizer = VideoDepacketizer(codec, waitPackets: 0)
          feed(
            &depacketizer, [(1, 0, false, damaged), (2, 0, true, damaged), (3, 1, true, packet)])
          let found = frames(&depacketizer)
          #expect(found.allSatisfy { $0.bytes.count <= 4 * packet.count + 16 })
        }
      }
    }
  }
}
