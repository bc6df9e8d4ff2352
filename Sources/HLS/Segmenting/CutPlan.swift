// Where segments begin: one plan for all renditions of a room, so that their sequence numbers agree.

package import Wire

/// A planned beginning of a Media Segment.
package struct Cut: Hashable, Sendable {
  /// Since the epoch. The segment begins at the first keyframe from here on, or without one within
  /// `HLSLimits.cutPatience`.
  package var at: TimeSpan
  /// The segment begins with EXT-X-DISCONTINUITY in every rendition.
  package var isDiscontinuity: Bool
  /// Discontinuities up to and with this one, so that a rendition that begins late counts like others.
  package var discontinuityCount: Int
}

/// The cuts of a room, by Media Sequence Number.
///
/// A cut is planned one segment after the one before it. Whoever needs one earlier (another picture
/// size, another host) moves the next cut, unless a rendition has taken it already. So every rendition
/// takes the same cuts in the same order, and a number means the same time in all of them.
package struct CutPlan: Sendable {
  private let segment: TimeSpan
  /// The cuts still of interest.
  private var cuts: [Cut]
  /// The number of the first of `cuts`.
  private var firstSequence: Int
  /// The highest number any rendition has begun.
  package private(set) var highestTaken: Int

  /// Cuts remembered behind the newest: a rendition further behind than this has stopped.
  private static let rememberedMax = 64

  /// A plan whose segment `sequence` begins at `start`.
  package init(sequence: Int, start: TimeSpan, segment: TimeSpan) {
    self.segment = segment
    cuts = [Cut(at: start, isDiscontinuity: false, discontinuityCount: 0)]
    firstSequence = sequence
    highestTaken = sequence
  }

  /// Cut number `sequence`; what is older than remembered counts as the oldest.
  package mutating func cut(_ sequence: Int) -> Cut {
    while sequence >= firstSequence + cuts.count {
      let last = cuts[cuts.count - 1]
      cuts.append(
        Cut(
          at: last.at + segment, isDiscontinuity: false,
          discontinuityCount: last.discontinuityCount))
    }
    if cuts.count > CutPlan.rememberedMax {
      let surplus = cuts.count - CutPlan.rememberedMax
      cuts.removeFirst(surplus)
      firstSequence += surplus
    }
    return cuts[max(0, sequence - firstSequence)]
  }

  /// Notes that a rendition begins segment `sequence`.
  package mutating func take(_ sequence: Int) { highestTaken = max(highestTaken, sequence) }

  /// Moves the cut after `sequence` to `instant`, as a discontinuity.
  ///
  /// - Returns: false, changing nothing, when a rendition has begun a later segment and that is no
  ///   discontinuity: what is published can't be changed.
  package mutating func force(at instant: TimeSpan, after sequence: Int) -> Bool {
    let next = sequence + 1
    let planned = cut(next)
    if highestTaken >= next { return planned.isDiscontinuity }
    guard next >= firstSequence else { return false }
    let count = cut(sequence).discontinuityCount
    // A discontinuity that somebody else asked for may be a frame away.
    if !planned.isDiscontinuity {
      cuts[next - firstSequence] = Cut(
        at: min(instant, planned.at), isDiscontinuity: true, discontinuityCount: count + 1)
      cuts.removeSubrange((next - firstSequence + 1)...)
    }
    return true
  }
}
