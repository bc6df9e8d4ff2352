// Which encoder makes H.264, and how hard it tries.

import CAV

/// The choice of an encoder; the same for all renditions.
package struct EncoderSettings: Hashable, Sendable {
  /// libavcodec's name of an encoder of H.264: `libx264` (GPL), or `libopenh264` (BSD) where libavcodec
  /// was built with it.
  package var name = "libx264"
  /// libx264's preset, from the quickest to the slowest that is live on one core.
  package var preset = "superfast"

  /// The presets that may be chosen.
  package static let presets = ["ultrafast", "superfast", "veryfast", "faster", "fast"]

  /// The standard choice.
  package init() {}

  /// Whether this machine's libavcodec has that encoder of H.264, and the preset is one.
  package var isAvailable: Bool {
    guard EncoderSettings.presets.contains(preset),
      let codec = unsafe avcodec_find_encoder_by_name(name)
    else { return false }
    return unsafe codec.pointee.id == AV_CODEC_ID_H264
  }
}
