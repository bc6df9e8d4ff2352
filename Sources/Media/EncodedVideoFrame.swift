// One compressed video frame on its way between encoder, packetizer, depacketizer and decoder.
package import Wire

/// A compressed frame and what the packetizer needs to know of it, in a buffer that is reused.
package struct EncodedVideoFrame: Sendable {
  private var storage: [UInt8] = []
  /// On the track's 90 kHz clock.
  package var timestamp = RTPTimestamp(0)
  package var isKeyframe = false
  /// The temporal layer, 0...2; 0 without temporal layers.
  package var temporalID: UInt8 = 0
  /// Whether, besides the newest base-layer frame, it needs no other (RFC 7741's Y); true for a
  /// keyframe.
  package var isLayerSync = false
  /// Whether no other frame refers to it, so that leaving it out harms nothing.
  package var isDiscardable = false

  /// The longest frame: a 1080p keyframe at the highest quality stays well below.
  package static let bytesMax = 1 << 20

  /// An empty frame.
  package init() {}

  /// The compressed bytes.
  package var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get { storage.span }
  }
  package var byteCount: Int { storage.count }

  /// Forgets the bytes; keeps the storage.
  package mutating func removeAll() { storage.removeAll(keepingCapacity: true) }

  /// Appends a copy of `bytes`.
  ///
  /// - Throws: `.noSpace`, changing nothing, beyond `bytesMax`.
  package mutating func append(_ bytes: borrowing Span<UInt8>) throws(WireError) {
    guard bytes.count <= EncodedVideoFrame.bytesMax - storage.count else { throw .noSpace }
    unsafe bytes.withUnsafeBufferPointer { unsafe storage.append(contentsOf: $0) }
  }

  /// Appends one byte; throws as `append` of several does.
  package mutating func append(u8 value: UInt8) throws(WireError) {
    guard storage.count < EncodedVideoFrame.bytesMax else { throw .noSpace }
    storage.append(value)
  }
}
