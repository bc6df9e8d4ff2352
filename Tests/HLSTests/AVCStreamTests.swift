// Access units → samples and configurations: ISO/IEC 14496-15 section 5.

import HLS
import Testing
import Wire

@Suite("H.264 access units to avc1 samples")
struct AVCStreamTests {
  private let small = sequenceParameters(width: 320, height: 180)
  private let large = sequenceParameters(width: 1280, height: 720)

  private func receive(_ stream: inout AVCStream, _ units: [[UInt8]]) -> OnAccessUnit {
    stream.receive(byteStream(units).span)
  }

  @Test("nothing is a sample before an IDR picture with its parameter sets")
  func beginning() {
    var stream = AVCStream()
    #expect(receive(&stream, [[0x41, 1]]) == .discarded)
    #expect(receive(&stream, [[0x65, 1]]) == .discarded)
    #expect(receive(&stream, [small, pictureParameters]) == .discarded)
    guard case .sample(let sample, isSync: true, let format?) = receive(&stream, [[0x65, 1]]) else {
      Issue.record("an IDR picture after its parameter sets is a sample")
      return
    }
    #expect(sample == [0, 0, 0, 2, 0x65, 1])
    #expect(format.width == 320 && format.height == 180)
  }

  @Test("delimiters, filler and parameter sets stay out of the sample, SEI stays in")
  func contents() {
    var stream = AVCStream()
    let unit = [[0x09, 0xF0], small, pictureParameters, [0x06, 5], [0x65, 1, 2], [0x0C, 0xFF]]
    guard case .sample(let sample, _, _) = receive(&stream, unit) else {
      Issue.record("no sample")
      return
    }
    #expect(sample == [0, 0, 0, 2, 0x06, 5, 0, 0, 0, 3, 0x65, 1, 2])
  }

  @Test("only parameter sets that differ are a new configuration, and only with an IDR picture")
  func change() {
    var stream = AVCStream()
    _ = receive(&stream, [small, pictureParameters, [0x65, 1]])
    guard
      case .sample(_, isSync: true, nil) = receive(
        &stream, [small, pictureParameters, [0x65, 2]])
    else {
      Issue.record("the same sets again are no change")
      return
    }
    guard case .sample(_, isSync: false, nil) = receive(&stream, [large, [0x41, 3]]) else {
      Issue.record("a change waits for the IDR picture")
      return
    }
    guard case .sample(_, isSync: true, let format?) = receive(&stream, [[0x65, 4]]) else {
      Issue.record("the IDR picture brings the change")
      return
    }
    #expect(format.width == 1280)
  }

  @Test("start codes of three and four bytes, and zeros behind a unit, are no part of it")
  func startCodes() throws {
    let bytes: [UInt8] = [9, 0, 0, 1, 0x41, 7, 0, 0, 0, 0, 1, 0x41, 8, 0, 0]
    let ranges = try NALUnits.ranges(inByteStream: bytes.span)
    #expect(ranges.map { Array(bytes[$0]) } == [[0x41, 7], [0x41, 8]])
  }

  @Test("more NAL units than the limit are refused")
  func limit() {
    var stream = AVCStream()
    let many = Array(repeating: [UInt8(0x41), 1], count: HLSLimits.nalUnitsMax + 1)
    #expect(receive(&stream, many) == .discarded)
    #expect(throws: WireError.tooMany) {
      _ = try NALUnits.ranges(inByteStream: byteStream(many).span)
    }
  }

  @Test("a profile with more than eight bits or 4:2:0 is refused")
  func profiles() {
    var set = small
    set[1] = 110
    #expect(throws: WireError.self) {
      _ = try AVCConfiguration(
        sequenceParameters: [set], pictureParameters: [pictureParameters])
    }
  }
}
