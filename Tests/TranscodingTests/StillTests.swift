// Posters, sheets and slates: files that are what they say.

import Media
import RTP
import Testing
import Wire

@testable import Transcoding

@Suite("Stills and slates")
struct StillTests {
  /// Whether these bytes are a JPEG file of this size (its SOF0 says so).
  private func isJPEG(_ bytes: [UInt8], _ width: Int, _ height: Int) -> Bool {
    guard bytes.starts(with: [0xFF, 0xD8]), bytes.suffix(2) == [0xFF, 0xD9] else { return false }
    guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: [0xFF, 0xC0]) }) else {
      return false
    }
    let height = [UInt8(height >> 8), UInt8(height & 255)]
    return bytes[(start + 5)...].starts(with: height + [UInt8(width >> 8), UInt8(width & 255)])
  }

  @Test("a still every ten seconds, six on a sheet, then another sheet")
  func sheets() throws {
    var room = try TestRoom(width: 640, height: 360)
    let maker = StillMaker()
    var made: [Stills] = []
    for second in 0..<75 {
      let time = TestRoom.epoch + .seconds(Int64(second))
      room.picture.draw(at: time, frameNumber: 0, into: &room.canvas)
      if let stills = try maker.take(Picture(room.canvas, capturedAt: time)) { made.append(stills) }
    }
    #expect(made.map(\.sheet.number) == [0, 0, 0, 0, 0, 0, 1, 1])
    #expect(made.map(\.sheet.times.count) == [1, 2, 3, 4, 5, 6, 1, 2])
    for stills in made {
      #expect(stills.sheet.times.last == stills.capturedAt)
      #expect(isJPEG(stills.poster, 640, 360))
      #expect((stills.sheet.width, stills.sheet.height) == (160, 90))
      #expect(isJPEG(stills.sheet.jpeg, 960, 90))
    }
  }

  @Test("a slate begins with its only keyframe and shows the last picture blurred and dim")
  func slate() throws {
    var room = try TestRoom(width: 640, height: 360)
    _ = room.draw()
    let picture = try Picture(room.canvas, capturedAt: TestRoom.epoch)
    for behind in [picture, nil] {
      let slate = try Slate(
        SlateSize(width: 320, height: 180), behind: behind, settings: EncoderSettings())
      let decoder = try VideoDecoder(.h264)
      var shown: [Picture] = []
      // Twice over: it can be repeated.
      for unit in slate.units + slate.units {
        try shown.append(#require(try decoder.decode(unit.span, capturedAt: TestRoom.epoch)))
      }
      #expect(shown.count == 2 * Slate.unitCount)
      #expect(shown.allSatisfy { ($0.width, $0.height) == (320, 180) })
      #expect(shown[0].timeCode == nil)
      #expect(shown[0].mean(0) < (behind?.mean(0) ?? 255))
      #expect(abs(shown[0].mean(0) - shown[15].mean(0)) < 2)
      // 160 kbit/s at most, at the smaller size of the standard ladder's a fraction of that.
      #expect(slate.units.reduce(0) { $0 + $1.count } < 40_000)
    }
  }
}
