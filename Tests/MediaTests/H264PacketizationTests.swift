// H.264 access units survive being cut up and put together again.
import RTP
import Testing
import Wire

@testable import Media

@Suite("H.264 packetization, RFC 6184")
struct H264PacketizationTests {
  private let parameters: [UInt8] = [0x67, 0x42, 0xE0, 0x1F, 0x8C]
  private let pictureParameters: [UInt8] = [0x68, 0xCE, 0x3C, 0x80]

  /// A slice whose bytes never look like a start code and that does not end in zero.
  private func slice(_ type: UInt8, _ byteCount: Int) -> [UInt8] {
    [0x60 | type, 0x88] + (2..<byteCount).map { UInt8($0 % 200 + 1) }
  }

  private func accessUnit(_ units: [[UInt8]]) throws -> EncodedVideoFrame {
    var frame = EncodedVideoFrame()
    for unit in units {
      try frame.append([0, 0, 0, 1].span)
      try frame.append(unit.span)
    }
    return frame
  }

  private func payloads(_ units: [[UInt8]], bytesMax: Int = 1200) throws -> [[UInt8]] {
    var packetizer = H264Packetizer(payloadBytesMax: bytesMax)
    var payloads = PayloadBatch()
    try packetizer.packetize(try accessUnit(units), into: &payloads)
    return (0..<payloads.count).map { payloads.bytes(at: $0).toArray() }
  }

  @Test("parameter sets share a STAP-A, a long slice becomes equal FU-A fragments")
  func keyframe() throws {
    let result = try payloads([parameters, pictureParameters, slice(5, 3000)])
    #expect(result.count == 4)
    #expect(result[0] == [0x78, 0, 5] + parameters + [0, 4] + pictureParameters)
    #expect(result[1].prefix(2) == [0x7C, 0x85])
    #expect(result[2].prefix(2) == [0x7C, 0x05])
    #expect(result[3].prefix(2) == [0x7C, 0x45])
    #expect(result[1].count == result[2].count && result[3].count <= result[1].count)
    #expect(result.allSatisfy { $0.count <= 1200 })
  }

  @Test("a short slice goes by itself, as does a lone parameter set")
  func single() throws {
    #expect(try payloads([slice(1, 1200)]) == [slice(1, 1200)])
    #expect(try payloads([parameters]) == [parameters])
    #expect(try payloads([slice(1, 1201)]).count == 2)
  }

  @Test("start codes of three bytes and trailing zeros are understood")
  func startCodes() throws {
    var packetizer = H264Packetizer(payloadBytesMax: 1200)
    var payloads = PayloadBatch()
    var frame = EncodedVideoFrame()
    try frame.append(([0, 0, 1] + slice(1, 20) + [0, 0, 0, 0, 1] + slice(1, 30) + [0, 0]).span)
    try packetizer.packetize(frame, into: &payloads)
    #expect(payloads.count == 2)
    #expect(payloads.bytes(at: 0).toArray() == slice(1, 20))
    #expect(payloads.bytes(at: 1).toArray() == slice(1, 30))
  }

  @Test("bytes without a NAL unit are refused")
  func refusals() throws {
    var packetizer = H264Packetizer(payloadBytesMax: 1200)
    var payloads = PayloadBatch()
    for bytes: [UInt8] in [[], [0, 0], [1, 2, 3, 4], [0, 0, 1], [0, 0, 1, 0, 0, 1]] {
      var frame = EncodedVideoFrame()
      try frame.append(bytes.span)
      #expect(throws: WireError.missing) { try packetizer.packetize(frame, into: &payloads) }
    }
  }

  @Test("access units come back byte for byte, and a loss breaks the chain until an IDR")
  func roundTrip() throws {
    var depacketizer = VideoDepacketizer(.h264, waitPackets: 4)
    var frame = EncodedVideoFrame()
    var number = SerialNumber16(65_533)
    var decodable: [Int: Bool] = [:]
    for index in 0..<20 {
      let units =
        index % 8 == 0
        ? [parameters, pictureParameters, slice(5, 4000)] : [slice(1, 900 + index * 200)]
      let original = try accessUnit(units)
      let cut = try payloads(units)
      for (place, payload) in cut.enumerated() {
        number = number.advanced(by: 1)
        if index == 5, place == 1 { continue }
        _ = try depacketizer.receive(
          number, timestamp: RTPTimestamp(UInt32(index) * 3000), marker: place == cut.count - 1,
          payload: payload.span)
      }
      while true {
        let assembly = depacketizer.nextFrame(into: &frame)
        guard assembly != .nothing else { break }
        guard case .frame(let received) = assembly else { continue }
        let at = Int(received.timestamp.rawValue) / 3000
        decodable[at] = received.isDecodable
        #expect(received.isKeyframe == (at % 8 == 0))
        if at == index {
          let isSame = frame.bytes.elementsEqual(original.bytes)
          #expect(isSame)
        }
      }
    }
    for index in 0..<5 { #expect(decodable[index] == true) }
    #expect(decodable[5] == nil)
    for index in 6..<8 { #expect(decodable[index] == false) }
    for index in 8..<20 { #expect(decodable[index] == true) }
  }

  @Test(
    "a keyframe whose end was lost where numbers were made anew is a gap; who sets no markers is believed"
  )
  func cutOff() throws {
    /// The frames of access units, of which some end early and all have numbers in a row.
    func frames(_ count: Int, cutting: Set<Int>, marks: Bool = true) throws -> [(Int, Bool)] {
      var depacketizer = VideoDepacketizer(.h264, waitPackets: 4)
      var frame = EncodedVideoFrame()
      var number = SerialNumber16(9)
      var found: [(Int, Bool)] = []
      for index in 0..<count {
        let cut = try payloads([parameters, pictureParameters, slice(5, 4000)])
        for (place, payload) in cut.enumerated() {
          if cutting.contains(index), place >= cut.count - 2 { break }
          number = number.advanced(by: 1)
          _ = try depacketizer.receive(
            number, timestamp: RTPTimestamp(UInt32(index) * 3000),
            marker: marks && place == cut.count - 1, payload: payload.span)
        }
        while true {
          let assembly = depacketizer.nextFrame(into: &frame)
          guard assembly != .nothing else { break }
          guard case .frame(let received) = assembly else { continue }
          found.append((Int(received.timestamp.rawValue) / 3000, received.isDecodable))
        }
      }
      return found
    }
    #expect(try frames(6, cutting: [0, 3]).map(\.0) == [1, 2, 4, 5])
    #expect(try frames(6, cutting: [0, 3]).allSatisfy(\.1))
    #expect(try frames(20, cutting: [], marks: false).map(\.0) == Array(8..<19))
  }

  @Test("every truncation of a payload is refused or kept, never a trap")
  func truncations() throws {
    for payload in try payloads([parameters, pictureParameters, slice(5, 3000)]) {
      for length in 0..<min(payload.count, 80) {
        var frame = EncodedVideoFrame()
        let cut = Array(payload.prefix(length))
        var unpacker = H264Unpacker()
        try? unpacker.take(cut.span, into: &frame)
        #expect(frame.byteCount <= 80 + 8)
      }
    }
  }
}
