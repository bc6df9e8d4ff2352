// The VP9 payload descriptor: RFC 9628 section 4.2.

package import Wire

/// One VP9 packet's descriptor.
///
///     |I|P|L|F|B|E|V|Z|
///     |M| PICTURE ID  |   if I; 15 bits in two bytes if M
///     | TID |U| SID |D|   if L
///     |   TL0PICIDX   |   if L and not F
///     | P_DIFF      |N|   if P and F, up to three times
///     | scalability structure | if V
package struct VP9PayloadDescriptor: Hashable, Sendable {
  /// P: the frame is predicted from earlier pictures.
  package var isInterPredicted: Bool
  /// F: references are listed in each frame.
  package var isFlexible: Bool
  /// B: a layer frame starts in this packet.
  package var startsLayerFrame: Bool
  /// E: a layer frame ends in this packet.
  package var endsLayerFrame: Bool
  /// Z: no higher spatial layer refers to this frame.
  package var isNotSpatialReference: Bool
  /// 0...32767; nil when I is not set.
  package var pictureID: UInt16?
  /// TID, 0...7; nil when L is not set.
  package var temporalID: UInt8?
  /// SID, 0...7; nil when L is not set.
  package var spatialID: UInt8?
  /// U: a viewer may move up to this temporal layer here.
  package var isSwitchingUpPoint = false
  /// D: the frame refers to the spatial layer below.
  package var isInterLayerDependent = false
  /// nil without layers or in flexible mode.
  package var tl0PicIdx: UInt8?
  /// Spatial layers of the scalability structure, 1...8; 0 without one.
  package var spatialLayers = 0
  /// Pixels of the largest spatial layer; 0 when the structure gives no sizes.
  package var width = 0
  /// Pixels of the largest spatial layer; 0 when the structure gives no sizes.
  package var height = 0
  /// Bytes of descriptor before the VP9 data.
  package var length: Int

  /// Reads the descriptor at the start of `payload`.
  ///
  /// - Throws: `.truncated` when it goes past the end or nothing follows it, `.tooMany` for a fourth
  ///   reference.
  package init(parsing payload: borrowing Span<UInt8>) throws(WireError) {
    let first = try payload.u8(at: 0)
    isInterPredicted = first & 0x40 != 0
    isFlexible = first & 0x10 != 0
    startsLayerFrame = first & 0x08 != 0
    endsLayerFrame = first & 0x04 != 0
    isNotSpatialReference = first & 0x01 != 0
    length = 1
    if first & 0x80 != 0 { try readPictureID(payload) }
    if first & 0x20 != 0 { try readLayerIndices(payload) }
    if isInterPredicted && isFlexible { try skipReferences(payload) }
    if first & 0x02 != 0 { try readScalabilityStructure(payload) }
    guard length < payload.count else { throw .truncated }
  }

  /// Whether the packet carries the first bytes of a picture: of its lowest spatial layer.
  package var startsFrame: Bool { startsLayerFrame && (spatialID ?? 0) == 0 }

  /// The descriptor as every codec's forwarding sees it.
  package var marks: FrameMarks {
    var marks = FrameMarks()
    marks.startsFrame = startsFrame
    marks.isKeyframe = startsFrame && !isInterPredicted
    marks.temporalID = temporalID
    marks.isSwitchingPoint = marks.isKeyframe || isSwitchingUpPoint
    if marks.isKeyframe {
      marks.width = width
      marks.height = height
    }
    return marks
  }

  private mutating func readPictureID(_ payload: borrowing Span<UInt8>) throws(WireError) {
    let byte = try payload.u8(at: length)
    if byte & 0x80 != 0 {
      pictureID = try payload.u16(at: length) & 0x7FFF
      length += 2
    } else {
      pictureID = UInt16(byte)
      length += 1
    }
  }

  private mutating func readLayerIndices(_ payload: borrowing Span<UInt8>) throws(WireError) {
    let byte = try payload.u8(at: length)
    temporalID = byte >> 5
    isSwitchingUpPoint = byte & 0x10 != 0
    spatialID = (byte >> 1) & 0x07
    isInterLayerDependent = byte & 0x01 != 0
    length += 1
    if !isFlexible {
      tl0PicIdx = try payload.u8(at: length)
      length += 1
    }
  }

  private mutating func skipReferences(_ payload: borrowing Span<UInt8>) throws(WireError) {
    for _ in 0..<3 {
      let byte = try payload.u8(at: length)
      length += 1
      if byte & 0x01 == 0 { return }
    }
    throw .tooMany
  }

  private mutating func readScalabilityStructure(
    _ payload: borrowing Span<UInt8>
  ) throws(WireError) {
    let byte = try payload.u8(at: length)
    length += 1
    spatialLayers = Int(byte >> 5) + 1
    if byte & 0x10 != 0 {
      for _ in 0..<spatialLayers {
        width = try max(width, Int(payload.u16(at: length)))
        height = try max(height, Int(payload.u16(at: length + 2)))
        length += 4
      }
    }
    if byte & 0x08 != 0 {
      let pictures = try payload.u8(at: length)
      length += 1
      for _ in 0..<pictures {
        length += try 1 + Int((payload.u8(at: length) >> 2) & 0x03)
      }
    }
  }
}
