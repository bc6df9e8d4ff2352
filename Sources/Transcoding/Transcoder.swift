// One received stream → the renditions of a ladder: decoded once, encoded for each rung.

package import Media
package import RTP
package import Wire

/// A received frame on its way to the decoder.
package struct SourceFrame: Hashable, Sendable {
  package let codec: Codec
  /// Media time.
  package let capturedAt: WallTime
  package let bytes: [UInt8]
  /// A decoder may begin here.
  package let isKeyframe: Bool
  /// Every rendition is to have a keyframe here, or at the next picture that is encoded.
  package var beginsSegment: Bool
  package init(
    codec: Codec, capturedAt: WallTime, bytes: [UInt8], isKeyframe: Bool, beginsSegment: Bool
  ) {
    self.codec = codec
    self.capturedAt = capturedAt
    self.bytes = bytes
    self.isKeyframe = isKeyframe
    self.beginsSegment = beginsSegment
  }
}

/// A picture of one rendition.
package struct TranscodedSample: Hashable, Sendable {
  /// Its place in the ladder.
  package let rung: Int
  package let picture: EncodedPicture
}

/// The decoder and the encoders of one room's picture.
///
/// A class because it owns codecs. Confined to one thread. All renditions have their keyframes on the
/// same picture.
package final class Transcoder {
  /// One rendition at work.
  private struct Step {
    let size: RungSize
    let scaler: PictureScaler
    let encoder: H264Encoder
  }

  package let ladder: Ladder
  private let settings: EncoderSettings
  private var decoder: VideoDecoder?
  private var steps: [Step] = []
  private var begun: Set<Int> = []
  private var sourceSize = (width: 0, height: 0)
  /// A keyframe is due and no picture has been encoded since.
  private var owesKeyframe = true
  /// Pictures that are not newer are not encoded: the first of another layer shows what was shown.
  private var encodedAt: WallTime?
  /// The newest picture, at the source's size.
  package private(set) var lastPicture: Picture?
  /// Pictures decoded and not encoded, because newer ones waited.
  package private(set) var skippedCount: UInt64 = 0

  /// A transcoder that waits for a keyframe.
  package init(_ ladder: Ladder, _ settings: EncoderSettings) {
    self.ladder = ladder
    self.settings = settings
  }

  /// Takes the next frame in order and appends what becomes of it.
  ///
  /// - Parameter encodes: false to decode only, for the frames that follow.
  /// - Throws: `.decodingFailed` when a keyframe is needed to go on; other errors concern this frame.
  package func take(
    _ frame: SourceFrame, encodes: Bool = true, into output: inout [TranscodedSample]
  ) throws(CodecError) {
    if frame.beginsSegment { owesKeyframe = true }
    if decoder?.codec != frame.codec {
      guard frame.isKeyframe else { throw .decodingFailed }
      decoder = try VideoDecoder(frame.codec)
    }
    guard
      let picture = try decoder?.decode(frame.bytes.span, capturedAt: frame.capturedAt)
    else { return }
    lastPicture = picture
    guard encodedAt.map({ picture.capturedAt > $0 }) ?? true else { return }
    guard encodes else {
      skippedCount += 1
      return
    }
    do {
      try encode(picture, into: &output)
    } catch {
      // An encoder that failed once is not to be trusted; the next picture makes another.
      steps = []
      sourceSize = (0, 0)
      throw error == .decodingFailed ? .encodingFailed : error
    }
  }

  private func encode(
    _ picture: Picture, into output: inout [TranscodedSample]
  ) throws(CodecError) {
    if sourceSize != (picture.width, picture.height) { try begin(picture) }
    let isKeyframe = owesKeyframe
    var source = picture
    for step in steps {
      // The smaller are made of the larger ones: less to read.
      source = try step.scaler.scale(source)
      try step.encoder.encode(source, asKeyframe: isKeyframe) {
        output.append(TranscodedSample(rung: step.size.rung, picture: $0))
      }
    }
    owesKeyframe = false
    encodedAt = picture.capturedAt
  }

  /// Another size: encoders that can go on do, so that one rung's picture stays when only others change.
  private func begin(_ picture: Picture) throws(CodecError) {
    let sizes = ladder.sizes(width: picture.width, height: picture.height, begun: begun)
    guard !sizes.isEmpty else { throw .badSize }
    var next: [Step] = []
    for size in sizes {
      if let known = steps.first(where: { $0.size == size }) {
        next.append(known)
        continue
      }
      next.append(
        Step(
          size: size, scaler: try PictureScaler(width: size.width, height: size.height),
          encoder: try H264Encoder(
            like: picture, width: size.width, height: size.height, bitrate: size.bitrate,
            settings: settings)))
      begun.insert(size.rung)
    }
    steps = next
    sourceSize = (picture.width, picture.height)
    owesKeyframe = true
  }
}
