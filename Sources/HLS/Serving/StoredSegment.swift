// A Media Segment that can be asked for: its parts in memory or, when it is old, its file in a spool.

/// A segment, complete or still growing.
package struct StoredSegment: Sendable {
  /// Where its bytes are.
  package enum Place: Hashable, Sendable {
    /// In memory alone.
    case memory
    /// In memory, and on its way to the spool.
    case writing
    /// In memory and in the spool.
    case written
    /// In the spool alone.
    case spool
  }

  package let sequence: Int
  /// Ticks since the epoch.
  package let start: Int64
  package let isDiscontinuity: Bool
  package let discontinuityCount: Int
  /// Which Media Initialization Section it needs.
  package let initialization: Int
  /// What is in memory of it: none once it has left for the spool.
  package private(set) var parts: [Part] = []
  package internal(set) var place = Place.memory
  /// The whole segment, where it is not its parts one after the other: of text.
  package private(set) var document: [UInt8]?
  package internal(set) var isComplete = false
  /// Counts the segments of the rendition that begin with a keyframe; nil if this one does not.
  package internal(set) var keyframeOrdinal: Int?
  /// Where its run began, when it is complete: segments with one initialization, all of them gaps or none.
  package internal(set) var run: (sequence: Int, start: Int64)?

  /// Parts it has had.
  package private(set) var partCount = 0
  /// The number of its first part; of none while it has none.
  package private(set) var firstPart = 0
  /// Ticks since the epoch.
  package private(set) var end: Int64
  /// Of its media, wherever they are.
  package private(set) var byteCount = 0
  package private(set) var sampleCount = 0
  /// Its bytes in memory, one after the other.
  package var chunks: [[UInt8]] {
    document.map { [$0] } ?? parts.map(\.bytes).filter { !$0.isEmpty }
  }
  /// There is no media in all of it.
  package private(set) var isGap = true
  /// Of its first part, those of a fragment with the keyframe alone.
  package private(set) var keyframeByteCount = 0

  init(
    sequence: Int, start: Int64, isDiscontinuity: Bool, discontinuityCount: Int, initialization: Int
  ) {
    self.sequence = sequence
    self.start = start
    self.isDiscontinuity = isDiscontinuity
    self.discontinuityCount = discontinuityCount
    self.initialization = initialization
    end = start
  }

  /// Takes its next part.
  mutating func append(_ part: Part) {
    if partCount == 0 {
      firstPart = part.number
      keyframeByteCount = part.keyframeByteCount
    }
    partCount += 1
    end = part.start + part.duration
    byteCount += part.bytes.count
    sampleCount += part.sampleCount
    if !part.isGap { isGap = false }
    parts.append(part)
  }

  /// What it is as a whole, where that is not its parts.
  mutating func setDocument(_ bytes: [UInt8]) {
    byteCount += bytes.count - (document?.count ?? 0)
    document = bytes
  }

  /// Forgets what is in memory of it, of text its parts; the bytes that were.
  mutating func leaveMemory() -> Int {
    defer { parts = [] }
    if let document {
      defer { byteCount = document.count }
      return byteCount - document.count
    }
    if place == .written { place = .spool }
    return memoryByteCount
  }

  /// Ticks.
  package var duration: Int64 { end - start }
  /// Of its media in memory.
  package var memoryByteCount: Int { parts.isEmpty ? document?.count ?? 0 : byteCount }
}
