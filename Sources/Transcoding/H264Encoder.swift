// Pictures to H.264 for HLS: no reordering, keyframes when asked for.

import CAV
package import Media
package import Wire

/// A compressed picture.
package struct EncodedPicture: Hashable, Sendable {
  /// Media time of the picture it was made of.
  package let capturedAt: WallTime
  /// The access unit with start codes (annex B); parameter sets in front of every keyframe.
  package let bytes: [UInt8]
  /// An IDR picture: nothing after it refers to anything before it.
  package let isKeyframe: Bool
}

/// One encoder of one size.
///
/// A class because it owns libavcodec's state for as long as it lives. Confined to one thread; it
/// starts none. Pictures come out in the order they go in, one for one.
@safe
package final class H264Encoder {
  package let width: Int
  package let height: Int
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let packet: UnsafeMutablePointer<AVPacket>
  private var nextIndex: Int64 = 0
  /// When the pictures on their way were captured, by index; an encoder without delay has none.
  private var captured: [Int64: WallTime] = [:]

  /// Frames a second that the rate is shared by: what browsers send.
  static let framesPerSecond: Int32 = 30
  /// A keyframe comes without being asked for after so many pictures: ten seconds.
  static let keyframeDistanceMax: Int32 = 300
  /// Pictures an encoder may hold back before it counts as broken.
  static let delayMax = 8

  /// - Parameter colours: whose range and colour space the stream states.
  /// - Throws: `.badSize` for sides `Picture` refuses, `.badConfiguration` for an encoder that is not
  ///   available and for what it refuses.
  package init(
    like colours: Picture, width: Int, height: Int, bitrate: Bitrate, settings: EncoderSettings
  ) throws(CodecError) {
    guard Picture.isLegal(width: width, height: height) else { throw .badSize }
    guard settings.isAvailable, let codec = unsafe avcodec_find_encoder_by_name(settings.name),
      let made = unsafe avcodec_alloc_context3(codec)
    else { throw .badConfiguration }
    var context: UnsafeMutablePointer<AVCodecContext>? = unsafe made
    unsafe H264Encoder.configure(made, width, height, bitrate)
    unsafe H264Encoder.state(colours.frame, in: made)
    if settings.name == "libx264" {
      unsafe H264Encoder.set(made, "preset", settings.preset)
      unsafe H264Encoder.set(made, "tune", "zerolatency")
      unsafe H264Encoder.set(made, "forced-idr", "1")
      unsafe H264Encoder.set(made, "x264-params", "scenecut=0:sliced-threads=0:force-cfr=1")
    }
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
  }

  private static func configure(
    _ context: UnsafeMutablePointer<AVCodecContext>, _ width: Int, _ height: Int,
    _ bitrate: Bitrate
  ) {
    unsafe context.pointee.width = Int32(width)
    unsafe context.pointee.height = Int32(height)
    unsafe context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
    unsafe context.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
    // Pictures are numbered: each is as long as any other to the rate control.
    unsafe context.pointee.time_base = AVRational(num: 1, den: framesPerSecond)
    unsafe context.pointee.framerate = AVRational(num: framesPerSecond, den: 1)
    unsafe context.pointee.bit_rate = bitrate.bitsPerSecond
    // BANDWIDTH is what players trust: peaks of a second stay within half as much again.
    unsafe context.pointee.rc_max_rate = bitrate.bitsPerSecond * 3 / 2
    unsafe context.pointee.rc_buffer_size = Int32(clamping: bitrate.bitsPerSecond)
    unsafe context.pointee.gop_size = keyframeDistanceMax
    unsafe context.pointee.max_b_frames = 0
    unsafe context.pointee.thread_count = 1
    unsafe context.pointee.flags |= Int32(bitPattern: UInt32(AV_CODEC_FLAG_CLOSED_GOP))
  }

  /// States what colours mean. VP8 knows one colour space only (RFC 6386 section 9.2), and says
  /// nothing: left unsaid, players would guess by the size.
  private static func state(
    _ frame: UnsafeMutablePointer<AVFrame>, in context: UnsafeMutablePointer<AVCodecContext>
  ) {
    let isUnknown = unsafe frame.pointee.colorspace == AVCOL_SPC_UNSPECIFIED
    let range = unsafe frame.pointee.color_range
    unsafe context.pointee.color_range =
      range == AVCOL_RANGE_UNSPECIFIED ? AVCOL_RANGE_MPEG : range
    unsafe context.pointee.colorspace =
      isUnknown ? AVCOL_SPC_SMPTE170M : frame.pointee.colorspace
    unsafe context.pointee.color_primaries =
      isUnknown ? AVCOL_PRI_SMPTE170M : frame.pointee.color_primaries
    unsafe context.pointee.color_trc = isUnknown ? AVCOL_TRC_SMPTE170M : frame.pointee.color_trc
  }

  private static func set(
    _ context: UnsafeMutablePointer<AVCodecContext>, _ name: String, _ value: String
  ) {
    unsafe _ = av_opt_set(context.pointee.priv_data, name, value, 0)
  }

  /// Encodes a picture; gives what comes out, usually one.
  ///
  /// - Throws: `.badSize` for a picture of another size or format, `.encodingFailed`, `.tooLong`.
  package func encode(
    _ picture: Picture, asKeyframe: Bool, _ body: (EncodedPicture) -> Void
  ) throws(CodecError) {
    guard picture.isPlain, picture.width == width, picture.height == height else { throw .badSize }
    guard captured.count < H264Encoder.delayMax else { throw .encodingFailed }
    // A reference of our own to the same samples: other encoders have the picture too.
    guard let frame = unsafe av_frame_clone(picture.frame) else { throw .encodingFailed }
    var own: UnsafeMutablePointer<AVFrame>? = unsafe frame
    defer { unsafe av_frame_free(&own) }
    unsafe frame.pointee.pict_type = asKeyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE
    unsafe frame.pointee.pts = nextIndex
    captured[nextIndex] = picture.capturedAt
    nextIndex += 1
    guard unsafe avcodec_send_frame(context, frame) == 0 else { throw .encodingFailed }
    while true {
      let result = unsafe avcodec_receive_packet(context, packet)
      if hawker_av_needs_more(result) != 0 { return }
      guard result == 0, let data = unsafe packet.pointee.data else { throw .encodingFailed }
      defer { unsafe av_packet_unref(packet) }
      let count = unsafe Int(packet.pointee.size)
      guard count <= EncodedVideoFrame.bytesMax else { throw .tooLong }
      let index = unsafe packet.pointee.pts
      guard let capturedAt = captured.removeValue(forKey: index) else { throw .encodingFailed }
      body(
        EncodedPicture(
          capturedAt: capturedAt,
          bytes: unsafe Array(UnsafeBufferPointer(start: data, count: count)),
          isKeyframe: unsafe packet.pointee.flags & AV_PKT_FLAG_KEY != 0))
    }
  }
}
