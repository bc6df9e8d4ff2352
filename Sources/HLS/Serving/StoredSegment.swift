// A Media Segment in memory: its parts, one after the other.

/// A segment, complete or still growing.
package struct StoredSegment: Sendable {
  package let sequence: Int
  /// Ticks since the epoch.
  package let start: Int64
  package let isDiscontinuity: Bool
  package let discontinuityCount: Int
  /// Which Media Initialization Section it needs.
  package let initialization: Int
  package internal(set) var parts: [Part] = []
  /// The whole segment, where it is not its parts one after the other: of text.
  package internal(set) var document: [UInt8]?
  package internal(set) var isComplete = false
  /// Counts the segments of the rendition that begin with a keyframe; nil if this one does not.
  package internal(set) var keyframeOrdinal: Int?
  /// Where its run began, when it is complete: segments with one initialization, all of them gaps or none.
  package internal(set) var run: (sequence: Int, start: Int64)?

  /// Ticks.
  package var duration: Int64 { parts.reduce(0) { $0 + $1.duration } }
  /// Ticks since the epoch.
  package var end: Int64 { parts.last.map { $0.start + $0.duration } ?? start }
  package var byteCount: Int { parts.reduce(document?.count ?? 0) { $0 + $1.bytes.count } }
  /// Its bytes, one after the other.
  package var chunks: [[UInt8]] {
    document.map { [$0] } ?? parts.map(\.bytes).filter { !$0.isEmpty }
  }
  /// There is no media in all of it.
  package var isGap: Bool { parts.allSatisfy(\.isGap) }
}
