// The lines that are appended to a kept show's playlists, segment by segment.

import Wire

/// Writes the lines of one rendition's kept playlists, and remembers what they said last.
struct KeptPlaylistText: Sendable {
  private var initialization: Int?
  private var key: Int?
  private var discontinuities: Int?
  private var keyframeInitialization: Int?
  private var keyframeDiscontinuities: Int?

  /// EXT-X-GAP needs version 8.
  static let version = 8
  /// While a show goes on; its end makes it VOD.
  static let typeLine = "#EXT-X-PLAYLIST-TYPE:EVENT"
  static let finishedTypeLine = "#EXT-X-PLAYLIST-TYPE:VOD"
  static let endLine = "#EXT-X-ENDLIST"

  /// The head of a playlist whose first segment is `sequence`.
  static func head(
    _ timing: HLSTiming, sequence: Int, hasKeyframesOnly: Bool = false, isAudio: Bool = false
  ) -> String {
    var text = PlaylistText(version: version)
    text.line("#EXT-X-TARGETDURATION:\(timing.targetSeconds)")
    text.line(typeLine)
    if hasKeyframesOnly { text.line("#EXT-X-I-FRAMES-ONLY") }
    text.line("#EXT-X-MEDIA-SEQUENCE:\(sequence)")
    if isAudio { text.line("#EXT-X-INDEPENDENT-SEGMENTS") }
    return text.text
  }

  /// What a segment adds, kept or as a gap.
  mutating func lines(
    of segment: StoredSegment, in rendition: Rendition, names: ResourceNames, epoch: WallTime,
    key number: Int?
  ) -> (kept: String, lost: String) {
    var lines: [String] = []
    if segment.isDiscontinuity { lines.append("#EXT-X-DISCONTINUITY") }
    discontinuities = segment.discontinuityCount
    if !rendition.isText, segment.initialization != initialization {
      initialization = segment.initialization
      // A key in force would be one of the Media Initialization Section too, which is in the clear.
      if key != nil { lines.append("#EXT-X-KEY:METHOD=NONE") }
      key = nil
      lines.append("#EXT-X-MAP:URI=\"\(names.initialization(segment.initialization))\"")
    }
    if let number, number != key {
      key = number
      lines.append("#EXT-X-KEY:METHOD=AES-128,URI=\"\(names.key(number))\"")
    }
    let date = CalendarDate(epoch + rendition.span(segment.start)).rfc3339
    lines.append("#EXT-X-PROGRAM-DATE-TIME:\(date)")
    let duration = AttributeText.seconds(rendition.span(segment.duration))
    let ending = ["#EXTINF:\(duration),", rendition.segmentName(segment.sequence, names)]
    let lost = (lines + [KeptPlaylistText.gapLine] + ending).joined(separator: "\n") + "\n"
    guard !segment.isGap else { return (lost, lost) }
    return ((lines + ending).joined(separator: "\n") + "\n", lost)
  }

  static let gapLine = "#EXT-X-GAP"

  /// Gaps for the segments before `segment` that this rendition does not have, of equal length.
  mutating func gaps(
    from first: Int, at start: TimeSpan, before segment: StoredSegment, in rendition: Rendition,
    names: ResourceNames, epoch: WallTime
  ) -> String {
    let count = segment.sequence - first
    let length = rendition.span(segment.start) - start
    guard count > 0, count <= KeptPlaylistText.gapsMax, length > .zero else { return "" }
    var text = ""
    // Players match renditions by the number of discontinuities: each must be somewhere.
    let own = segment.isDiscontinuity ? 1 : 0
    var missing = max(0, segment.discontinuityCount - own - (discontinuities ?? 0))
    if initialization == nil, !rendition.isText {
      text += "#EXT-X-MAP:URI=\"\(names.initialization(segment.initialization))\"\n"
      initialization = segment.initialization
    }
    let each = TimeSpan(nanoseconds: length.nanoseconds / Int64(count))
    for place in 0..<count {
      if missing > 0 {
        text += "#EXT-X-DISCONTINUITY\n"
        missing -= 1
      }
      let date = CalendarDate(epoch + start + each * Int64(place)).rfc3339
      text += "#EXT-X-PROGRAM-DATE-TIME:\(date)\n\(KeptPlaylistText.gapLine)\n"
      text +=
        "#EXTINF:\(AttributeText.seconds(each)),\n\(rendition.segmentName(first + place, names))\n"
    }
    return text
  }

  /// Gaps in a row: a day of segments of 2 s.
  static let gapsMax = 43_200

  /// What a kept segment that begins with a keyframe adds to the I-frame playlist, and what is left of that when
  /// it could not be written: tags that hold for what follows.
  mutating func keyframeLines(
    of segment: StoredSegment, in rendition: Rendition, names: ResourceNames, epoch: WallTime
  ) -> (kept: String, lost: String)? {
    guard segment.keyframeOrdinal != nil else { return nil }
    var text = ""
    let known = keyframeDiscontinuities ?? 0
    for _ in known..<max(known, segment.discontinuityCount) { text += "#EXT-X-DISCONTINUITY\n" }
    keyframeDiscontinuities = segment.discontinuityCount
    if segment.initialization != keyframeInitialization {
      keyframeInitialization = segment.initialization
      text += "#EXT-X-MAP:URI=\"\(names.initialization(segment.initialization))\"\n"
    }
    let lost = text
    let date = CalendarDate(epoch + rendition.span(segment.start)).rfc3339
    text += "#EXT-X-PROGRAM-DATE-TIME:\(date)\n"
    text += "#EXTINF:\(AttributeText.seconds(rendition.span(segment.duration))),\n"
    text += "#EXT-X-BYTERANGE:\(segment.keyframeByteCount)@0\n\(names.segment(segment.sequence))\n"
    return (text, lost)
  }
}
