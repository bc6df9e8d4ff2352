// What a segmenter makes: parts, and the beginnings and ends of segments.

/// A Partial Segment.
package struct Part: Hashable, Sendable {
  /// Media Sequence Number of its segment.
  package var sequence: Int
  /// Within the segment, from 0.
  package var index: Int
  /// Within the rendition, from 0 and never again: its name, so that a Preload Hint holds whether or not
  /// a segment ends before it.
  package var number: Int
  /// Ticks since the epoch.
  package var start: Int64
  /// Ticks, at least 1.
  package var duration: Int64
  /// Begins with a sync sample.
  package var isIndependent: Bool
  /// There is no media for this time.
  package var isGap: Bool
  /// Of `bytes`, those of a fragment with the keyframe alone; 0 unless the segment begins with one here.
  package var keyframeByteCount: Int
  package var sampleCount: Int
  package var bytes: [UInt8]
}

/// The beginning of a segment.
package struct SegmentStart: Hashable, Sendable {
  package var sequence: Int
  /// Ticks since the epoch.
  package var start: Int64
  package var isDiscontinuity: Bool
  /// Discontinuities of the room up to and with this one.
  package var discontinuityCount: Int
  /// The Media Initialization Section changes here; nil where it stays.
  package var format: TrackFormat?
}

/// What a segmenter tells the store, in order.
package enum OnSegmenter: Hashable, Sendable {
  case began(SegmentStart)
  case part(Part)
  /// No part follows in this segment.
  case ended(sequence: Int)
}
