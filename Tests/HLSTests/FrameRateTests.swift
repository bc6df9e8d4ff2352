// FRAME-RATE is what was measured, once it is steady.

import Testing
import Wire

@testable import HLS

@Suite("FRAME-RATE, RFC 8216bis section 4.4.6.2")
struct FrameRateTests {
  /// A room with a picture at `rates`, each for some seconds.
  private func room(_ rates: [(perSecond: Double, seconds: Double)]) throws -> Presentation {
    var room = Presentation(
      timing: HLSTiming(), epoch: WallTime(nanoseconds: 1_700_000_000_000_000_000), run: "r1")
    let place = room.addRendition(
      "f", .video, format: .avc(try configuration(width: 320, height: 180)), at: .zero)
    #expect(place == 0)
    var time = 0.0
    var end = 0.0
    var keyframeAt = 0.0
    for (perSecond, seconds) in rates {
      end += seconds
      while time < end {
        let isSync = time >= keyframeAt
        if isSync { keyframeAt += 2 }
        room.append(
          TimedSample(time: Int64((time * 90_000).rounded()), bytes: [1], isSync: isSync), to: 0)
        time += 1 / perSecond
      }
    }
    return room
  }

  /// The attribute as players read it.
  private func told(_ room: Presentation) -> String? {
    guard case .content(let content) = room.answer(.multivariant) else { return "nothing" }
    let lines = String(decoding: content.bytes, as: UTF8.self).split(separator: "\n")
    let line = lines.first { $0.hasPrefix("#EXT-X-STREAM-INF") } ?? ""
    return line.split(separator: ",").first { $0.hasPrefix("FRAME-RATE=") }.map(String.init)
  }

  @Test(
    "what the source sends is told, rounded to a common rate",
    arguments: [
      (30.0, "30.000"), (24.6, "25.000"), (15.0, "15.000"), (30_000.0 / 1001.0, "29.970"),
      (58.0, "60.000"), (17.4, "17.000"), (90.0, "90.000"), (5.0, "5.000"),
    ] as [(Double, String)])
  func measured(rate: Double, text: String) throws {
    #expect(told(try room([(rate, 9)])) == "FRAME-RATE=\(text)")
  }

  @Test("nothing is told before three segments agree")
  func unknown() throws {
    #expect(told(try room([(30, 5)])) == nil)
    // A source as slow leaves gaps.
    #expect(told(try room([(2, 12)])) == nil)
    #expect(told(try room([(12, 2), (30, 5.5)])) == nil)
    #expect(told(try room([(12, 2), (30, 7)])) == "FRAME-RATE=30.000")
    #expect(told(try room([(10, 2), (30, 2), (10, 2), (30, 2), (10, 2), (30, 2)])) == nil)
  }

  @Test("it is the most of the show: a slate or a slower camera leaves it")
  func most() throws {
    #expect(told(try room([(30, 9), (5, 12)])) == "FRAME-RATE=30.000")
    #expect(told(try room([(15, 9), (30, 12)])) == "FRAME-RATE=30.000")
  }

  @Test("segments with a gap are not counted")
  func gaps() {
    var rate = FrameRate()
    for frames in [60, 60, 0, 60, 60] { rate.note(frames: frames, seconds: 2) }
    #expect(rate.settled == nil)
    rate.note(frames: 60, seconds: 2)
    #expect(rate.settled == 30)
  }
}
