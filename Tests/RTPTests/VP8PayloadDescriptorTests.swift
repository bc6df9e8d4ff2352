// VP8 descriptors: every optional field, keyframes, patching.

import Testing
import Wire

@testable import RTP

/// A VP8 keyframe header of 640 x 360 and one byte of data.
private let keyframe = hex("10 02 00 9D 01 2A 8002 6801 00")

@Suite("VP8 payload descriptor, RFC 7741 section 4.2")
struct VP8PayloadDescriptorTests {
  @Test("a descriptor of one byte: start of a keyframe with its size")
  func minimal() throws {
    let bytes = hex("10") + keyframe
    let descriptor = try VP8PayloadDescriptor(parsing: bytes.span)
    #expect(descriptor.length == 1)
    #expect(descriptor.pictureID == nil && descriptor.tl0PicIdx == nil)
    let marks = descriptor.marks
    #expect(marks.startsFrame && marks.isKeyframe && marks.isSwitchingPoint)
    #expect(marks.width == 640 && marks.height == 360)
    #expect(marks.temporalID == nil && !marks.isDiscardable)
  }

  @Test("all optional fields with a 15-bit picture id")
  func full() throws {
    let bytes = hex("B0 F0 9234 56 67") + hex("1100")
    let descriptor = try VP8PayloadDescriptor(parsing: bytes.span)
    #expect(descriptor.pictureID == .init(value: 0x1234, isLong: true, offset: 2))
    #expect(descriptor.tl0PicIdx == .init(value: 0x56, offset: 4))
    #expect(descriptor.temporalID == 1)
    #expect(descriptor.isLayerSync)
    #expect(descriptor.keyIndex == 7)
    #expect(descriptor.length == 6 - 0)
    #expect(descriptor.marks.isDiscardable)
    #expect(descriptor.marks.isSwitchingPoint)
    #expect(!descriptor.marks.isKeyframe)
  }

  @Test("a 7-bit picture id; K without T gives no temporal layer")
  func shortPictureID() throws {
    let bytes = hex("90 90 34 E7 0100")
    let descriptor = try VP8PayloadDescriptor(parsing: bytes.span)
    #expect(descriptor.pictureID == .init(value: 0x34, isLong: false, offset: 2))
    #expect(descriptor.temporalID == nil)
    #expect(descriptor.keyIndex == 7)
    #expect(!descriptor.marks.isSwitchingPoint)
  }

  @Test("only S with partition 0 starts a frame")
  func startsFrame() throws {
    #expect(try VP8PayloadDescriptor(parsing: hex("1100").span).startsFrame == false)
    #expect(try VP8PayloadDescriptor(parsing: hex("0000").span).startsFrame == false)
    #expect(try VP8PayloadDescriptor(parsing: hex("1001").span).startsFrame)
    #expect(try !VP8PayloadDescriptor(parsing: (hex("11") + keyframe).span).isKeyframe)
  }

  @Test("a P bit that says keyframe without the start code is not believed")
  func startCode() throws {
    var bytes = hex("10") + keyframe
    bytes[4] = 0x9C
    #expect(try !VP8PayloadDescriptor(parsing: bytes.span).isKeyframe)
    #expect(try !VP8PayloadDescriptor(parsing: hex("10 00 00 00 9D012A").span).isKeyframe)
  }

  @Test("a descriptor cut short, or with nothing behind it, is refused")
  func truncation() {
    let bytes = hex("B0 F0 9234 56 67 01")
    for length in 0..<bytes.count {
      let cut = Array(bytes[..<length])
      #expect(throws: WireError.truncated) { try VP8PayloadDescriptor(parsing: cut.span) }
    }
  }

  @Test("patching keeps the width of the picture id and leaves all else alone")
  func patching() throws {
    for (text, expected) in [
      ("90 E0 9234 56 40 01", "90 E0 FABC DE 40 01"), ("90 E0 34 56 40 01", "90 E0 3C DE 40 01"),
      ("90 20 40 01", "90 20 40 01"), ("10 01", "10 01"),
    ] {
      let payload = hex(text)
      let descriptor = try VP8PayloadDescriptor(parsing: payload.span)
      var packet = hex("80600001") + payload
      var span = packet.mutableSpan
      try descriptor.patch(pictureID: 0x7ABC, tl0PicIdx: 0xDE, in: &span, at: 4)
      #expect(Array(packet[4...]) == hex(expected))
      let patched = try VP8PayloadDescriptor(parsing: Array(packet[4...]).span)
      #expect(patched.pictureID?.isLong == descriptor.pictureID?.isLong)
    }
  }

  @Test("patching a packet shorter than the one that was read throws")
  func patchingShort() throws {
    let payload = hex("90 E0 9234 56 40 01")
    let descriptor = try VP8PayloadDescriptor(parsing: payload.span)
    var packet = hex("90E092")
    var span = packet.mutableSpan
    var refused = false
    do throws(WireError) {
      try descriptor.patch(pictureID: 1, tl0PicIdx: 1, in: &span, at: 0)
    } catch { refused = error == .noSpace }
    #expect(refused)
  }
}
