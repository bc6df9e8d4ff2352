// The RTP header: what it reads, what it refuses.

import Testing
import Wire

@testable import RTP

@Suite("RTP header, RFC 3550 section 5.1")
struct RTPHeaderTests {
  let plain = hex("80 E0 1234 00010203 DEADBEEF AABBCC")

  @Test("a header without options gives its fields and the rest as payload")
  func plainHeader() throws {
    let header = try RTPHeader(parsing: plain.span)
    #expect(header.marker)
    #expect(header.payloadType == 96)
    #expect(header.sequenceNumber == SerialNumber16(0x1234))
    #expect(header.timestamp == RTPTimestamp(0x0001_0203))
    #expect(header.ssrc == 0xDEAD_BEEF)
    #expect(header.csrcCount == 0)
    #expect(header.extensionProfile == 0)
    #expect(header.extensionBlock.isEmpty)
    #expect(header.headerLength == 12)
    #expect(header.payload == 12..<15)
    #expect(!header.hasPadding)
  }

  @Test("CSRCs, an extension block and padding are taken off the payload")
  func everything() throws {
    let bytes = hex(
      "B2 60 0001 00000002 00000003  11111111 22222222  BEDE 0001 10AA0000  0102 000003")
    let header = try RTPHeader(parsing: bytes.span)
    #expect(header.csrcCount == 2)
    #expect(header.extensionProfile == 0xBEDE)
    #expect(header.extensionBlock == 24..<28)
    #expect(header.headerLength == 28)
    #expect(header.payload == 28..<30)
    #expect(header.hasPadding)
  }

  @Test("a packet that is all padding has an empty payload")
  func paddingOnly() throws {
    let header = try RTPHeader(parsing: hex("A0 60 0001 00000002 00000003 000003").span)
    #expect(header.payload.isEmpty)
  }

  @Test("padding of zero bytes, or into the header, is refused", arguments: ["00", "04", "FF"])
  func badPadding(last: String) {
    let bytes = hex("A0 60 0001 00000002 00000003 0000" + last)
    #expect(throws: WireError.badLength) { try RTPHeader(parsing: bytes.span) }
  }

  @Test("any version but 2 is refused", arguments: [0x00, 0x40, 0xC0] as [UInt8])
  func version(first: UInt8) {
    var bytes = plain
    bytes[0] = first
    #expect(throws: WireError.badVersion) { try RTPHeader(parsing: bytes.span) }
  }

  @Test("every truncation inside the header is refused")
  func truncation() throws {
    let bytes = hex("92 60 0001 00000002 00000003  11111111 22222222  BEDE 0001 10AA0000")
    _ = try RTPHeader(parsing: bytes.span)
    for length in 0..<bytes.count {
      let cut = Array(bytes[..<length])
      #expect(throws: WireError.truncated) { try RTPHeader(parsing: cut.span) }
    }
  }

  @Test("written fields read back the same, with and without the X bit")
  func roundTrip() throws {
    let fields = RTPHeader.Fields(
      marker: true, payloadType: 111, sequenceNumber: SerialNumber16(65535),
      timestamp: RTPTimestamp(0xFFFF_FFFF), ssrc: 7)
    var bytes = [UInt8](repeating: 0, count: 16)
    var span = bytes.mutableSpan
    try fields.write(hasExtension: false, to: &span)
    let header = try RTPHeader(parsing: bytes.span)
    #expect(header.marker && header.payloadType == 111 && header.ssrc == 7)
    #expect(header.sequenceNumber == fields.sequenceNumber)
    #expect(header.timestamp == fields.timestamp)
    span = bytes.mutableSpan
    try fields.write(hasExtension: true, to: &span)
    #expect(try RTPHeader(parsing: bytes.span).headerLength == 16)
  }
}
