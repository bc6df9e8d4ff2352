// H.264 access units from RTP payloads: RFC 6184, modes 0 and 1.
import RTP
import Wire

/// Appends NAL units in annex B form.
struct H264Unpacker: FrameUnpacker {
  mutating func take(
    _ payload: borrowing Span<UInt8>, into frame: inout EncodedVideoFrame
  ) throws(WireError) {
    var reader = ByteReader(payload.extracting(0..<payload.count))
    guard let first = reader.peek() else { return }
    switch first & 0x1F {
    case H264NALType.singleTimeAggregate:
      try reader.skip(1)
      while !reader.isAtEnd {
        let length = try Int(reader.u16())
        try frame.appendNALUnit(reader.take(length))
      }
    case H264NALType.fragment:
      try reader.skip(1)
      let header = try reader.u8()
      if header & 0x80 != 0 {
        try frame.appendStartCode()
        try frame.append(u8: first & 0xE0 | header & 0x1F)
      }
      try frame.append(reader.rest())
    default: try frame.appendNALUnit(payload)
    }
  }
}

extension EncodedVideoFrame {
  fileprivate mutating func appendStartCode() throws(WireError) {
    for byte: UInt8 in [0, 0, 0, 1] { try append(u8: byte) }
  }

  fileprivate mutating func appendNALUnit(_ unit: borrowing Span<UInt8>) throws(WireError) {
    try appendStartCode()
    try append(unit)
  }
}
