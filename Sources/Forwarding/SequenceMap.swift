// From a publisher's numbers to a viewer's: which stretch of the source became which numbers.

/// A viewer's map from source sequence numbers and VP8 picture ids to its own.
///
/// A *segment* is a stretch of one encoding's numbers with one offset. A layer switch, a re-publish
/// and every dropped temporal-layer packet start a new one. Numbers inside a segment that have not
/// arrived yet stay reserved: a gap may be loss, so nothing is renumbered across it.
package struct SequenceMap: Sendable {
  /// One stretch of source numbers of one encoding.
  package struct Segment: Sendable, Equatable {
    /// Counts attachments and switches: two segments of one epoch and encoding share a source.
    package var epoch: UInt32
    package var encoding: UInt8
    package var first: Int64
    /// The last source number, `.max` while the segment is the newest.
    package var last: Int64
    /// Outgoing number = source number + this.
    package var delta: Int64
    /// Outgoing picture id = source picture id + this, modulo its width.
    package var pictureDelta: Int32
    /// Outgoing TL0PICIDX = source TL0PICIDX + this, modulo 256.
    package var tl0Delta: Int32
  }

  private var segments: [Segment] = []
  private var start = 0

  /// An empty map.
  package init() { segments.reserveCapacity(ForwardingLimits.segmentsMax) }

  /// The newest segment, nil before the first. Kept apart: it is asked for with every packet.
  package private(set) var newest: Segment?

  /// Ends the newest segment at `last` and starts `segment`; forgets the oldest when full.
  package mutating func begin(_ segment: Segment, endingPreviousAt last: Int64) {
    newest = segment
    if !segments.isEmpty {
      let index = (start + segments.count - 1) % segments.count
      segments[index].last = min(segments[index].last, last)
      // Several packets dropped in a row leave empty stretches: they take no place.
      if segments[index].last < segments[index].first { return segments[index] = segment }
    }
    if segments.count < ForwardingLimits.segmentsMax {
      segments.append(segment)
    } else {
      segments[start] = segment
      start = (start + 1) % segments.count
    }
  }

  /// The segment that holds `sequence` of `encoding` in `epoch`; nil when it was skipped, dropped
  /// or is older than the map remembers.
  package func segment(holding sequence: Int64, encoding: UInt8, epoch: UInt32) -> Segment? {
    var step = segments.count - 1
    while step >= 0 {
      let segment = segments[(start + step) % segments.count]
      if segment.epoch == epoch && segment.encoding == encoding && sequence >= segment.first
        && sequence <= segment.last
      {
        return segment
      }
      step -= 1
    }
    return nil
  }
}
