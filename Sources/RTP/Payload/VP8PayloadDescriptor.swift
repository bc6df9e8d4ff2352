// The VP8 payload descriptor and the start of the VP8 payload header: RFC 7741 sections 4.2 and 4.3.

package import Wire

/// One VP8 packet's descriptor. Offsets count from the start of the payload.
///
///     |X|R|N|S|R| PID |   required
///     |I|L|T|K|  RSV  |   if X
///     |M| PictureID   |   if I; 15 bits in two bytes if M
///     |   TL0PICIDX   |   if L
///     |TID|Y| KEYIDX  |   if T or K
package struct VP8PayloadDescriptor: Hashable, Sendable {
  /// A picture id and how wide its field is.
  package struct PictureID: Hashable, Sendable {
    /// 0...127, or 0...32767 when `isLong`.
    package var value: UInt16
    /// Whether the field has 15 bits rather than 7.
    package var isLong: Bool
    /// Where the field begins.
    package var offset: Int
  }
  /// The index of the last base-layer frame and where its byte lies.
  package struct TL0PicIdx: Hashable, Sendable {
    package var value: UInt8
    package var offset: Int
  }

  /// N: nothing refers to this frame.
  package var isNonReference: Bool
  /// S: a partition starts in this packet.
  package var startsPartition: Bool
  /// PID, 0...7.
  package var partitionID: UInt8
  /// nil when I is not set.
  package var pictureID: PictureID?
  /// nil when L is not set.
  package var tl0PicIdx: TL0PicIdx?
  /// TID, 0...3; nil when T is not set.
  package var temporalID: UInt8?
  /// Y: the frame depends only on the base layer. Meaningless without `temporalID`.
  package var isLayerSync: Bool
  /// KEYIDX, 0...31; nil when K is not set.
  package var keyIndex: UInt8?
  /// Bytes of descriptor before the VP8 payload header.
  package var length: Int
  /// Whether the packet starts a keyframe.
  package var isKeyframe = false
  /// Pixels, 1...16383; 0 unless `isKeyframe`.
  package var width = 0
  /// Pixels, 1...16383; 0 unless `isKeyframe`.
  package var height = 0

  /// Reads the descriptor at the start of `payload`.
  ///
  /// - Throws: `.truncated` when the descriptor goes past the end or nothing follows it.
  package init(parsing payload: borrowing Span<UInt8>) throws(WireError) {
    let first = try payload.u8(at: 0)
    isNonReference = first & 0x20 != 0
    startsPartition = first & 0x10 != 0
    partitionID = first & 0x07
    isLayerSync = false
    length = 1
    if first & 0x80 != 0 { try readExtension(payload) }
    guard length < payload.count else { throw .truncated }
    if startsFrame { try readFrameHeader(payload) }
  }

  /// Whether the packet carries a frame's first bytes: S set and PID 0.
  package var startsFrame: Bool { startsPartition && partitionID == 0 }

  /// The descriptor as every codec's forwarding sees it.
  package var marks: FrameMarks {
    var marks = FrameMarks()
    marks.startsFrame = startsFrame
    marks.isKeyframe = isKeyframe
    marks.temporalID = temporalID
    marks.isSwitchingPoint = isKeyframe || (temporalID != nil && isLayerSync)
    marks.width = width
    marks.height = height
    marks.isDiscardable = isNonReference
    return marks
  }

  private mutating func readExtension(_ payload: borrowing Span<UInt8>) throws(WireError) {
    let flags = try payload.u8(at: 1)
    length = 2
    if flags & 0x80 != 0 {
      let byte = try payload.u8(at: length)
      let isLong = byte & 0x80 != 0
      let value = isLong ? try payload.u16(at: length) & 0x7FFF : UInt16(byte)
      pictureID = PictureID(value: value, isLong: isLong, offset: length)
      length += isLong ? 2 : 1
    }
    if flags & 0x40 != 0 {
      tl0PicIdx = try TL0PicIdx(value: payload.u8(at: length), offset: length)
      length += 1
    }
    if flags & 0x30 != 0 {
      let byte = try payload.u8(at: length)
      if flags & 0x20 != 0 {
        temporalID = byte >> 6
        isLayerSync = byte & 0x20 != 0
      }
      if flags & 0x10 != 0 { keyIndex = byte & 0x1F }
      length += 1
    }
  }

  /// Reads the P bit and, behind it, the start code and size that only a keyframe has (RFC 6386
  /// section 9.1). A P bit that says keyframe without a start code behind it is not believed.
  private mutating func readFrameHeader(_ payload: borrowing Span<UInt8>) throws(WireError) {
    guard try payload.u8(at: length) & 0x01 == 0, payload.count - length >= 10,
      try payload.u24(at: length + 3) == 0x9D_012A
    else { return }
    isKeyframe = true
    width = try Int(payload.u16(at: length + 6).byteSwapped & 0x3FFF)
    height = try Int(payload.u16(at: length + 8).byteSwapped & 0x3FFF)
  }
}

extension VP8PayloadDescriptor {
  /// Overwrites the picture id and TL0PICIDX in a copy of the packet this was read from.
  ///
  /// Fields that are absent stay absent; the picture id keeps its width, so only its low 7 bits are
  /// written where the publisher uses 7.
  ///
  /// - Parameter payloadOffset: where the payload begins in `packet`.
  /// - Throws: `.noSpace` when a field would lie outside `packet`.
  @_lifetime(packet: copy packet)
  package func patch(
    pictureID newPictureID: UInt16, tl0PicIdx newTL0PicIdx: UInt8,
    in packet: inout MutableSpan<UInt8>, at payloadOffset: Int
  ) throws(WireError) {
    if let pictureID {
      let offset = payloadOffset + pictureID.offset
      if pictureID.isLong {
        try packet.put(u16: 0x8000 | newPictureID, at: offset)
      } else {
        try packet.put(u8: UInt8(newPictureID & 0x7F), at: offset)
      }
    }
    if let tl0PicIdx {
      try packet.put(u8: newTL0PicIdx, at: payloadOffset + tl0PicIdx.offset)
    }
  }
}
