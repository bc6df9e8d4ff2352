// Why a codec refused: one small error for encoders and decoders.

/// Why a frame could not be encoded or decoded, or a codec not be made.
package enum CodecError: Error, Equatable, Sendable {
  /// The library refused its configuration.
  case badConfiguration
  /// The picture's size is not the one the encoder was made for, or beyond `VideoFrame.pixelsMax`.
  case badSize
  /// The encoder failed; it should be made anew.
  case encodingFailed
  /// The bytes are not a frame the decoder can show; it goes on with the next keyframe.
  case decodingFailed
  /// The encoded frame is longer than `EncodedVideoFrame.bytesMax`.
  case tooLong
}
