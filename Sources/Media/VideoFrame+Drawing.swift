// Drawing into a picture: rectangles, soft-edged shapes and text.

extension VideoFrame {
  /// Fills the part of a rectangle that lies inside the picture; edges in luma samples.
  package mutating func fill(x: Range<Int>, y: Range<Int>, with ink: Ink) {
    let columns = x.clamped(to: 0..<width)
    let rows = y.clamped(to: 0..<height)
    guard !columns.isEmpty, !rows.isEmpty else { return }
    let (lumaStride, chromaStride) = (width, chromaWidth)
    let blue = chromaRange(plane: 0).lowerBound
    let red = chromaRange(plane: 1).lowerBound
    var samples = self.samples.mutableSpan
    for row in rows {
      for column in columns { samples[row * lumaStride + column] = ink.y }
    }
    for row in (rows.lowerBound / 2)..<((rows.upperBound + 1) / 2) {
      for column in (columns.lowerBound / 2)..<((columns.upperBound + 1) / 2) {
        samples[blue + row * chromaStride + column] = ink.u
        samples[red + row * chromaStride + column] = ink.v
      }
    }
  }

  /// Blends `ink` into the samples of a rectangle, each by what `coverage` says for its centre.
  ///
  /// - Parameter coverage: 0 (untouched) ... 1 (ink), asked in luma coordinates; values outside
  ///   are taken as the nearer of the two.
  package mutating func paint(
    x: Range<Int>, y: Range<Int>, with ink: Ink, coverage: (_ x: Double, _ y: Double) -> Double
  ) {
    let columns = x.clamped(to: 0..<width)
    let rows = y.clamped(to: 0..<height)
    guard !columns.isEmpty, !rows.isEmpty else { return }
    let (lumaStride, chromaStride) = (width, chromaWidth)
    let blue = chromaRange(plane: 0).lowerBound
    let red = chromaRange(plane: 1).lowerBound
    var samples = self.samples.mutableSpan
    for row in rows {
      for column in columns {
        let share = VideoFrame.share(coverage(Double(column) + 0.5, Double(row) + 0.5))
        guard share > 0 else { continue }
        let index = row * lumaStride + column
        samples[index] = VideoFrame.blend(samples[index], ink.y, share)
      }
    }
    for row in (rows.lowerBound / 2)..<((rows.upperBound + 1) / 2) {
      for column in (columns.lowerBound / 2)..<((columns.upperBound + 1) / 2) {
        let share = VideoFrame.share(coverage(Double(2 * column + 1), Double(2 * row + 1)))
        guard share > 0 else { continue }
        let index = row * chromaStride + column
        samples[blue + index] = VideoFrame.blend(samples[blue + index], ink.u, share)
        samples[red + index] = VideoFrame.blend(samples[red + index], ink.v, share)
      }
    }
  }

  /// A coverage in 256ths.
  @inline(__always)
  private static func share(_ coverage: Double) -> Int { Int(min(max(coverage, 0), 1) * 256) }

  @inline(__always)
  private static func blend(_ old: UInt8, _ new: UInt8, _ share: Int) -> UInt8 {
    UInt8((Int(old) * (256 - share) + Int(new) * share) >> 8)
  }

  /// Paints a disc, or with `inner` above 0 a ring, with soft edges.
  package mutating func paintDisc(
    x: Double, y: Double, radius: Double, inner: Double = 0, with ink: Ink
  ) {
    paint(
      x: Int(x - radius) - 1..<Int(x + radius) + 2, y: Int(y - radius) - 1..<Int(y + radius) + 2,
      with: ink
    ) { px, py in
      let distance = ((px - x) * (px - x) + (py - y) * (py - y)).squareRoot()
      let outside = radius - distance + 0.5
      return inner > 0 ? min(outside, distance - inner + 0.5) : outside
    }
  }

  /// Paints a straight line with round ends.
  package mutating func paintLine(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), width: Double,
    with ink: Ink
  ) {
    let reach = width / 2 + 1
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let length = max(dx * dx + dy * dy, 1e-9)
    paint(
      x: Int(min(start.x, end.x) - reach)..<Int(max(start.x, end.x) + reach) + 1,
      y: Int(min(start.y, end.y) - reach)..<Int(max(start.y, end.y) + reach) + 1, with: ink
    ) { px, py in
      let along = min(max(((px - start.x) * dx + (py - start.y) * dy) / length, 0), 1)
      let (ox, oy) = (px - start.x - along * dx, py - start.y - along * dy)
      return width / 2 - (ox * ox + oy * oy).squareRoot() + 0.5
    }
  }

  /// Draws ASCII text with `BitmapFont`, its top left corner at (`x`, `y`).
  ///
  /// - Parameter dot: the side of one of the font's dots, in luma samples; need not be whole.
  package mutating func draw(_ text: String, x: Double, y: Double, dot: Double, with ink: Ink) {
    for (place, character) in text.utf8.enumerated() {
      let left = x + Double(place * BitmapFont.advance) * dot
      for (row, bits) in BitmapFont.rows(of: character).enumerated() {
        drawRow(bits, x: left, y: y + Double(row) * dot, dot: dot, with: ink)
      }
    }
  }

  /// Draws one row of one glyph, neighbouring dots as one rectangle.
  private mutating func drawRow(_ bits: UInt8, x: Double, y: Double, dot: Double, with ink: Ink) {
    var column = 0
    while column < BitmapFont.glyphWidth {
      var end = column
      while end < BitmapFont.glyphWidth, bits & (0x10 >> UInt8(end)) != 0 { end += 1 }
      if end > column {
        fill(
          x: Int(x + Double(column) * dot)..<Int(x + Double(end) * dot),
          y: Int(y)..<Int(y + dot), with: ink)
      }
      column = end + 1
    }
  }
}
