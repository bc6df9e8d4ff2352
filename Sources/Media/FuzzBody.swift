// What a fuzzer feeds: every depacketizer, with packets cut from arbitrary bytes.
import RTP
import Wire

/// The fuzz body of this target. Frames are assembled; codecs are not run.
package enum MediaFuzzBody {
  /// Reads `bytes` as packets, each behind a byte of length, a byte of sequence number and a byte
  /// of flags, and gives them to the depacketizers; traps when an invariant is broken.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    var depacketizers = [Codec.vp8, .h264, .vp9, .av1].map { VideoDepacketizer($0, waitPackets: 8) }
    var frame = EncodedVideoFrame()
    var reader = ByteReader(bytes.extracting(0..<bytes.count))
    var stored = [Int](repeating: 0, count: depacketizers.count)
    while let length = try? reader.u8(), let number = try? reader.u8(), let flags = try? reader.u8()
    {
      guard let payload = try? reader.take(min(Int(length), reader.remaining)) else { return }
      // The high bits make jumps, so that the window is exercised as well as the parsers.
      let sequence = SerialNumber16(UInt16(number) | UInt16(flags & 0xF0) << 4)
      let timestamp = RTPTimestamp(UInt32(flags >> 1 & 7))
      for index in depacketizers.indices {
        let reception = try? depacketizers[index].receive(
          sequence, timestamp: timestamp, marker: flags & 1 != 0, payload: payload)
        if reception == .stored { stored[index] += 1 }
        while true {
          let assembly = depacketizers[index].nextFrame(into: &frame)
          guard assembly != .nothing else { break }
          if case .frame(let received) = assembly {
            stored[index] -= received.packetCount
            precondition(stored[index] >= 0, "more packets delivered than received")
            // Start codes and lengths are added, at most two bytes for each of a payload.
            precondition(
              frame.byteCount <= received.packetCount * 255 * 3, "more bytes than were received")
          }
        }
      }
    }
  }
}
