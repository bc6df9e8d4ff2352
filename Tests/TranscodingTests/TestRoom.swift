// A picture with its time code, and reading it back.

import RTP
import Transcoding
import Wire

@testable import Media

/// Pictures at 30 a second, each with the time it was captured at.
struct TestRoom {
  static let epoch = WallTime(nanoseconds: 1_780_000_000_000_000_000)
  let picture: TestPicture
  var canvas: VideoFrame
  let encoder: VP8Encoder
  var number = 0

  init(width: Int, height: Int) throws {
    picture = try TestPicture(width: width, height: height, title: "test").orThrow()
    canvas = try VideoFrame(width: width, height: height).orThrow()
    encoder = try VP8Encoder(
      VP8Encoder.Configuration(
        width: width, height: height, bitrate: .kilobits(1500), framesPerSecond: 30,
        keyframeInterval: nil))
  }

  static func time(_ number: Int) -> WallTime {
    epoch + TimeSpan(nanoseconds: Int64(number) * 33_333_333)
  }

  /// Draws the next picture and gives its time.
  mutating func draw() -> WallTime {
    let time = TestRoom.time(number)
    picture.draw(at: time, frameNumber: UInt16(truncatingIfNeeded: number), into: &canvas)
    number += 1
    return time
  }

  /// The next frame in VP8.
  mutating func next(cut: Bool = false) throws -> SourceFrame {
    let time = draw()
    var frame = EncodedVideoFrame()
    try encoder.encode(canvas, at: Int64(number) * 3000, into: &frame)
    return SourceFrame(
      codec: .vp8, capturedAt: time, bytes: frame.bytes.toArray(), isKeyframe: frame.isKeyframe,
      beginsSegment: cut)
  }
}

/// What tests can't go on without.
struct Missing: Error {}

extension Optional {
  func orThrow() throws -> Wrapped {
    guard let self else { throw Missing() }
    return self
  }
}

extension Picture {
  /// The time code, in a picture of at least `TimeCode.widthMin`.
  var timeCode: TimeCode? {
    guard var copy = VideoFrame(width: width, height: height) else { return nil }
    copy.samples.removeAll()
    for plane in 0...2 { read(plane) { copy.samples += $1.toArray() } }
    return TimeCode.read(from: copy)
  }

  /// The mean of a plane.
  func mean(_ plane: Int) -> Double {
    var (sum, count) = (0, 0)
    read(plane) { _, row in
      for index in row.indices { sum += Int(row[index]) }
      count += row.count
    }
    return Double(sum) / Double(max(1, count))
  }
}
