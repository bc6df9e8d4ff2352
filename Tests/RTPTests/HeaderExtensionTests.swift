// Header extensions: both forms read and written, malformed blocks survived.

import Testing
import Wire

@testable import RTP

/// A packet whose extension block is `block`, padded to whole words.
private func packet(profile: UInt16, block: [UInt8]) -> [UInt8] {
  var padded = block
  while padded.count % 4 != 0 { padded.append(0) }
  let words = UInt16(padded.count / 4)
  return hex("90 60 0001 00000002 00000003")
    + [UInt8(profile >> 8), UInt8(profile & 0xFF), UInt8(words >> 8), UInt8(words & 0xFF)]
    + padded + [0xAA]
}

private func parse(_ bytes: [UInt8], _ map: ExtensionMap) throws -> ParsedExtensions {
  let header = try RTPHeader(parsing: bytes.span)
  return ParsedExtensions(parsing: bytes.span, header: header, map: map)
}

@Suite("Header extensions, RFC 8285")
struct HeaderExtensionTests {
  let map: ExtensionMap = {
    var map = ExtensionMap()
    for (index, kind) in HeaderExtension.allCases.enumerated() { map[kind] = UInt8(index + 1) }
    return map
  }()

  @Test("the one-byte form gives every extension the map names")
  func oneByte() throws {
    // mid "1", rid "hi", repaired rid "hi", level, send time, sequence, capture time, delay, descriptor.
    let bytes = packet(
      profile: 0xBEDE,
      block: hex(
        """
        1031 216869 316869 40B0 52010203 610405 00 7F00000001800000000000000000000007
        82FFF001 9280000A
        """))
    let parsed = try parse(bytes, map)
    #expect(parsed.mid.map { Array(bytes[$0]) } == Array("1".utf8))
    #expect(parsed.rid.map { Array(bytes[$0]) } == Array("hi".utf8))
    #expect(parsed.repairedRID.map { Array(bytes[$0]) } == Array("hi".utf8))
    #expect(parsed.audioLevel == AudioLevel(isVoice: true, level: 48))
    #expect(parsed.absSendTime == 0x010203)
    #expect(parsed.transportSequence == 0x0405)
    #expect(
      parsed.absCaptureTime
        == AbsCaptureTime(time: NTPTime(rawValue: 0x1_8000_0000), clockOffset: 7))
    #expect(parsed.playoutDelay == 0xFFF001)
    #expect(parsed.dependencyDescriptor.map { Array(bytes[$0]) } == [0x80, 0, 0x0A])
  }

  @Test("the two-byte form is read, whatever its appbits", arguments: [0x1000, 0x100F] as [UInt16])
  func twoByte(profile: UInt16) throws {
    let bytes = packet(profile: profile, block: hex("0101 31 00 06020405 0200 0703010203"))
    let parsed = try parse(bytes, map)
    #expect(parsed.mid.map { Array(bytes[$0]) } == [0x31])
    #expect(parsed.transportSequence == 0x0405)
    #expect(parsed.rid == nil)
    #expect(parsed.absCaptureTime == nil)
  }

  @Test("ids nobody negotiated and unknown forms are passed over")
  func unknown() throws {
    #expect(try parse(packet(profile: 0xBEDE, block: hex("D0FF 1031")), map).mid != nil)
    #expect(try parse(packet(profile: 0x1234, block: hex("1031")), map) == ParsedExtensions())
    #expect(
      try parse(packet(profile: 0xBEDE, block: hex("1031")), ExtensionMap()) == ParsedExtensions())
  }

  @Test(
    "a malformed element ends the block and keeps what came before", arguments: ["F0", "05", "1F"])
  func malformed(element: String) throws {
    let bytes = packet(profile: 0xBEDE, block: hex("610405" + element + "1031 0000"))
    let parsed = try parse(bytes, map)
    #expect(parsed.transportSequence == 0x0405)
    #expect(parsed.mid == nil)
  }

  @Test("short values use the one-byte form, padded to a word")
  func writesOneByte() throws {
    var bytes = [UInt8](repeating: 0xEE, count: 32)
    var writer = HeaderExtensionWriter(at: 12)
    var span = bytes.mutableSpan
    let mid: [UInt8] = [0x31]
    #expect(try writer.append(id: 1, mid.span, to: &span) == 17)
    #expect(try writer.append(id: 6, 0x0405, length: 2, to: &span) == 19)
    #expect(try writer.append(id: 0, 9, length: 2, to: &span) == nil)
    let end = try writer.finish(&span)
    #expect(end == 24)
    #expect(Array(bytes[12..<24]) == hex("BEDE 0002 1031 610405 000000"))
  }

  @Test("a late element that needs it turns the whole block into the two-byte form")
  func widens() throws {
    for (id, length) in [(15, 1), (3, 17), (3, 0), (255, 255)] as [(UInt8, Int)] {
      var bytes = [UInt8](repeating: 0xEE, count: 400)
      var writer = HeaderExtensionWriter(at: 12)
      var span = bytes.mutableSpan
      try writer.append(id: 1, 0x31, length: 1, to: &span)
      try writer.append(id: 6, 0x0405, length: 2, to: &span)
      let long = [UInt8](repeating: 7, count: length)
      try writer.append(id: id, long.span, to: &span)
      let end = try writer.finish(&span)
      #expect(end % 4 == 0)
      #expect(Array(bytes[12..<14]) == [0x10, 0x00])
      #expect(Array(bytes[16..<23]) == hex("010131 06020405"))
      #expect(Array(bytes[23..<25]) == [id, UInt8(length)])
      #expect(Array(bytes[25..<(25 + length)]) == long)
    }
  }

  @Test("an empty block writes nothing; a full packet refuses and keeps the block")
  func limits() throws {
    var bytes = [UInt8](repeating: 0xEE, count: 20)
    var writer = HeaderExtensionWriter(at: 12)
    var span = bytes.mutableSpan
    #expect(try writer.finish(&span) == 12)
    try writer.append(id: 1, 1, length: 1, to: &span)
    let copy = writer
    #expect(throws: WireError.noSpace) { try writer.append(id: 1, 1, length: 2, to: &span) }
    #expect(throws: WireError.noSpace) { try writer.append(id: 20, 1, length: 1, to: &span) }
    #expect(throws: WireError.tooMany) {
      try writer.append(id: 1, [UInt8](repeating: 0, count: 256).span, to: &span)
    }
    #expect(writer == copy)
    #expect(try writer.finish(&span) == 20)
    #expect(Array(bytes[12...]) == hex("BEDE 0001 10010000"))
  }
}
