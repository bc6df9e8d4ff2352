// The rules a recorded session is checked against, each by its section of RFC 8216bis.

/// One rule. Every case has a test that plants a fault and sees exactly this rule broken.
package enum ConformanceRule: String, CaseIterable, Sendable {
  /// 4.1: lines, tags and attributes can be read; EXTM3U is first; one value per playlist tag.
  case syntax
  /// 4.4.3.1: EXTINF, rounded, is at most EXT-X-TARGETDURATION, which never changes.
  case targetDuration
  /// 4.4.4.9: no part is longer than PART-TARGET.
  case partMaximum
  /// 4.4.4.9: parts that are not the last of a segment have 85 % of PART-TARGET.
  case partMinimum
  /// The parts of a segment are as long as it is.
  case partSum
  /// 4.4.3.8: PART-HOLD-BACK three parts, HOLD-BACK three and CAN-SKIP-UNTIL six target durations.
  case holdBack
  /// 4.4.3.2, 6.2.2: a segment has the same Media Sequence Number in every fetch.
  case mediaSequence
  /// 6.2.1: what was published does not change, and the end never goes back.
  case monotonic
  /// 4.4.3.3: a segment has the same Discontinuity Sequence Number in every fetch.
  case discontinuitySequence
  /// 6.2.4: Discontinuity Sequence Numbers and times of one Media Sequence Number agree in all
  /// renditions.
  case alignment
  /// 6.2.5.1: a delta update and what it skips are the full playlist.
  case delta
  /// 6.2.5.1: nothing younger than the Skip Boundary is skipped.
  case skipBoundary
  /// 6.2.6: the hinted resource becomes the next part.
  case hint
  /// 4.4.4.9: INDEPENDENT parts, and only they, begin with a keyframe.
  case independent
  /// Decode times continue from part to part, through gaps too.
  case decodeTime
  /// 6.2.1: the parts of a segment, one after the other, are the segment.
  case concatenation
  /// 4.4.4.6: PROGRAM-DATE-TIME follows the decode times.
  case programDateTime
  /// 4.4.4.5: every segment has a Media Initialization Section, readable and with the CODECS announced.
  case initialization
  /// 4.4.5.4: every other rendition is reported, where it stands.
  case renditionReport
  /// 6.2.5.2: a blocked request is answered when the part is there, and not before.
  case blocking
  /// 6.2.5.2: 400 for what is too far ahead or contradicts itself, and for nothing else.
  case badRequest
  /// 6.2.5.2: 503 only after three target durations.
  case unavailable
  /// 4.4.3.4: after ENDLIST nothing changes and nothing is hinted.
  case endList
  /// 6.2.2: a playlist of a room without end is at least three target durations long once it forgets.
  case window
  /// 6.2.2: parts are listed up to three target durations from the end.
  case partsListed
  /// 4.4.4.7: gaps, and only they, can't be loaded; a segment is a gap when all its parts are.
  case gap
  /// 4.4.3.6: an entry of an I-frame playlist is a fragment that begins with a keyframe.
  case keyframePlaylist
  /// 4.4.5.1: date ranges have an id, a start, and don't change.
  case dateRange
  /// 3.1.4: text has a head that maps it to the media's times, and every cue shown in its time, whole and unchanged.
  case subtitles
  /// 4.4.6: variants have what is required, and their playlists exist.
  case multivariant
  /// A name means the same bytes for ever.
  case immutable
}

/// A broken rule, and where.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
  package let rule: ConformanceRule
  package let path: String
  package let detail: String

  package var description: String { "\(rule.rawValue): \(path): \(detail)" }
}
