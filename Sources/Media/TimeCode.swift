// The machine-readable time code in the test picture. docs/timecode.md describes it for readers
// in other languages.

/// A capture time and a frame number, as a field of black and white blocks.
///
/// 80 blocks in two rows of 40. With a picture of W by H pixels, block (row r, column c) covers
///
///     x from c * W / 40        to (c + 1) * W / 40
///     y from (40 + 2r) * H / 45 to (42 + 2r) * H / 45       (r = 0, 1; y grows downwards)
///
/// so at 640x360 a block is 16 by 16 pixels, the rows begin at y = 320 and y = 336. White (luma
/// 235) is 1, black (luma 16) is 0. Row 0 from the left, then row 1, give 80 bits, the most
/// significant first in each field:
///
///     bits  0...47   milliseconds since 1970-01-01T00:00:00Z
///     bits 48...63   frame number, wrapping
///     bits 64...79   CRC-16/CCITT-FALSE over the eight bytes before it
///
/// The writer keeps everything from y = 39 * H / 45 down, apart from the blocks, black.
package struct TimeCode: Hashable, Sendable {
  /// Milliseconds since 1970, 0..<2^48.
  package var milliseconds: Int64
  /// Counts frames, wrapping.
  package var frameNumber: UInt16

  /// - Parameter milliseconds: only the low 48 bits are kept.
  package init(milliseconds: Int64, frameNumber: UInt16) {
    self.milliseconds = milliseconds & 0xFFFF_FFFF_FFFF
    self.frameNumber = frameNumber
  }

  /// Blocks in a row.
  package static let columns = 40
  package static let rows = 2
  /// The smallest picture it can be read from: blocks of two by two pixels.
  package static let widthMin = 80
  package static let heightMin = 45
  /// Between black (16) and white (235).
  private static let threshold = 126

  /// Draws the blocks, and the black band they lie in.
  package func write(into frame: inout VideoFrame) {
    let (width, height) = (frame.width, frame.height)
    frame.fill(x: 0..<width, y: (39 * height / 45)..<height, with: .black)
    for index in 0..<(TimeCode.columns * TimeCode.rows) where bit(at: index) {
      let (row, column) = index.quotientAndRemainder(dividingBy: TimeCode.columns)
      frame.fill(
        x: (column * width / TimeCode.columns)..<((column + 1) * width / TimeCode.columns),
        y: ((40 + 2 * row) * height / 45)..<((42 + 2 * row) * height / 45), with: .white)
    }
  }

  /// Reads the code from a picture of any size from `widthMin` by `heightMin`.
  ///
  /// - Returns: nil when the picture is too small or the checksum does not match; a picture
  ///   without a code passes by chance once in 65,536 times.
  package static func read(from frame: borrowing VideoFrame) -> TimeCode? {
    guard frame.width >= widthMin, frame.height >= heightMin else { return nil }
    var payload: UInt64 = 0
    var checksum: UInt16 = 0
    for index in 0..<(columns * rows) {
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let isWhite = mean(of: frame, row: row, column: column) >= threshold
      if index < 64 {
        payload = payload << 1 | (isWhite ? 1 : 0)
      } else {
        checksum = checksum << 1 | (isWhite ? 1 : 0)
      }
    }
    guard TimeCode.checksum(payload) == checksum else { return nil }
    return TimeCode(
      milliseconds: Int64(payload >> 16), frameNumber: UInt16(truncatingIfNeeded: payload))
  }

  /// The mean luma of the middle half, in both directions, of a block.
  private static func mean(of frame: borrowing VideoFrame, row: Int, column: Int) -> Int {
    let (width, height) = (frame.width, frame.height)
    let luma = frame.luma
    // Quarters of a block, so that the whole sum is done in integers.
    let left = (4 * column + 1) * width / (4 * columns)
    let right = max(left + 1, (4 * column + 3) * width / (4 * columns))
    let top = (80 + 4 * row + 1) * height / 90
    let bottom = max(top + 1, (80 + 4 * row + 3) * height / 90)
    var sum = 0
    for y in top..<bottom {
      for x in left..<right { sum += Int(luma[y * width + x]) }
    }
    return sum / ((right - left) * (bottom - top))
  }

  private var payload: UInt64 { UInt64(milliseconds) << 16 | UInt64(frameNumber) }

  private func bit(at index: Int) -> Bool {
    if index < 64 { return payload >> UInt64(63 - index) & 1 == 1 }
    return TimeCode.checksum(payload) >> UInt16(79 - index) & 1 == 1
  }

  /// CRC-16/CCITT-FALSE (polynomial 0x1021, initial value 0xFFFF, not reflected, no final
  /// inversion) over the eight bytes of `payload`, most significant first.
  static func checksum(_ payload: UInt64) -> UInt16 {
    var crc: UInt16 = 0xFFFF
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      crc ^= UInt16(payload >> shift & 0xFF) << 8
      for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
    }
    return crc
  }
}
