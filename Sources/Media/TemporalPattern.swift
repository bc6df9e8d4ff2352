// Which temporal layer each frame belongs to and which frames it may refer to.

/// A repeating pattern of one to three temporal layers over VP8's reference buffers.
///
/// The base layer lives in LAST, the middle layer of three in GOLDEN, the top layer refers only.
/// ALTREF is never used. Frames above the base never change the entropy context, or the
/// base layer could not be decoded without them.
package enum TemporalPattern: Int, Hashable, Sendable {
  /// One layer (L1T1).
  case one = 1
  /// Two layers, `0 1` (L1T2): half the frames are left when the upper one is discarded.
  case two = 2
  /// Three layers, `0 2 1 2` (L1T3): half or a quarter of the frames are left.
  case three = 3

  /// What one frame refers to and updates.
  package struct Step: Hashable, Sendable {
    package let temporalID: UInt8
    /// May refer to the middle layer's frame in GOLDEN.
    package let refersToMiddle: Bool
    /// Replaces GOLDEN.
    package let updatesMiddle: Bool
    /// Refers to nothing but the newest base-layer frame; false in the base layer itself.
    package var isLayerSync: Bool { temporalID > 0 && !refersToMiddle }
    /// Updates no buffer.
    package var isDiscardable: Bool { temporalID > 0 && !updatesMiddle }
  }

  /// Frames until the pattern repeats.
  package var period: Int {
    switch self {
    case .one: 1
    case .two: 2
    case .three: 8
    }
  }

  /// The frame `index` frames after the last keyframe, which itself is index 0.
  package func step(at index: Int) -> Step {
    switch self {
    case .one: TemporalPattern.base
    case .two: index % 2 == 0 ? TemporalPattern.base : TemporalPattern.top
    case .three: TemporalPattern.steps[index % 8]
    }
  }

  private static let base = Step(temporalID: 0, refersToMiddle: false, updatesMiddle: false)
  private static let top = Step(temporalID: 1, refersToMiddle: false, updatesMiddle: false)
  /// The first half synchronizes, the second does not: a receiver moving up has to wait for Y.
  private static let steps: [Step] = [
    base,
    Step(temporalID: 2, refersToMiddle: false, updatesMiddle: false),
    Step(temporalID: 1, refersToMiddle: false, updatesMiddle: true),
    Step(temporalID: 2, refersToMiddle: true, updatesMiddle: false),
    base,
    Step(temporalID: 2, refersToMiddle: true, updatesMiddle: false),
    Step(temporalID: 1, refersToMiddle: true, updatesMiddle: true),
    Step(temporalID: 2, refersToMiddle: true, updatesMiddle: false),
  ]
}
