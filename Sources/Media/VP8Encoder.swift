// Pictures to VP8 frames, in real time, on one thread, by libvpx.
import CVPX
package import Wire

/// One VP8 encoder: one size, one bitrate at a time, its own keyframe rhythm.
///
/// A class because it owns libvpx's context for as long as it lives. Confined to one thread.
@safe
package final class VP8Encoder {
  /// What an encoder is made from.
  package struct Configuration: Hashable, Sendable {
    package var width: Int
    package var height: Int
    package var bitrate: Bitrate
    /// 1...60.
    package var framesPerSecond: Int
    /// Frames from one keyframe to the next; nil for keyframes on request only.
    package var keyframeInterval: Int?
    package var temporal: TemporalPattern
    /// libvpx's speed in real time, 0 (best) ... 16 (fastest).
    package var speed: Int
    package init(
      width: Int, height: Int, bitrate: Bitrate, framesPerSecond: Int = 30,
      keyframeInterval: Int? = 300, temporal: TemporalPattern = .one, speed: Int = 8
    ) {
      self.width = width
      self.height = height
      self.bitrate = bitrate
      self.framesPerSecond = framesPerSecond
      self.keyframeInterval = keyframeInterval
      self.temporal = temporal
      self.speed = speed
    }
  }

  package private(set) var configuration: Configuration
  private let context: UnsafeMutablePointer<vpx_codec_ctx_t>
  private var settings: vpx_codec_enc_cfg_t
  private var framesSinceKeyframe = 0
  private var keyframeWanted = true

  /// The range of bitrates taken; others are moved to its nearest end.
  package static let bitrates = Bitrate.kilobits(30)...Bitrate.kilobits(20_000)
  /// A keyframe may be this many per cent of a frame's share of the bitrate: at 30 fps a third of
  /// a second's bits, so that it leaves a paced sender within about that time.
  private static let keyframeSharePercent: Int32 = 1000

  /// - Throws: `.badSize` for a size `VideoFrame` refuses, `.badConfiguration` for what libvpx
  ///   refuses.
  package init(_ configuration: Configuration) throws(CodecError) {
    guard VideoFrame(width: configuration.width, height: configuration.height) != nil else {
      throw .badSize
    }
    guard (1...60).contains(configuration.framesPerSecond),
      (0...16).contains(configuration.speed), configuration.keyframeInterval ?? 1 > 0
    else { throw .badConfiguration }
    self.configuration = configuration
    unsafe settings = vpx_codec_enc_cfg_t()
    unsafe context = .allocate(capacity: 1)
    unsafe context.initialize(to: vpx_codec_ctx_t())
    guard unsafe vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &settings, 0) == VPX_CODEC_OK
    else { throw .badConfiguration }
    applySettings()
    guard unsafe hawker_vp8_encoder_init(context, &settings) == VPX_CODEC_OK else {
      throw .badConfiguration
    }
    // Speed is negative in real time: libvpx then keeps to it instead of adapting to the CPU.
    try control(VP8E_SET_CPUUSED, -Int32(configuration.speed))
    try control(VP8E_SET_STATIC_THRESHOLD, 1)
    try control(VP8E_SET_MAX_INTRA_BITRATE_PCT, VP8Encoder.keyframeSharePercent)
  }

  deinit {
    // Harmless on a context that was never initialized: libvpx refuses it.
    unsafe _ = vpx_codec_destroy(context)
    unsafe context.deinitialize(count: 1)
    unsafe context.deallocate()
  }

  /// Makes the next frame a keyframe.
  package func requestKeyframe() { keyframeWanted = true }

  /// Moves to another bitrate with the next frame, within `bitrates`.
  package func setBitrate(_ bitrate: Bitrate) throws(CodecError) {
    configuration.bitrate = bitrate
    applySettings()
    guard unsafe vpx_codec_enc_config_set(context, &settings) == VPX_CODEC_OK else {
      throw .badConfiguration
    }
  }

  /// Encodes `picture` into `frame`, replacing its contents and marks.
  ///
  /// - Parameter ticks: the capture time on the 90 kHz clock, not wrapped, growing from call to
  ///   call; its low 32 bits become the frame's timestamp.
  package func encode(
    _ picture: borrowing VideoFrame, at ticks: Int64, into frame: inout EncodedVideoFrame
  ) throws(CodecError) {
    guard picture.width == configuration.width, picture.height == configuration.height else {
      throw .badSize
    }
    let due = configuration.keyframeInterval.map { framesSinceKeyframe >= $0 } ?? false
    let wantsKeyframe = keyframeWanted || due
    if wantsKeyframe { framesSinceKeyframe = 0 }
    let step = configuration.temporal.step(at: framesSinceKeyframe)
    if configuration.temporal != .one {
      try control(VP8E_SET_TEMPORAL_LAYER_ID, Int32(step.temporalID))
    }
    try submit(picture, at: ticks, flags: wantsKeyframe ? forceKeyframe : flags(for: step))
    try collect(into: &frame)
    frame.timestamp = RTPTimestamp(UInt32(truncatingIfNeeded: ticks))
    frame.temporalID = step.temporalID
    frame.isLayerSync = frame.isKeyframe || step.isLayerSync
    frame.isDiscardable = step.isDiscardable
    keyframeWanted = false
    framesSinceKeyframe += 1
  }

  // MARK: Settings

  private func applySettings() {
    let rate = min(
      max(configuration.bitrate, VP8Encoder.bitrates.lowerBound), VP8Encoder.bitrates.upperBound)
    let kilobits = UInt32(rate.bitsPerSecond / 1000)
    unsafe settings.g_w = UInt32(configuration.width)
    unsafe settings.g_h = UInt32(configuration.height)
    unsafe settings.g_timebase = vpx_rational(num: 1, den: 90_000)
    unsafe settings.g_threads = 1
    unsafe settings.g_lag_in_frames = 0
    unsafe settings.g_error_resilient = 0
    // Keyframes are placed by this type alone, so that their rhythm is exact.
    unsafe settings.kf_mode = VPX_KF_DISABLED
    unsafe settings.rc_end_usage = VPX_CBR
    unsafe settings.rc_target_bitrate = kilobits
    // No frames are left out by rate control: a test picture keeps its frame rate.
    unsafe settings.rc_dropframe_thresh = 0
    unsafe settings.rc_min_quantizer = 2
    unsafe settings.rc_max_quantizer = 58
    unsafe settings.rc_undershoot_pct = 100
    unsafe settings.rc_overshoot_pct = 15
    unsafe settings.rc_buf_initial_sz = 500
    unsafe settings.rc_buf_optimal_sz = 600
    unsafe settings.rc_buf_sz = 1000
    applyLayers(kilobits: kilobits)
  }

  /// The cumulative share of each layer, as libwebrtc splits it: 60/40 and 40/20/40 per cent.
  private func applyLayers(kilobits: UInt32) {
    unsafe settings.ts_number_layers = UInt32(configuration.temporal.rawValue)
    unsafe settings.ts_periodicity = UInt32(configuration.temporal.period)
    switch configuration.temporal {
    case .one:
      unsafe settings.ts_target_bitrate.0 = kilobits
      unsafe settings.ts_rate_decimator.0 = 1
    case .two:
      unsafe settings.ts_target_bitrate.0 = kilobits * 60 / 100
      unsafe settings.ts_target_bitrate.1 = kilobits
      unsafe settings.ts_rate_decimator.0 = 2
      unsafe settings.ts_rate_decimator.1 = 1
      unsafe settings.ts_layer_id.1 = 1
    case .three:
      unsafe settings.ts_target_bitrate.0 = kilobits * 40 / 100
      unsafe settings.ts_target_bitrate.1 = kilobits * 60 / 100
      unsafe settings.ts_target_bitrate.2 = kilobits
      unsafe settings.ts_rate_decimator.0 = 4
      unsafe settings.ts_rate_decimator.1 = 2
      unsafe settings.ts_rate_decimator.2 = 1
      unsafe settings.ts_layer_id = (0, 2, 1, 2, 0, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0)
    }
  }

  private func control(_ control: vp8e_enc_control_id, _ value: Int32) throws(CodecError) {
    let result = unsafe hawker_vp8_control(context, Int32(control.rawValue), value)
    guard result == VPX_CODEC_OK else { throw .badConfiguration }
  }

  // MARK: One frame

  private var forceKeyframe: Int { Int(VPX_EFLAG_FORCE_KF) }

  private func flags(for step: TemporalPattern.Step) -> Int {
    guard configuration.temporal != .one else { return 0 }
    var flags = VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_ARF
    if !step.refersToMiddle { flags |= VP8_EFLAG_NO_REF_GF }
    if !step.updatesMiddle { flags |= VP8_EFLAG_NO_UPD_GF }
    if step.temporalID > 0 { flags |= VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ENTROPY }
    return Int(flags)
  }

  private func submit(
    _ picture: borrowing VideoFrame, at ticks: Int64, flags: Int
  ) throws(CodecError) {
    let duration = UInt(90_000 / configuration.framesPerSecond)
    let (width, height) = (UInt32(configuration.width), UInt32(configuration.height))
    let result = unsafe picture.samples.withUnsafeBufferPointer { samples in
      var image = unsafe vpx_image_t()
      // libvpx only reads the picture, though its type says otherwise.
      let base = unsafe UnsafeMutablePointer(mutating: samples.baseAddress)
      guard unsafe vpx_img_wrap(&image, VPX_IMG_FMT_I420, width, height, 1, base) != nil else {
        return VPX_CODEC_ERROR
      }
      return unsafe vpx_codec_encode(
        context, &image, ticks, duration, flags, UInt(VPX_DL_REALTIME))
    }
    guard result == VPX_CODEC_OK else { throw .encodingFailed }
  }

  private func collect(into frame: inout EncodedVideoFrame) throws(CodecError) {
    frame.removeAll()
    var iterator: vpx_codec_iter_t?
    while let packet = unsafe vpx_codec_get_cx_data(context, &iterator) {
      guard unsafe packet.pointee.kind == VPX_CODEC_CX_FRAME_PKT else { continue }
      let data = unsafe packet.pointee.data.frame
      guard let base = unsafe data.buf else { throw .encodingFailed }
      let bytes = unsafe UnsafeBufferPointer(
        start: base.assumingMemoryBound(to: UInt8.self), count: data.sz)
      do { try frame.append(unsafe bytes.span) } catch { throw .tooLong }
      frame.isKeyframe = unsafe data.flags & UInt32(VPX_FRAME_IS_KEY) != 0
    }
    guard frame.byteCount > 0 else { throw .encodingFailed }
  }
}
