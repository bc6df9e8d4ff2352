// A picture in libav's memory, as decoders give it and encoders take it.

import CAV
package import Media
package import Wire

/// One decoded picture and when it was captured.
///
/// A class because it owns a reference to libav's buffers for as long as it lives. Confined to one thread.
@safe
package final class Picture {
  let frame: UnsafeMutablePointer<AVFrame>
  /// Media time.
  package let capturedAt: WallTime

  /// Takes over what `frame` refers to, and leaves that empty; nil without memory.
  init?(moving frame: UnsafeMutablePointer<AVFrame>, capturedAt: WallTime) {
    guard let own = unsafe av_frame_alloc() else { return nil }
    unsafe av_frame_move_ref(own, frame)
    unsafe self.frame = own
    self.capturedAt = capturedAt
  }

  /// A picture of undefined content in 4:2:0 with eight bits.
  ///
  /// - Throws: `.badSize` for sides that are odd, below `sideMin`, or beyond `VideoFrame`'s.
  package init(width: Int, height: Int, capturedAt: WallTime) throws(CodecError) {
    guard Picture.isLegal(width: width, height: height), let own = unsafe av_frame_alloc() else {
      throw .badSize
    }
    unsafe own.pointee.width = Int32(width)
    unsafe own.pointee.height = Int32(height)
    unsafe own.pointee.format = AV_PIX_FMT_YUV420P.rawValue
    guard unsafe av_frame_get_buffer(own, 0) == 0 else {
      var made: UnsafeMutablePointer<AVFrame>? = unsafe own
      unsafe av_frame_free(&made)
      throw .badSize
    }
    unsafe frame = own
    self.capturedAt = capturedAt
  }

  deinit {
    var made: UnsafeMutablePointer<AVFrame>? = unsafe frame
    unsafe av_frame_free(&made)
  }

  /// The smallest side that is encoded: a macroblock.
  package static let sideMin = 16

  static func isLegal(width: Int, height: Int) -> Bool {
    width >= sideMin && height >= sideMin && width <= VideoFrame.sideMax
      && height <= VideoFrame.sideMax && width * height <= VideoFrame.pixelsMax
      && width % 2 == 0 && height % 2 == 0
  }

  /// In luma samples.
  package var width: Int { unsafe Int(frame.pointee.width) }
  /// In luma samples.
  package var height: Int { unsafe Int(frame.pointee.height) }
  /// Whether an encoder takes it as it is: 4:2:0 with eight bits and even sides.
  var isPlain: Bool {
    unsafe frame.pointee.format == AV_PIX_FMT_YUV420P.rawValue
      && Picture.isLegal(width: width, height: height)
  }

  /// A copy of a picture of ours. For tests and cards; pictures that are received stay where they are.
  package convenience init(
    _ other: borrowing VideoFrame, capturedAt: WallTime
  ) throws(CodecError) {
    try self.init(width: other.width, height: other.height, capturedAt: capturedAt)
    copy(other.luma, to: 0, width: width, height: height)
    copy(other.blueDifference, to: 1, width: width / 2, height: height / 2)
    copy(other.redDifference, to: 2, width: width / 2, height: height / 2)
  }

  private func copy(_ from: borrowing Span<UInt8>, to plane: Int, width: Int, height: Int) {
    change(plane) { row, samples in
      for column in 0..<min(width, samples.count) {
        samples[column] = from[row * width + column]
      }
    }
  }

  /// Gives each row of a plane (0 luma, 1 and 2 chroma) of a plain picture to `body`, to be changed.
  func change(_ plane: Int, _ body: (Int, inout MutableSpan<UInt8>) -> Void) {
    let (base, stride) = unsafe Picture.plane(plane, of: frame)
    guard isPlain, let base = unsafe base else { return }
    let shift = plane == 0 ? 0 : 1
    for row in 0..<(height >> shift) {
      var samples = unsafe MutableSpan(_unsafeStart: base + row * stride, count: width >> shift)
      body(row, &samples)
    }
  }

  /// Gives each row of a plane (0 luma, 1 and 2 chroma) of a plain picture to `body`.
  package func read(_ plane: Int, _ body: (Int, borrowing Span<UInt8>) -> Void) {
    let (base, stride) = unsafe Picture.plane(plane, of: frame)
    guard isPlain, let base = unsafe base else { return }
    let shift = plane == 0 ? 0 : 1
    for row in 0..<(height >> shift) {
      let samples = unsafe Span(_unsafeStart: base + row * stride, count: width >> shift)
      body(row, samples)
    }
  }

  /// Copies the samples of another plain picture, its left edge at `column` (even); what does not fit
  /// is left out.
  func copySamples(of other: Picture, at column: Int = 0) {
    for plane in 0...2 {
      let shift = plane == 0 ? 0 : 1
      var rows: [[UInt8]] = []
      other.read(plane) { rows.append($1.toArray()) }
      change(plane) { row, samples in
        guard row < rows.count else { return }
        let first = column >> shift
        for index in 0..<max(0, min(rows[row].count, samples.count - first)) {
          samples[first + index] = rows[row][index]
        }
      }
    }
  }

  private static func plane(
    _ number: Int, of frame: UnsafeMutablePointer<AVFrame>
  ) -> (UnsafeMutablePointer<UInt8>?, Int) {
    let (data, stride) = unsafe (frame.pointee.data, frame.pointee.linesize)
    switch number {
    case 0: return unsafe (data.0, Int(stride.0))
    case 1: return unsafe (data.1, Int(stride.1))
    default: return unsafe (data.2, Int(stride.2))
    }
  }
}
