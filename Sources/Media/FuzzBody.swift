// What a fuzzer feeds: every depacketizer, with packets cut from arbitrary bytes.
import Wire

/// The fuzz body of this target. Frames are assembled; codecs are not run.
package enum MediaFuzzBody {
  /// Reads `bytes` as packets, each behind a byte of length, a byte of sequence number and a byte
  /// of flags, and gives them to the depacketizers; traps when an invariant is broken.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    var vp8 = VP8Depacketizer(waitPackets: 8)
    var h264 = H264Depacketizer(waitPackets: 8)
    var vp9 = VP9Depacketizer(waitPackets: 8)
    var av1 = AV1Depacketizer(waitPackets: 8)
    var frame = EncodedVideoFrame()
    var reader = ByteReader(bytes.extracting(0..<bytes.count))
    var stored = 0
    while let length = try? reader.u8(), let number = try? reader.u8(), let flags = try? reader.u8()
    {
      guard let payload = try? reader.take(min(Int(length), reader.remaining)) else { return }
      // The high bits make jumps, so that the window is exercised as well as the parsers.
      let sequence = SerialNumber16(UInt16(number) | UInt16(flags & 0xF0) << 4)
      let timestamp = RTPTimestamp(UInt32(flags >> 1 & 7))
      let isMarked = flags & 1 != 0
      let reception = try? vp8.receive(
        sequence, timestamp: timestamp, marker: isMarked, payload: payload)
      if reception == .stored { stored += 1 }
      _ = try? h264.receive(sequence, timestamp: timestamp, marker: isMarked, payload: payload)
      while true {
        let assembly = vp8.nextFrame(into: &frame)
        guard assembly != .nothing else { break }
        if case .frame(let received) = assembly {
          stored -= received.packetCount
          precondition(stored >= 0, "more packets delivered than received")
          precondition(received.byteCount == frame.byteCount, "the frame's length is wrong")
        }
      }
      while h264.nextFrame(into: &frame) != .nothing {}
      _ = try? vp9.receive(sequence, timestamp: timestamp, marker: isMarked, payload: payload)
      while vp9.nextFrame(into: &frame) != .nothing {}
      _ = try? av1.receive(sequence, timestamp: timestamp, marker: isMarked, payload: payload)
      while av1.nextFrame(into: &frame) != .nothing {}
    }
  }
}
