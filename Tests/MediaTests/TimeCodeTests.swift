// The time code survives what pictures go through, and nothing else passes for one.
import Testing
import Wire

@testable import Media

@Suite("Time code in the picture")
struct TimeCodeTests {
  private func frame(_ width: Int, _ height: Int) throws -> VideoFrame {
    try VideoFrame(width: width, height: height).orThrow()
  }

  @Test("the checksum is CRC-16/CCITT-FALSE over eight bytes")
  func checksum() {
    // "12345678" under the same CRC, computed independently (Python's binascii.crc_hqx).
    #expect(TimeCode.checksum(0x3132_3334_3536_3738) == 0xA12B)
  }

  @Test("the example of docs/timecode.md")
  func documentedExample() {
    #expect(TimeCode.checksum(0x018B_CFE5_687B_0102) == 0x12C8)
  }

  @Test(
    "a code written is read back at every size",
    arguments: [(80, 45), (160, 90), (320, 180), (640, 360), (641, 361), (1280, 720), (480, 640)])
  func roundTrip(size: (Int, Int)) throws {
    var frame = try frame(size.0, size.1)
    for (time, number) in [(Int64(0), UInt16(0)), (1_700_000_000_123, 258), (1 << 48 - 1, 65535)] {
      let code = TimeCode(milliseconds: time, frameNumber: number)
      code.write(into: &frame)
      #expect(TimeCode.read(from: frame) == code)
    }
  }

  @Test("a code survives scaling by whole and odd ratios")
  func scaling() throws {
    var large = try frame(1280, 720)
    let code = TimeCode(milliseconds: 1_700_000_123_456, frameNumber: 4711)
    code.write(into: &large)
    for (width, height) in [(640, 360), (320, 180), (160, 90), (854, 480), (426, 240), (1280, 720)]
    {
      var small = try frame(width, height)
      large.scale(into: &small)
      #expect(TimeCode.read(from: small) == code, "\(width)x\(height)")
    }
  }

  @Test("pictures without a code give none")
  func absent() throws {
    var frame = try frame(640, 360)
    #expect(TimeCode.read(from: frame) == nil)
    frame.fill(x: 0..<640, y: 0..<360, with: .white)
    #expect(TimeCode.read(from: frame) == nil)
    #expect(TimeCode.read(from: try self.frame(79, 45)) == nil)
  }

  @Test("one wrong block is refused")
  func wrongBlock() throws {
    var frame = try frame(640, 360)
    let code = TimeCode(milliseconds: 1_700_000_000_000, frameNumber: 1)
    for index in 0..<80 {
      code.write(into: &frame)
      let (row, column) = index.quotientAndRemainder(dividingBy: 40)
      let isWhite = frame.luma[(328 + 16 * row) * 640 + column * 16 + 8] > 126
      frame.fill(
        x: column * 16..<(column + 1) * 16, y: 320 + row * 16..<336 + row * 16,
        with: isWhite ? .black : .white)
      #expect(TimeCode.read(from: frame) == nil, "block \(index)")
    }
  }
}
