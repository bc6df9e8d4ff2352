// Received frames to pictures, by libavcodec: VP8, VP9, AV1 and H.264.

import CAV
package import Media
package import RTP
package import Wire

/// One decoder for one stream.
///
/// A class because it owns libavcodec's state for as long as it lives. Confined to one thread; it
/// starts none.
@safe
package final class VideoDecoder {
  package let codec: Codec
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let packet: UnsafeMutablePointer<AVPacket>
  private let frame: UnsafeMutablePointer<AVFrame>

  /// - Throws: `.badConfiguration` for a codec that is no video, and for one this libavcodec lacks.
  package init(_ codec: Codec) throws(CodecError) {
    av_log_set_level(AV_LOG_QUIET)
    guard let found = unsafe VideoDecoder.find(codec),
      let made = unsafe avcodec_alloc_context3(found)
    else { throw .badConfiguration }
    var context: UnsafeMutablePointer<AVCodecContext>? = unsafe made
    unsafe made.pointee.thread_count = 1
    unsafe made.pointee.flags |= AV_CODEC_FLAG_LOW_DELAY
    // A forged header must not make it allocate more.
    unsafe made.pointee.max_pixels = Int64(VideoFrame.pixelsMax)
    var packet = unsafe av_packet_alloc()
    guard unsafe avcodec_open2(made, found, nil) == 0, let waiting = unsafe packet,
      let frame = unsafe av_frame_alloc()
    else {
      unsafe avcodec_free_context(&context)
      unsafe av_packet_free(&packet)
      throw .badConfiguration
    }
    self.codec = codec
    unsafe self.context = made
    unsafe self.packet = waiting
    unsafe self.frame = frame
  }

  deinit {
    var (context, frame, packet):
      (
        UnsafeMutablePointer<AVCodecContext>?, UnsafeMutablePointer<AVFrame>?,
        UnsafeMutablePointer<AVPacket>?
      ) = unsafe (context, frame, packet)
    unsafe avcodec_free_context(&context)
    unsafe av_frame_free(&frame)
    unsafe av_packet_free(&packet)
  }

  private static func find(_ codec: Codec) -> UnsafePointer<AVCodec>? {
    switch codec {
    case .opus: return nil
    case .vp8: return unsafe avcodec_find_decoder(AV_CODEC_ID_VP8)
    case .vp9: return unsafe avcodec_find_decoder(AV_CODEC_ID_VP9)
    case .h264: return unsafe avcodec_find_decoder(AV_CODEC_ID_H264)
    case .av1:
      // libavcodec's own decoder of AV1 needs a graphics card.
      let library = unsafe avcodec_find_decoder_by_name("libdav1d")
      return unsafe library ?? avcodec_find_decoder_by_name("libaom-av1")
    }
  }

  /// Decodes one complete frame; of several spatial layers the highest is the picture.
  ///
  /// - Returns: nil when the frame shows nothing.
  /// - Throws: `.decodingFailed` for bytes that can't be decoded (as all are before the first
  ///   keyframe), `.tooLong` beyond `EncodedVideoFrame.bytesMax`.
  package func decode(
    _ bytes: borrowing Span<UInt8>, capturedAt: WallTime
  ) throws(CodecError) -> Picture? {
    guard bytes.count <= EncodedVideoFrame.bytesMax else { throw .tooLong }
    guard !bytes.isEmpty, unsafe av_new_packet(packet, Int32(bytes.count)) == 0,
      let data = unsafe packet.pointee.data
    else { throw .decodingFailed }
    unsafe bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe data.update(from: base, count: bytes.count)
    }
    unsafe packet.pointee.pts = capturedAt.nanoseconds
    let sent = unsafe avcodec_send_packet(context, packet)
    unsafe av_packet_unref(packet)
    var newest: Picture?
    var isBroken = sent != 0
    while true {
      let result = unsafe avcodec_receive_frame(context, frame)
      guard result == 0 else {
        isBroken = isBroken || hawker_av_needs_more(result) == 0
        break
      }
      if unsafe frame.pointee.decode_error_flags != 0 { isBroken = true }
      newest = unsafe Picture(moving: frame, capturedAt: capturedAt) ?? newest
    }
    if isBroken { throw .decodingFailed }
    return newest
  }
}
