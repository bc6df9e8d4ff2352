// Pictures to JPEG, by libavcodec's own encoder.

import CAV
package import Media

/// Encodes pictures of one size.
///
/// A class because it owns libavcodec's state for as long as it lives. Confined to one thread.
@safe
package final class JPEGEncoder {
  package let width: Int
  package let height: Int
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let packet: UnsafeMutablePointer<AVPacket>
  private var scaling: OpaquePointer?

  /// libavcodec's quantiser: good enough to look at, a tenth of the size of the best.
  static let quantizer: Int32 = 5

  /// - Throws: `.badSize` for sides `Picture` refuses, `.badConfiguration`.
  package init(width: Int, height: Int) throws(CodecError) {
    guard Picture.isLegal(width: width, height: height) else { throw .badSize }
    guard let codec = unsafe avcodec_find_encoder(AV_CODEC_ID_MJPEG),
      let made = unsafe avcodec_alloc_context3(codec)
    else { throw .badConfiguration }
    var context: UnsafeMutablePointer<AVCodecContext>? = unsafe made
    unsafe made.pointee.width = Int32(width)
    unsafe made.pointee.height = Int32(height)
    unsafe made.pointee.pix_fmt = AV_PIX_FMT_YUVJ420P
    unsafe made.pointee.color_range = AVCOL_RANGE_JPEG
    unsafe made.pointee.time_base = AVRational(num: 1, den: 1)
    unsafe made.pointee.flags |= AV_CODEC_FLAG_QSCALE
    unsafe made.pointee.global_quality = JPEGEncoder.quantizer * FF_QP2LAMBDA
    unsafe made.pointee.thread_count = 1
    guard unsafe avcodec_open2(made, codec, nil) == 0, let packet = unsafe av_packet_alloc() else {
      unsafe avcodec_free_context(&context)
      throw .badConfiguration
    }
    self.width = width
    self.height = height
    unsafe self.context = made
    unsafe self.packet = packet
  }

  deinit {
    var (context, packet):
      (UnsafeMutablePointer<AVCodecContext>?, UnsafeMutablePointer<AVPacket>?) =
        unsafe (context, packet)
    unsafe avcodec_free_context(&context)
    unsafe av_packet_free(&packet)
    unsafe sws_freeContext(scaling)
  }

  /// The picture, scaled to this encoder's size, as a JPEG file.
  ///
  /// - Throws: `.encodingFailed`.
  package func encode(_ picture: Picture) throws(CodecError) -> [UInt8] {
    let source = unsafe picture.frame
    unsafe scaling = sws_getCachedContext(
      scaling, source.pointee.width, source.pointee.height,
      AVPixelFormat(rawValue: source.pointee.format), Int32(width), Int32(height),
      AV_PIX_FMT_YUVJ420P, SWS_BILINEAR, nil, nil, nil)
    guard let scaling = unsafe scaling, let full = unsafe av_frame_alloc() else {
      throw .encodingFailed
    }
    var own: UnsafeMutablePointer<AVFrame>? = unsafe full
    defer { unsafe av_frame_free(&own) }
    unsafe full.pointee.width = Int32(width)
    unsafe full.pointee.height = Int32(height)
    unsafe full.pointee.format = AV_PIX_FMT_YUVJ420P.rawValue
    unsafe full.pointee.quality = JPEGEncoder.quantizer * FF_QP2LAMBDA
    guard unsafe sws_scale_frame(scaling, full, source) >= 0,
      unsafe avcodec_send_frame(context, full) == 0,
      unsafe avcodec_receive_packet(context, packet) == 0, let data = unsafe packet.pointee.data
    else { throw .encodingFailed }
    defer { unsafe av_packet_unref(packet) }
    return unsafe Array(UnsafeBufferPointer(start: data, count: Int(packet.pointee.size)))
  }
}
