// VP8 frames from RTP payloads: RFC 7741.
import RTP
import Wire

/// A VP8 frame is its payloads without their descriptors.
struct VP8Unpacker: FrameUnpacker {
  mutating func take(
    _ payload: borrowing Span<UInt8>, into frame: inout EncodedVideoFrame
  ) throws(WireError) {
    let descriptor = try VP8PayloadDescriptor(parsing: payload)
    if frame.byteCount == 0 {
      frame.temporalID = descriptor.temporalID ?? 0
      frame.isLayerSync = descriptor.isKeyframe || descriptor.isLayerSync
    }
    try frame.append(payload.extracting(descriptor.length..<payload.count))
  }
}

extension VP8Reference {
  init(_ descriptor: VP8PayloadDescriptor) {
    self.init(
      pictureID: descriptor.pictureID?.value,
      isLongPictureID: descriptor.pictureID?.isLong ?? false,
      tl0PicIdx: descriptor.tl0PicIdx?.value, temporalID: descriptor.temporalID,
      isLayerSync: descriptor.isLayerSync)
  }
}
