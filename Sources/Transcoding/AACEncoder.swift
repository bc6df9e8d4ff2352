// Sound to AAC-LC frames, by libavcodec's own encoder.

import CAV
package import Media

/// One AAC-LC encoder at 48 kHz.
///
/// A class because it owns libavcodec's state for as long as it lives. Confined to one thread.
@safe
package final class AACEncoder {
  /// 1 or 2.
  package let channelCount: Int
  /// Samples of each channel in a frame.
  package static let samplesPerFrame = 1024
  /// Samples before the first that was given: what a frame decodes to begins so much earlier than what
  /// was given for it.
  package let priming: Int
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let frame: UnsafeMutablePointer<AVFrame>
  private let packet: UnsafeMutablePointer<AVPacket>

  /// - Throws: `.badConfiguration` for other numbers of channels and for what libavcodec refuses.
  package init(channelCount: Int, bitsPerSecond: Int) throws(CodecError) {
    // What there is to say is said by errors.
    av_log_set_level(AV_LOG_QUIET)
    guard channelCount == 1 || channelCount == 2,
      let codec = unsafe avcodec_find_encoder(AV_CODEC_ID_AAC),
      let made = unsafe avcodec_alloc_context3(codec)
    else { throw .badConfiguration }
    var context: UnsafeMutablePointer<AVCodecContext>? = unsafe made
    unsafe made.pointee.sample_rate = Int32(OpusFormat.sampleRate)
    unsafe made.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
    unsafe made.pointee.bit_rate = Int64(bitsPerSecond)
    unsafe made.pointee.profile = FF_PROFILE_AAC_LOW
    unsafe av_channel_layout_default(&made.pointee.ch_layout, Int32(channelCount))
    guard unsafe avcodec_open2(made, codec, nil) == 0,
      unsafe Int(made.pointee.frame_size) == AACEncoder.samplesPerFrame,
      let frame = unsafe AACEncoder.makeFrame(made), let packet = unsafe av_packet_alloc()
    else {
      unsafe avcodec_free_context(&context)
      throw .badConfiguration
    }
    self.channelCount = channelCount
    priming = unsafe Int(made.pointee.initial_padding)
    unsafe self.context = made
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

  private static func makeFrame(
    _ context: UnsafeMutablePointer<AVCodecContext>
  ) -> UnsafeMutablePointer<AVFrame>? {
    guard let frame = unsafe av_frame_alloc() else { return nil }
    unsafe frame.pointee.nb_samples = Int32(samplesPerFrame)
    unsafe frame.pointee.format = AV_SAMPLE_FMT_FLTP.rawValue
    unsafe frame.pointee.sample_rate = context.pointee.sample_rate
    let isReady =
      unsafe av_channel_layout_copy(&frame.pointee.ch_layout, &context.pointee.ch_layout) == 0
      && av_frame_get_buffer(frame, 0) == 0
    if isReady { return unsafe frame }
    var made: UnsafeMutablePointer<AVFrame>? = unsafe frame
    unsafe av_frame_free(&made)
    return nil
  }

  /// Encodes one frame's worth of interleaved samples; gives what frames come out, usually one.
  ///
  /// - Throws: `.badSize` unless there are `samplesPerFrame` for each channel, `.encodingFailed`.
  package func encode(
    _ samples: borrowing Span<Int16>, _ body: ([UInt8]) -> Void
  ) throws(CodecError) {
    guard samples.count == AACEncoder.samplesPerFrame * channelCount else { throw .badSize }
    guard unsafe av_frame_make_writable(frame) == 0 else { throw .encodingFailed }
    for channel in 0..<channelCount {
      guard let plane = unsafe frame.pointee.extended_data[channel] else { throw .encodingFailed }
      unsafe plane.withMemoryRebound(to: Float.self, capacity: AACEncoder.samplesPerFrame) {
        for index in 0..<AACEncoder.samplesPerFrame {
          unsafe $0[index] = Float(samples[index * channelCount + channel]) / 32_768
        }
      }
    }
    unsafe frame.pointee.pts = nextTime
    nextTime += Int64(AACEncoder.samplesPerFrame)
    guard unsafe avcodec_send_frame(context, frame) == 0 else { throw .encodingFailed }
    while true {
      let result = unsafe avcodec_receive_packet(context, packet)
      if hawker_av_needs_more(result) != 0 { return }
      guard result == 0, let data = unsafe packet.pointee.data else { throw .encodingFailed }
      body(unsafe Array(UnsafeBufferPointer(start: data, count: Int(packet.pointee.size))))
      unsafe av_packet_unref(packet)
    }
  }

  private var nextTime: Int64 = 0
}
