// VP9 pictures from RTP payloads: RFC 9628.
import RTP
import Wire

/// The spatial layers of a picture come as one superframe (VP9 bitstream specification, annex B), which
/// is what decoders take.
struct VP9Unpacker: FrameUnpacker {
  /// The bytes of each layer so far.
  private var layers: [Int] = []

  /// The most frames of a superframe.
  static let layersMax = 8

  mutating func take(
    _ payload: borrowing Span<UInt8>, into frame: inout EncodedVideoFrame
  ) throws(WireError) {
    let descriptor = try VP9PayloadDescriptor(parsing: payload)
    if layers.isEmpty || descriptor.startsLayerFrame { layers.append(0) }
    let body = payload.extracting(descriptor.length..<payload.count)
    try frame.append(body)
    layers[layers.count - 1] += body.count
  }

  /// Annex B.2: the sizes of the frames, little-endian, between two equal markers. One frame needs none.
  mutating func finish(_ frame: inout EncodedVideoFrame) throws(WireError) {
    guard (2...VP9Unpacker.layersMax).contains(layers.count) else { return }
    // Three bytes hold `EncodedVideoFrame.bytesMax`.
    let marker = UInt8(0b1101_0000 | layers.count - 1)
    var index = [marker]
    for size in layers {
      for shift in [0, 8, 16] { index.append(UInt8(truncatingIfNeeded: size >> shift)) }
    }
    index.append(marker)
    try frame.append(index.span)
  }
}
