// What is shown while there is no picture: the last one, blurred and dimmed, with a sign of pause.

package import Media
import Wire

/// The size a slate is needed at.
package struct SlateSize: Hashable, Sendable {
  package let width: Int
  package let height: Int
  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }
}

/// A still picture as H.264: a keyframe and pictures that change nothing, to be repeated from any
/// place on.
package struct Slate: Hashable, Sendable {
  package let size: SlateSize
  /// Access units with start codes (annex B); the first alone is a keyframe.
  package let units: [[UInt8]]

  /// Pictures a second: as rare as parts of 320 ms can be without gaps.
  package static let framesPerSecond = 5
  /// Enough for a segment of two seconds.
  static let unitCount = 10
  /// A picture that does not move needs no more, and its keyframe no better.
  static let bitrate = Bitrate.kilobits(300)
  /// The blurred picture's shorter side before it is enlarged again: shapes, no faces.
  static let blurredSide = 16
  private static let dark: UInt8 = 40

  /// Makes a slate.
  ///
  /// - Parameter picture: the last there was; nil for a plain card.
  /// - Throws: `.badSize` for a size `Picture` refuses, and what the encoder throws.
  package init(
    _ size: SlateSize, behind picture: Picture?, settings: EncoderSettings
  ) throws(CodecError) {
    let card = try Slate.card(size, behind: picture)
    let encoder = try H264Encoder(
      like: card, width: size.width, height: size.height, bitrate: Slate.bitrate,
      settings: settings)
    var units: [[UInt8]] = []
    for index in 0..<Slate.unitCount {
      try encoder.encode(card, asKeyframe: index == 0) { units.append($0.bytes) }
    }
    guard units.count == Slate.unitCount else { throw .encodingFailed }
    self.size = size
    self.units = units
  }

  private static func card(_ size: SlateSize, behind picture: Picture?) throws(CodecError)
    -> Picture
  {
    let time = picture?.capturedAt ?? WallTime(nanoseconds: 0)
    let card = try Picture(width: size.width, height: size.height, capturedAt: time)
    if let picture, let blurred = try? blur(picture, size) {
      card.copySamples(of: blurred)
      card.change(0) { _, row in
        for index in row.indices { row[index] = 16 + (max(16, row[index]) - 16) / 3 }
      }
    } else {
      card.change(0) { _, row in for index in row.indices { row[index] = dark } }
      for plane in 1...2 {
        card.change(plane) { _, row in for index in row.indices { row[index] = 128 } }
      }
    }
    drawSign(on: card)
    return card
  }

  private static func blur(_ picture: Picture, _ size: SlateSize) throws(CodecError) -> Picture {
    let (width, height) = (picture.width, picture.height)
    let side = blurredSide
    let long = min(max(width, height) * side / max(1, min(width, height)), VideoFrame.sideMax) & ~1
    let small = try PictureScaler(
      width: width < height ? side : long, height: width < height ? long : side)
    return try PictureScaler(width: size.width, height: size.height).scale(small.scale(picture))
  }

  /// Two upright bars in the middle, a sixth of the height tall.
  private static func drawSign(on card: Picture) {
    let unit = max(2, min(card.width, card.height) / 24)
    let (middle, centre) = (card.height / 2, card.width / 2)
    card.change(0) { row, samples in
      guard abs(row - middle) <= 2 * unit else { return }
      for bar in [centre - 3 * unit / 2, centre + unit / 2] {
        for column in max(0, bar)..<min(bar + unit, samples.count) { samples[column] = 200 }
      }
    }
  }
}
