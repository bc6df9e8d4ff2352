// VP9, AV1 and Opus payloads, and the marks common to all.

import Testing
import Wire

@testable import RTP

@Suite("VP9 payload descriptor, RFC 9628 section 4.2")
struct VP9PayloadDescriptorTests {
  @Test("a keyframe with layers and a scalability structure gives its largest size")
  func keyframe() throws {
    // I L B V, 15-bit picture id, TID 0 SID 0, TL0PICIDX, two layers with sizes, one picture group.
    let bytes = hex("AA 9234 10 07 38 0140 00B4 0280 0168 02 04 01 10 AA")
    let descriptor = try VP9PayloadDescriptor(parsing: bytes.span)
    #expect(descriptor.pictureID == 0x1234)
    #expect(descriptor.temporalID == 0 && descriptor.spatialID == 0)
    #expect(descriptor.isSwitchingUpPoint)
    #expect(descriptor.tl0PicIdx == 7)
    #expect(descriptor.spatialLayers == 2)
    #expect(descriptor.length == bytes.count - 1)
    #expect(descriptor.marks.isKeyframe && descriptor.marks.startsFrame)
    #expect(descriptor.marks.width == 640 && descriptor.marks.height == 360)
  }

  @Test("a flexible frame lists up to three references")
  func references() throws {
    // I P L F B, picture id 7 bits, TID 2 U SID 1 D, three references.
    let bytes = hex("F8 05 53 03 05 06 AA")
    let descriptor = try VP9PayloadDescriptor(parsing: bytes.span)
    #expect(descriptor.pictureID == 5)
    #expect(descriptor.temporalID == 2 && descriptor.spatialID == 1)
    #expect(descriptor.isInterLayerDependent && descriptor.tl0PicIdx == nil)
    #expect(descriptor.length == 6)
    #expect(!descriptor.startsFrame && !descriptor.marks.isKeyframe)
    #expect(throws: WireError.tooMany) {
      try VP9PayloadDescriptor(parsing: hex("D8 05 03 05 07 09 AA").span)
    }
  }

  @Test("a frame without layers is a keyframe when it is not predicted")
  func plain() throws {
    #expect(try VP9PayloadDescriptor(parsing: hex("08 AA").span).marks.isKeyframe)
    #expect(try !VP9PayloadDescriptor(parsing: hex("48 AA").span).marks.isKeyframe)
    #expect(try !VP9PayloadDescriptor(parsing: hex("00 AA").span).marks.isKeyframe)
  }

  @Test("every truncation is refused")
  func truncation() {
    let bytes = hex("AA 9234 10 07 38 0140 00B4 0280 0168 02 04 01 10 AA")
    for length in 0..<bytes.count {
      let cut = Array(bytes[..<length])
      #expect(throws: WireError.truncated) { try VP9PayloadDescriptor(parsing: cut.span) }
    }
  }
}

@Suite("AV1 payload, aggregation header")
struct AV1PayloadTests {
  /// A sequence header OBU for 640 x 360 in profile 0: one operating point, no timing.
  let sequenceHeader = hex("08 0000002CC4FF67 80")

  @Test("N starts a coded video sequence; the sequence header gives its size")
  func keyframe() throws {
    let one = try AV1Payload(parsing: (hex("18") + sequenceHeader).span)
    #expect(one.startsSequence && one.elementCount == 1)
    #expect(one.marks.isKeyframe && one.marks.startsFrame)
    let two = try AV1Payload(parsing: (hex("28 09") + sequenceHeader + hex("3000")).span)
    #expect(two.width == 640 && two.height == 360)
    #expect(one.width == 640 && one.height == 360)
  }

  @Test("a keyframe whose first element is something else has no size")
  func noSequenceHeader() throws {
    let marks = try AV1Payload(parsing: hex("18 30 00 00 00 00 00 00").span).marks
    #expect(marks.isKeyframe && marks.width == 0)
  }

  @Test("a continued element starts no frame; N with Z is refused, as is nothing behind the header")
  func refusals() throws {
    #expect(try !AV1Payload(parsing: hex("90 00").span).marks.startsFrame)
    #expect(throws: WireError.badValue) { try AV1Payload(parsing: hex("88 00").span) }
    #expect(throws: WireError.truncated) { try AV1Payload(parsing: hex("10").span) }
    #expect(throws: WireError.truncated) { try AV1Payload(parsing: hex("").span) }
  }
}

@Suite("Opus payload, RFC 6716 section 3")
struct OpusPayloadTests {
  @Test(
    "the first byte gives the duration",
    arguments: [
      ("78AAAAAA", 960), ("00AAAAAA", 480), ("18AAAAAA", 2880), ("60AAAAAA", 480),
      ("68AAAAAA", 960), ("80AAAAAA", 120), ("98AAAAAA", 960), ("79AAAAAA", 1920),
      ("7B06AAAA", 5760),
    ])
  func duration(text: String, samples: Int) throws {
    let payload = try OpusPayload(parsing: hex(text).span)
    #expect(payload.duration == samples)
    #expect(!payload.isDTX)
  }

  @Test("one or two bytes are silence")
  func dtx() throws {
    #expect(try OpusPayload(parsing: hex("78").span).isDTX)
    #expect(try OpusPayload(parsing: hex("78AA").span).isDTX)
    #expect(try !OpusPayload(parsing: hex("78AAAA").span).isDTX)
  }

  @Test("empty payloads, no frames and more than 120 ms are refused")
  func refusals() {
    #expect(throws: WireError.truncated) { try OpusPayload(parsing: hex("").span) }
    #expect(throws: WireError.truncated) { try OpusPayload(parsing: hex("7B").span) }
    #expect(throws: WireError.badValue) { try OpusPayload(parsing: hex("7B00").span) }
    #expect(throws: WireError.badValue) { try OpusPayload(parsing: hex("7B07").span) }
  }
}

@Suite("Frame marks")
struct FrameMarksTests {
  @Test("each video codec's marks come from its own descriptor; audio has none")
  func dispatch() throws {
    #expect(try FrameMarks(codec: .opus, payload: hex("").span) == FrameMarks())
    #expect(try FrameMarks(codec: .vp8, payload: hex("1001").span).startsFrame)
    #expect(try FrameMarks(codec: .h264, payload: hex("6588").span).isKeyframe)
    #expect(try FrameMarks(codec: .vp9, payload: hex("0800").span).isKeyframe)
    #expect(try FrameMarks(codec: .av1, payload: hex("1800").span).isKeyframe)
    for codec in Codec.allCases where codec.isVideo {
      #expect(throws: WireError.truncated) {
        try FrameMarks(codec: codec, payload: [UInt8]().span)
      }
    }
  }
}
