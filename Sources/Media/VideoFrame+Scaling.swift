// Pictures made smaller: each new sample is the mean of the samples it covers.

extension VideoFrame {
  /// Draws this picture, scaled to `smaller`'s size, into `smaller`.
  ///
  /// A box filter: exact means for whole ratios (simulcast's 2 and 4), a close approximation for
  /// others. Enlarging repeats samples.
  package func scale(into smaller: inout VideoFrame) {
    let (width, height) = (smaller.width, smaller.height)
    VideoFrame.scalePlane(
      luma, width: self.width, height: self.height,
      into: &smaller.samples, at: 0, width: width, height: height)
    VideoFrame.scalePlane(
      blueDifference, width: chromaWidth, height: chromaHeight, into: &smaller.samples,
      at: smaller.chromaRange(plane: 0).lowerBound,
      width: smaller.chromaWidth, height: smaller.chromaHeight)
    VideoFrame.scalePlane(
      redDifference, width: chromaWidth, height: chromaHeight, into: &smaller.samples,
      at: smaller.chromaRange(plane: 1).lowerBound,
      width: smaller.chromaWidth, height: smaller.chromaHeight)
  }

  private static func scalePlane(
    _ from: borrowing Span<UInt8>, width: Int, height: Int,
    into to: inout [UInt8], at start: Int, width newWidth: Int, height newHeight: Int
  ) {
    var target = to.mutableSpan
    for row in 0..<newHeight {
      let top = row * height / newHeight
      let bottom = max(top + 1, (row + 1) * height / newHeight)
      for column in 0..<newWidth {
        let left = column * width / newWidth
        let right = max(left + 1, (column + 1) * width / newWidth)
        var sum = 0
        for y in top..<bottom {
          for x in left..<right { sum += Int(from[y * width + x]) }
        }
        let area = (bottom - top) * (right - left)
        target[start + row * newWidth + column] = UInt8((sum + area / 2) / area)
      }
    }
  }
}
