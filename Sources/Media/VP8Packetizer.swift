// VP8 frames cut into RTP payloads: RFC 7741.
package import Wire

/// Cuts one stream's VP8 frames into RTP payloads and numbers its pictures.
///
///      X|R|N|S|R| PID     required
///      I|L|T|K| RSV       X: which of the following there are
///      M| PictureID       I: 7 bits, or 15 with M
///      TL0PICIDX          L
///      TID|Y| KEYIDX      T, K
package struct VP8Packetizer: Sendable {
  /// Which optional fields the descriptors have; browsers differ, and so must tests.
  package struct Fields: Hashable, Sendable {
    package enum PictureIDWidth: Hashable, Sendable { case absent, short, long }
    package var pictureID: PictureIDWidth
    /// TL0PICIDX, TID and Y.
    package var hasTemporalLayers: Bool
    package var hasKeyIndex: Bool
    package init(
      pictureID: PictureIDWidth = .long, hasTemporalLayers: Bool = false,
      hasKeyIndex: Bool = false
    ) {
      self.pictureID = pictureID
      self.hasTemporalLayers = hasTemporalLayers
      self.hasKeyIndex = hasKeyIndex
    }
  }

  package let fields: Fields
  private let payloadBytesMax: Int
  /// The next frame's, of which the descriptor carries the low 7 or 15 bits.
  private var pictureID: UInt16
  /// The newest base-layer frame's.
  private var tl0PicIdx: UInt8
  /// The newest keyframe's, of which the descriptor carries the low 5 bits.
  private var keyIndex: UInt8 = 0
  /// The descriptor of the frame being cut; at most six bytes.
  private var descriptor = WireBuffer(capacity: 6)

  /// - Parameters:
  ///   - payloadBytesMax: the longest payload, descriptor included; values below
  ///     `PayloadBatch.payloadBytesMin` are raised to it.
  ///   - firstPictureID: the first frame's; RFC 7741 section 4.2 lets it be random.
  ///   - firstTL0PicIdx: the first base-layer frame's.
  package init(
    payloadBytesMax: Int, fields: Fields, firstPictureID: UInt16 = 0, firstTL0PicIdx: UInt8 = 0
  ) {
    self.payloadBytesMax = max(payloadBytesMax, PayloadBatch.payloadBytesMin)
    self.fields = fields
    pictureID = firstPictureID
    tl0PicIdx = firstTL0PicIdx &- 1
  }

  /// Cuts `frame` into `payloads`, replacing what they held.
  ///
  /// All payloads but the last are equally long, none longer than `payloadBytesMax`.
  ///
  /// - Throws: `.missing` for an empty frame, `.tooMany` beyond `PayloadBatch.payloadsMax`;
  ///   pictures are then not numbered on.
  package mutating func packetize(
    _ frame: borrowing EncodedVideoFrame, into payloads: inout PayloadBatch
  ) throws(WireError) {
    payloads.removeAll()
    let bytes = frame.bytes
    guard !bytes.isEmpty else { throw .missing }
    if frame.temporalID == 0 { tl0PicIdx &+= 1 }
    if frame.isKeyframe { keyIndex &+= 1 }
    try writeDescriptor(frame)
    let cut = EqualCut(
      byteCount: bytes.count, partBytesMax: payloadBytesMax - descriptor.count)
    for index in 0..<cut.partCount {
      if index == 1 { clearStartBit() }
      try payloads.append(
        descriptor.bytes, bytes.extracting(cut.range(of: index, in: bytes.count)))
    }
    pictureID &+= 1
  }

  private mutating func writeDescriptor(_ frame: borrowing EncodedVideoFrame) throws(WireError) {
    descriptor.removeAll()
    let hasPictureID = fields.pictureID != .absent
    let hasExtension = hasPictureID || fields.hasTemporalLayers || fields.hasKeyIndex
    // S is set: a frame is one partition to the receiver (PID 0), as browsers send it.
    try descriptor.append(
      u8: (hasExtension ? 0x80 : 0) | (frame.isDiscardable ? 0x20 : 0) | 0x10)
    guard hasExtension else { return }
    try descriptor.append(
      u8: (hasPictureID ? 0x80 : 0) | (fields.hasTemporalLayers ? 0x60 : 0)
        | (fields.hasKeyIndex ? 0x10 : 0))
    switch fields.pictureID {
    case .absent: break
    case .short: try descriptor.append(u8: UInt8(pictureID & 0x7F))
    case .long: try descriptor.append(u16: pictureID | 0x8000)
    }
    if fields.hasTemporalLayers { try descriptor.append(u8: tl0PicIdx) }
    if fields.hasTemporalLayers || fields.hasKeyIndex {
      try descriptor.append(
        u8: (frame.temporalID & 3) << 6 | (frame.isLayerSync ? 0x20 : 0)
          | (fields.hasKeyIndex ? keyIndex & 0x1F : 0))
    }
  }

  /// Makes the descriptor that of a payload inside the frame.
  private mutating func clearStartBit() {
    descriptor.withMutableBytes { bytes in
      if !bytes.isEmpty { bytes[0] &= ~0x10 }
    }
  }
}
