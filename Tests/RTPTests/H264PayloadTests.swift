// H.264 payloads: the three structures, keyframes, sizes.

import Testing
import Wire

@testable import RTP

/// Baseline 3.1, 1280 x 720, as x264 writes it (with an emulation prevention byte in the VUI).
private let sps720 = hex("67 42C01F DA 01 40 16 E8 40 00 00 03 00 40 00 00 0C 83 C6 0C A8")
private let pps = hex("68 CE 3C 80")
private let idr = hex("65 88 84 00")

private func stapA(_ units: [[UInt8]]) -> [UInt8] {
  units.reduce([0x78]) { $0 + [UInt8($1.count >> 8), UInt8($1.count & 0xFF)] + $1 }
}

/// Bits to bytes, for parameter sets made by hand.
private func bits(_ text: String) -> [UInt8] {
  let digits = text.filter { $0 == "0" || $0 == "1" }.map { $0 == "1" ? UInt8(1) : 0 }
  return stride(from: 0, to: digits.count, by: 8).map { start in
    (0..<8).reduce(UInt8(0)) { $0 << 1 | (start + $1 < digits.count ? digits[start + $1] : 0) }
  }
}

@Suite("H.264 payload, RFC 6184 section 5")
struct H264PayloadTests {
  @Test("a STAP-A of SPS, PPS and IDR is a keyframe with its size")
  func aggregate() throws {
    let payload = try H264Payload(parsing: stapA([sps720, pps, idr]).span)
    #expect(payload.hasSPS && payload.hasPPS && payload.beginsIDR)
    let marks = payload.marks
    #expect(marks.isKeyframe && marks.startsFrame && marks.isSwitchingPoint)
    #expect(marks.width == 1280 && marks.height == 720)
    #expect(!marks.isDiscardable)
  }

  @Test("a single SPS opens a keyframe; a single PPS does not")
  func parameterSets() throws {
    #expect(try H264Payload(parsing: sps720.span).marks.isKeyframe)
    #expect(try H264Payload(parsing: pps.span).marks.isKeyframe == false)
    #expect(try H264Payload(parsing: pps.span).marks.startsFrame)
  }

  @Test("slices: only the one of macroblock 0 starts a frame")
  func slices() throws {
    #expect(try H264Payload(parsing: hex("41 9A 00").span).marks.startsFrame)
    #expect(try !H264Payload(parsing: hex("41 4A 00").span).marks.startsFrame)
    #expect(try !H264Payload(parsing: hex("41 9A 00").span).marks.isKeyframe)
    #expect(try H264Payload(parsing: hex("01 9A 00").span).marks.isDiscardable)
    #expect(try !H264Payload(parsing: hex("41 9A 00").span).marks.isDiscardable)
  }

  @Test("a fragmented IDR is a keyframe in its first fragment only")
  func fragments() throws {
    let start = try H264Payload(parsing: hex("7C 85 88 84").span).marks
    #expect(start.isKeyframe && start.startsFrame)
    let middle = try H264Payload(parsing: hex("7C 05 88 84").span).marks
    #expect(!middle.isKeyframe && !middle.startsFrame && !middle.isDiscardable)
    let end = try H264Payload(parsing: hex("7C 45 88 84").span).marks
    #expect(!end.isKeyframe && !end.startsFrame)
  }

  @Test(
    "unit types of other packetization modes are refused", arguments: [0, 25, 26, 27, 29, 30, 31])
  func otherTypes(type: Int) {
    #expect(throws: WireError.badValue) {
      try H264Payload(parsing: [UInt8(type) | 0x60, 1, 2, 3, 4].span)
    }
  }

  @Test("broken aggregates and fragments are refused")
  func broken() {
    #expect(throws: WireError.truncated) { try H264Payload(parsing: hex("").span) }
    #expect(throws: WireError.truncated) { try H264Payload(parsing: hex("78").span) }
    #expect(throws: WireError.truncated) { try H264Payload(parsing: hex("78 0005 6588").span) }
    #expect(throws: WireError.badLength) { try H264Payload(parsing: hex("78 0000").span) }
    #expect(throws: WireError.truncated) { try H264Payload(parsing: hex("78 0001 65 00").span) }
    #expect(throws: WireError.truncated) { try H264Payload(parsing: hex("7C 85").span) }
    #expect(throws: WireError.badValue) { try H264Payload(parsing: hex("7C C5 88").span) }
  }

  @Test("an SPS whose size cannot be read is still a keyframe, of unknown size")
  func unreadableSPS() throws {
    for length in 1..<9 {
      let marks = try H264Payload(parsing: Array(sps720[..<length]).span).marks
      #expect(marks.isKeyframe && marks.width == 0 && marks.height == 0)
    }
  }

  @Test("cropping and field coding change the size as section 7.4.2.1.1 says")
  func cropping() throws {
    // High profile 4:2:0, one scaling list, order count type 1 with two offsets, 120 x 34 units of
    // fields (1920 x 1088), cropped by 2 frame lines of 4: 1080.
    let fields = bits(
      """
      1 010 1 1 0 1 1 \(String(repeating: "1", count: 16)) 0000000
      1 010 0 1 1 011 010 1 1 0 0000001111000 00000100010 0 0 1 1 1 1 1 011 1
      """)
    let sps = hex("67 640028") + fields + [0x80]
    let parsed = try H264SequenceParameterSet(nalUnit: 0..<sps.count, in: sps.span)
    #expect(parsed.profileLevelID == 0x640028)
    #expect(parsed.width == 1920)
    #expect(parsed.height == 1080)
  }

  @Test("sizes beyond belief are refused")
  func hugeSize() {
    let sps = hex("67 42001F") + bits("1 1 1 1 1 0 000000000000000010000000000000001 1 1 1 0 1")
    #expect(throws: WireError.badValue) {
      try H264SequenceParameterSet(nalUnit: 0..<sps.count, in: sps.span)
    }
  }
}
