// A picture in memory: I420 planes in one bounded, reusable buffer.

/// One picture in I420: full-size luma, then both chroma planes at half width and half height
/// (rounded up), without padding. BT.601, limited range: black is 16, white 235.
package struct VideoFrame: Sendable {
  /// In luma samples, 1...`sideMax`.
  package private(set) var width: Int
  /// In luma samples, 1...`sideMax`.
  package private(set) var height: Int
  /// The planes back to back: Y, U, V. May be longer than the picture needs after a `reshape`.
  var samples: [UInt8]

  /// The longest side: twice 1080p's, so that portrait and ultra-wide pictures fit.
  package static let sideMax = 4096
  /// The largest area: 1080p with its last macroblock row; a decoder must not be made to allocate
  /// more by a forged keyframe header.
  package static let pixelsMax = 1920 * 1088

  /// A black picture; nil when a side is outside 1...`sideMax` or the area above `pixelsMax`.
  package init?(width: Int, height: Int) {
    guard VideoFrame.isLegal(width: width, height: height) else { return nil }
    self.width = width
    self.height = height
    samples = []
    samples = [UInt8](repeating: 16, count: sampleCount)
    clear()
  }

  private static func isLegal(width: Int, height: Int) -> Bool {
    (1...sideMax).contains(width) && (1...sideMax).contains(height) && width * height <= pixelsMax
  }

  /// The width of a chroma plane.
  package var chromaWidth: Int { (width + 1) / 2 }
  /// The height of a chroma plane.
  package var chromaHeight: Int { (height + 1) / 2 }
  private var sampleCount: Int { width * height + 2 * chromaWidth * chromaHeight }

  /// Changes the size, keeping the storage where it is large enough; the contents are undefined.
  ///
  /// - Returns: false, changing nothing, for a size `init` would refuse.
  package mutating func reshape(width: Int, height: Int) -> Bool {
    guard VideoFrame.isLegal(width: width, height: height) else { return false }
    self.width = width
    self.height = height
    if samples.count < sampleCount {
      samples.append(contentsOf: repeatElement(16, count: sampleCount - samples.count))
    }
    return true
  }

  /// Makes the picture black.
  package mutating func clear() {
    for index in 0..<(width * height) { samples[index] = 16 }
    for index in (width * height)..<sampleCount { samples[index] = 128 }
  }

  /// The luma plane, `width` samples a row.
  package var luma: Span<UInt8> {
    @_lifetime(borrow self)
    get { samples.span.extracting(0..<(width * height)) }
  }

  /// The plane of blue differences, `chromaWidth` samples a row.
  package var blueDifference: Span<UInt8> {
    @_lifetime(borrow self)
    get { samples.span.extracting(chromaRange(plane: 0)) }
  }

  /// The plane of red differences, `chromaWidth` samples a row.
  package var redDifference: Span<UInt8> {
    @_lifetime(borrow self)
    get { samples.span.extracting(chromaRange(plane: 1)) }
  }

  /// Where chroma plane 0 (blue) or 1 (red) lies in `samples`.
  func chromaRange(plane: Int) -> Range<Int> {
    let size = chromaWidth * chromaHeight
    let start = width * height + plane * size
    return start..<(start + size)
  }

  /// Becomes a copy of `other`, in the storage it has.
  package mutating func copy(from other: borrowing VideoFrame) {
    width = other.width
    height = other.height
    let count = sampleCount
    if samples.count < count {
      samples.append(contentsOf: repeatElement(16, count: count - samples.count))
    }
    unsafe samples.withUnsafeMutableBufferPointer { to in
      unsafe other.samples.withUnsafeBufferPointer { from in
        // Both hold at least `count` samples: `other` by its invariant, this one since above.
        guard let to = to.baseAddress, let from = from.baseAddress else { return }
        unsafe to.update(from: from, count: count)
      }
    }
  }
}
