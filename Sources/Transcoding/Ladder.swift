// The renditions made of a source that can't be repackaged.

package import Wire

/// One step of a ladder.
package struct Rung: Hashable, Sendable {
  /// The shorter side in pixels, so that a portrait counts as its landscape.
  package let shortSide: Int
  package let bitrate: Bitrate
}

/// One step at the size a source allows.
package struct RungSize: Hashable, Sendable {
  /// Its place in the ladder.
  package let rung: Int
  package let width: Int
  package let height: Int
  package let bitrate: Bitrate
}

/// Sizes and rates, the largest first.
package struct Ladder: Hashable, Sendable {
  package let rungs: [Rung]

  /// As many as a room's layers.
  package static let rungsMax = 3
  /// What a rung may be: between a thumbnail and 1080p.
  static let shortSides = 90...1080
  /// Kilobits a second of a rung.
  static let kilobits: ClosedRange<Int64> = 50...20_000
  /// A rung must be smaller than the source by this to be worth its encoder: three quarters.
  private static let worthwhile = (numerator: 3, denominator: 4)

  /// 720p and 360p: one for desktops, one for mobile networks.
  package static let standard = Ladder(rungs: [
    Rung(shortSide: 720, bitrate: .kilobits(2500)), Rung(shortSide: 360, bitrate: .kilobits(700)),
  ])

  private init(rungs: [Rung]) { self.rungs = rungs }

  /// Reads `720:2500,360:700`: shorter sides in pixels and kilobits a second, the largest first.
  ///
  /// - Returns: nil for more than `rungsMax`, none, another order, or values out of range.
  package init?(_ text: String) {
    var rungs: [Rung] = []
    for step in text.split(separator: ",", omittingEmptySubsequences: false) {
      let numbers = step.split(separator: ":", omittingEmptySubsequences: false)
      guard numbers.count == 2, let side = Int(numbers[0]), let rate = Int64(numbers[1]),
        Ladder.shortSides.contains(side), Ladder.kilobits.contains(rate), side % 2 == 0,
        side < rungs.last?.shortSide ?? .max
      else { return nil }
      rungs.append(Rung(shortSide: side, bitrate: .kilobits(rate)))
    }
    guard !rungs.isEmpty, rungs.count <= Ladder.rungsMax else { return nil }
    self.rungs = rungs
  }

  /// The rungs for a source of this size, each no larger than the source.
  ///
  /// - Parameter begun: rungs that go on whatever the size, because players are on them.
  package func sizes(width: Int, height: Int, begun: Set<Int>) -> [RungSize] {
    let short = min(width, height)
    guard short >= Picture.sideMin else { return [] }
    var limit = short
    return rungs.indices.compactMap { index in
      let side = min(rungs[index].shortSide, short)
      let isWanted = index == 0 || side <= limit || begun.contains(index)
      guard isWanted else { return nil }
      limit = side * Ladder.worthwhile.numerator / Ladder.worthwhile.denominator
      // The longer side in proportion, both even as 4:2:0 needs.
      let long = max(width, height) * side / short
      let (even, evenLong) = (side & ~1, long & ~1)
      return RungSize(
        rung: index, width: width < height ? even : evenLong,
        height: width < height ? evenLong : even, bitrate: rungs[index].bitrate)
    }
  }
}
