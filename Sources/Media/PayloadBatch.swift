// RTP payloads of one frame, ready for a caller who writes the headers.
package import Wire

/// The RTP payloads one frame was cut into, in sending order, in storage that is reused.
///
/// The caller gives each payload the next sequence number, all of them the frame's timestamp, and
/// the marker bit to the last.
package struct PayloadBatch: Sendable {
  private var arena: [UInt8] = []
  /// Where each payload ends in `arena`.
  private var ends: [Int] = []

  /// The most payloads of one frame: the longest frame in payloads of a little over 1000 bytes.
  package static let payloadsMax = 1024
  /// The smallest legal limit on a payload's length: room for descriptors and some of the frame.
  package static let payloadBytesMin = 64

  /// An empty batch.
  package init() {}

  package var count: Int { ends.count }

  /// Payload `index`, 0..<`count`.
  @_lifetime(borrow self)
  package func bytes(at index: Int) -> Span<UInt8> {
    arena.span.extracting((index == 0 ? 0 : ends[index - 1])..<ends[index])
  }

  /// Whether payload `index` ends the frame and so carries the marker bit.
  package func isLast(_ index: Int) -> Bool { index == ends.count - 1 }

  /// Forgets the payloads; keeps the storage.
  package mutating func removeAll() {
    arena.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  /// Appends one payload made of two parts, of which the first may be empty.
  ///
  /// - Throws: `.tooMany`, changing nothing, beyond `payloadsMax`.
  package mutating func append(
    _ head: borrowing Span<UInt8>, _ body: borrowing Span<UInt8>
  ) throws(WireError) {
    guard ends.count < PayloadBatch.payloadsMax else { throw .tooMany }
    unsafe head.withUnsafeBufferPointer { unsafe arena.append(contentsOf: $0) }
    unsafe body.withUnsafeBufferPointer { unsafe arena.append(contentsOf: $0) }
    ends.append(arena.count)
  }
}

/// How a frame is cut so that all payloads but the last are equally long.
struct EqualCut {
  /// The length of every part but the last, which has the rest and is not longer.
  let partLength: Int
  /// At least 1.
  let partCount: Int

  /// The fewest parts of at most `partBytesMax` bytes, as equal as they can be.
  ///
  /// UDP GSO merges datagrams that are equally long but for a shorter last one; and a frame cut
  /// evenly does not end in a tiny packet.
  init(byteCount: Int, partBytesMax: Int) {
    let count = max(1, (byteCount + partBytesMax - 1) / partBytesMax)
    partLength = max(1, (byteCount + count - 1) / count)
    partCount = max(1, (byteCount + partLength - 1) / partLength)
  }

  /// Where part `index` lies in a frame of `byteCount` bytes.
  func range(of index: Int, in byteCount: Int) -> Range<Int> {
    (index * partLength)..<min((index + 1) * partLength, byteCount)
  }
}
