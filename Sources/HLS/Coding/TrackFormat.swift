// What a rendition's samples are, as its Media Initialization Section says it.

/// The coding of a track.
package enum TrackFormat: Hashable, Sendable {
  case avc(AVCConfiguration)
  case aac(AACConfiguration)

  /// Ticks a second of the track: 90 kHz as in RTP, so that nothing is rounded; a sample is a sample of
  /// sound.
  package var timescale: Int64 {
    switch self {
    case .avc: 90_000
    case .aac(let configuration): Int64(configuration.sampleRate)
    }
  }

  /// For CODECS.
  package var codec: String {
    switch self {
    case .avc(let configuration): configuration.codec
    case .aac(let configuration): configuration.codec
    }
  }

  /// Whether it is a picture.
  package var isVideo: Bool {
    switch self {
    case .avc: true
    case .aac: false
    }
  }
}
