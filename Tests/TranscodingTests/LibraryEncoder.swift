// Frames of codecs Hawker itself does not encode, for decoders to be tested with.

import CAV
import Media
import Transcoding
import Wire

/// Any of libavcodec's encoders, as quick as it goes.
@safe
final class LibraryEncoder {
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let packet: UnsafeMutablePointer<AVPacket>
  private let frame: UnsafeMutablePointer<AVFrame>
  private var next: Int64 = 0

  init?(_ name: String, width: Int, height: Int) {
    guard let codec = unsafe avcodec_find_encoder_by_name(name),
      let made = unsafe avcodec_alloc_context3(codec), let frame = unsafe av_frame_alloc(),
      let packet = unsafe av_packet_alloc()
    else { return nil }
    unsafe made.pointee.width = Int32(width)
    unsafe made.pointee.height = Int32(height)
    unsafe made.pointee.pix_fmt = AV_PIX_FMT_YUV420P
    unsafe made.pointee.time_base = AVRational(num: 1, den: 30)
    unsafe made.pointee.bit_rate = 400_000
    unsafe made.pointee.gop_size = 100
    unsafe made.pointee.thread_count = 1
    unsafe av_opt_set(made.pointee.priv_data, "cpu-used", "8", 0)
    unsafe av_opt_set(made.pointee.priv_data, "deadline", "realtime", 0)
    unsafe av_opt_set(made.pointee.priv_data, "usage", "realtime", 0)
    unsafe av_opt_set(made.pointee.priv_data, "lag-in-frames", "0", 0)
    unsafe frame.pointee.width = Int32(width)
    unsafe frame.pointee.height = Int32(height)
    unsafe frame.pointee.format = AV_PIX_FMT_YUV420P.rawValue
    guard unsafe avcodec_open2(made, codec, nil) == 0, unsafe av_frame_get_buffer(frame, 0) == 0
    else { return nil }
    unsafe context = made
    unsafe self.frame = frame
    unsafe self.packet = packet
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

  /// What the picture is encoded to.
  func encode(_ picture: borrowing VideoFrame) -> [[UInt8]] {
    guard unsafe av_frame_make_writable(frame) == 0 else { return [] }
    let (data, stride) = unsafe (frame.pointee.data, frame.pointee.linesize)
    let (width, height) = (picture.width, picture.height)
    unsafe LibraryEncoder.copy(picture.luma, width, height, data.0, Int(stride.0))
    let (half, halfHeight) = (picture.chromaWidth, picture.chromaHeight)
    unsafe LibraryEncoder.copy(picture.blueDifference, half, halfHeight, data.1, Int(stride.1))
    unsafe LibraryEncoder.copy(picture.redDifference, half, halfHeight, data.2, Int(stride.2))
    unsafe frame.pointee.pts = next
    next += 1
    guard unsafe avcodec_send_frame(context, frame) == 0 else { return [] }
    var frames: [[UInt8]] = []
    while unsafe avcodec_receive_packet(context, packet) == 0 {
      if let data = unsafe packet.pointee.data {
        frames.append(
          unsafe Array(UnsafeBufferPointer(start: data, count: Int(packet.pointee.size))))
      }
      unsafe av_packet_unref(packet)
    }
    return frames
  }

  private static func copy(
    _ from: borrowing Span<UInt8>, _ width: Int, _ height: Int, _ to: UnsafeMutablePointer<UInt8>?,
    _ stride: Int
  ) {
    guard let to = unsafe to else { return }
    for row in 0..<height {
      for column in 0..<width { unsafe to[row * stride + column] = from[row * width + column] }
    }
  }
}
