// Which received VP8 frames can be decoded, judged by their descriptors alone.

/// How one VP8 frame relates to others, as its payload descriptor says (RFC 7741 section 4.2).
struct VP8Reference: Hashable, Sendable {
  /// The picture id, nil where absent, and whether its field has 15 bits rather than 7.
  var pictureID: UInt16?
  var isLongPictureID = false
  var tl0PicIdx: UInt8?
  /// nil where the stream has no temporal layers or does not say.
  var temporalID: UInt8?
  var isLayerSync = false
}

/// Follows the frames of one stream in order and says of each whether all it refers to was there.
///
/// Errs on the side of "not decodable": a hole in the sequence numbers breaks every layer that its
/// neighbours' picture ids and TL0PICIDX do not prove whole.
struct VP8References: Sendable {
  /// Per temporal layer: every frame of this layer and those below was decodable since a frame
  /// that needed no other.
  private var isIntact = [false, false, false, false]
  private var last: VP8Reference?
  /// The newest base-layer frame's TL0PICIDX.
  private var tl0PicIdx: UInt8?
  private var hasGap = false

  /// Packets were given up before the next frame.
  mutating func noteGap() { hasGap = true }

  /// Takes the next frame in order.
  ///
  /// - Returns: whether a decoder that got every frame this returned true for can decode it.
  mutating func receive(_ frame: VP8Reference, isKeyframe: Bool) -> Bool {
    defer {
      last = frame
      hasGap = false
      if frame.temporalID ?? 0 == 0 { tl0PicIdx = frame.tl0PicIdx }
    }
    if isKeyframe {
      isIntact = [true, true, true, true]
      return true
    }
    let missedPictures = hasGap && !follows(frame)
    guard let temporalID = frame.temporalID else {
      if missedPictures { isIntact = [false, false, false, false] }
      return isIntact[0]
    }
    if missedPictures { (isIntact[1], isIntact[2], isIntact[3]) = (false, false, false) }
    return temporalID == 0
      ? receiveBase(frame, missedPictures: missedPictures)
      : receiveUpper(frame, layer: Int(temporalID))
  }

  /// A base-layer frame refers to the base-layer frame before it.
  private mutating func receiveBase(_ frame: VP8Reference, missedPictures: Bool) -> Bool {
    if let index = frame.tl0PicIdx, let tl0PicIdx {
      if index != tl0PicIdx &+ 1 { breakAll() }
    } else if missedPictures {
      breakAll()
    }
    return isIntact[0]
  }

  /// A frame of layer 1...3 refers to the base-layer frame with its TL0PICIDX and, without Y, to
  /// frames of its own and lower layers.
  private mutating func receiveUpper(_ frame: VP8Reference, layer: Int) -> Bool {
    if let index = frame.tl0PicIdx, index != tl0PicIdx { breakAll() }
    if frame.isLayerSync {
      isIntact[layer] = isIntact[layer - 1]
      return isIntact[0]
    }
    return isIntact[0] && isIntact[layer]
  }

  private mutating func breakAll() { isIntact = [false, false, false, false] }

  /// Whether the picture ids prove that no picture lies between the last frame and this one.
  private func follows(_ frame: VP8Reference) -> Bool {
    guard let last, let before = last.pictureID, let now = frame.pictureID else { return false }
    return now == (before &+ 1) & (frame.isLongPictureID ? 0x7FFF : 0x7F)
  }
}
