// Pictures made smaller or plain, by libswscale.

import CAV
package import Media

/// Scales pictures to one size, and makes them 4:2:0 with eight bits.
///
/// A class because it owns libswscale's tables for as long as it lives. Confined to one thread.
@safe
package final class PictureScaler {
  package let width: Int
  package let height: Int
  private var context: OpaquePointer?

  /// - Throws: `.badSize` for sides `Picture` refuses.
  package init(width: Int, height: Int) throws(CodecError) {
    guard Picture.isLegal(width: width, height: height) else { throw .badSize }
    self.width = width
    self.height = height
  }

  deinit { unsafe sws_freeContext(context) }

  /// The picture at this scaler's size; itself where that changes nothing.
  ///
  /// - Throws: `.badConfiguration` for a format libswscale can't read, `.encodingFailed` when it fails.
  package func scale(_ picture: Picture) throws(CodecError) -> Picture {
    if picture.isPlain, picture.width == width, picture.height == height { return picture }
    let source = unsafe picture.frame
    unsafe context = sws_getCachedContext(
      context, source.pointee.width, source.pointee.height,
      AVPixelFormat(rawValue: source.pointee.format), Int32(width), Int32(height),
      AV_PIX_FMT_YUV420P, SWS_BILINEAR, nil, nil, nil)
    guard let context = unsafe context else { throw .badConfiguration }
    let scaled = try Picture(width: width, height: height, capturedAt: picture.capturedAt)
    guard unsafe sws_scale_frame(context, scaled.frame, source) >= 0 else { throw .encodingFailed }
    scaled.takeColours(from: picture)
    return scaled
  }
}

extension Picture {
  /// What the samples mean is what they meant, but full range of the old formats was made limited.
  fileprivate func takeColours(from other: Picture) {
    let from = unsafe other.frame
    let isFull = unsafe from.pointee.format == AV_PIX_FMT_YUVJ420P.rawValue
    unsafe frame.pointee.color_range = isFull ? AVCOL_RANGE_MPEG : from.pointee.color_range
    unsafe frame.pointee.colorspace = from.pointee.colorspace
    unsafe frame.pointee.color_primaries = from.pointee.color_primaries
    unsafe frame.pointee.color_trc = from.pointee.color_trc
  }
}
