// Stills of a show: a poster, and small pictures side by side for the seek bar.

package import Media
package import Wire

/// A sheet of small pictures in one row.
package struct StillSheet: Hashable, Sendable {
  /// Counts sheets, from 0.
  package let number: Int
  /// When each picture was captured, from left to right.
  package let times: [WallTime]
  /// Of one picture.
  package let width: Int
  package let height: Int
  package let jpeg: [UInt8]
}

/// What one picture changes.
package struct Stills: Hashable, Sendable {
  package let capturedAt: WallTime
  package let poster: [UInt8]
  /// The newest sheet, with this picture as its last.
  package let sheet: StillSheet
}

/// Makes stills of every picture that is far enough from the one before.
///
/// A class because it owns codecs. Confined to one thread.
package final class StillMaker {
  private var lastAt: WallTime?
  private var poster: JPEGEncoder?
  private var sheetEncoder: JPEGEncoder?
  private var tile: PictureScaler?
  private var canvas: Picture?
  private var times: [WallTime] = []
  private var number = -1

  /// From one still to the next: what seek bars show.
  package static let interval = TimeSpan.seconds(10)
  /// Pictures of a sheet: a minute.
  package static let sheetPictures = 6
  /// Of a poster, the shorter side at most: what link previews show.
  static let posterSide = 360
  /// Of a small picture, the shorter side.
  static let tileSide = 90

  /// A maker that has made nothing.
  package init() {}

  /// Takes a picture; nil while it is too soon for another still.
  ///
  /// - Throws: what scaling and encoding throw.
  package func take(_ picture: Picture) throws(CodecError) -> Stills? {
    if let lastAt, picture.capturedAt >= lastAt, picture.capturedAt - lastAt < StillMaker.interval {
      return nil
    }
    lastAt = picture.capturedAt
    let size = StillMaker.size(of: picture, shortSide: StillMaker.posterSide)
    if poster?.width != size.width || poster?.height != size.height {
      poster = try JPEGEncoder(width: size.width, height: size.height)
    }
    guard let poster else { throw .badConfiguration }
    let small = StillMaker.size(of: picture, shortSide: StillMaker.tileSide)
    try prepareSheet(small.width, small.height)
    guard let tile, let canvas, let sheetEncoder else { throw .badConfiguration }
    canvas.copySamples(of: try tile.scale(picture), at: times.count * small.width)
    times.append(picture.capturedAt)
    let sheet = StillSheet(
      number: number, times: times, width: small.width, height: small.height,
      jpeg: try sheetEncoder.encode(canvas))
    return Stills(
      capturedAt: picture.capturedAt, poster: try poster.encode(picture), sheet: sheet)
  }

  /// Begins another sheet when this one is full or its pictures have another shape.
  private func prepareSheet(_ width: Int, _ height: Int) throws(CodecError) {
    let isSame = tile?.width == width && tile?.height == height
    guard !isSame || times.count == StillMaker.sheetPictures else { return }
    times = []
    number += 1
    tile = try PictureScaler(width: width, height: height)
    let whole = width * StillMaker.sheetPictures
    let empty = try Picture(
      width: whole, height: height, capturedAt: WallTime(nanoseconds: 0))
    for (plane, value) in [(0, 16), (1, 128), (2, 128)] as [(Int, UInt8)] {
      empty.change(plane) { _, row in for index in row.indices { row[index] = value } }
    }
    canvas = empty
    if !isSame { sheetEncoder = try JPEGEncoder(width: whole, height: height) }
  }

  private static func size(
    of picture: Picture, shortSide: Int
  ) -> (width: Int, height: Int) {
    let short = max(1, min(picture.width, picture.height))
    let side = max(Picture.sideMin, min(shortSide, short)) & ~1
    // A strip of pixels is no still: at most four to one.
    let long = min(max(picture.width, picture.height) * side / short, side * 4) & ~1
    return picture.width < picture.height ? (side, long) : (long, side)
  }
}
