// Which encoding a viewer should get: a pure choice.

package import MediaControl

/// Chooses among a track's encodings. Pure.
package enum LayerSelector {
  /// The encoding for `selection`.
  ///
  /// - Parameters:
  ///   - order: the encodings, smallest first.
  ///   - isActive: whether packets of the encoding come.
  ///   - cap: the highest rank the viewer's path carries; ignored by a pin.
  /// - Returns: nil when nothing comes (automatic), or there is no encoding at all.
  package static func choose(
    _ selection: LayerSelection, order: [UInt8], isActive: (UInt8) -> Bool, cap: LayerRank
  ) -> UInt8? {
    switch selection {
    case .pinned(let rank):
      return encoding(at: rank, in: order)
    case .automatic:
      var best: UInt8?
      for encoding in order where isActive(encoding) {
        if best == nil || rank(of: encoding, in: order) <= cap { best = encoding }
      }
      return best
    }
  }

  /// The encoding a rank names: a single one answers to all three, of two `h` is the larger.
  package static func encoding(at rank: LayerRank, in order: [UInt8]) -> UInt8? {
    switch rank {
    case .q: order.first
    case .h: order.count > 1 ? order[1] : order.first
    case .f: order.last
    }
  }

  /// The rank of an encoding: the largest is always `f`, the smallest of several always `q`.
  package static func rank(of encoding: UInt8, in order: [UInt8]) -> LayerRank {
    if encoding == order.last { return .f }
    return encoding == order.first ? .q : .h
  }
}
