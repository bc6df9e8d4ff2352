// What a Media Playlist says of one segment after the other: RFC 8216bis section 4.4.4.

import Wire

/// Writes the tags of segments, and remembers which of those that hold for what follows are in force.
struct SegmentLines: Sendable {
  let names: ResourceNames
  let epoch: WallTime
  let ticks: Ticks
  let keys: SegmentKeys?
  /// WebVTT needs no Media Initialization Section.
  let isText: Bool
  /// Of the last EXT-X-MAP.
  var initialization: Int?
  /// Of the last EXT-X-KEY.
  private var key: Int?

  init(names: ResourceNames, epoch: WallTime, ticks: Ticks, keys: SegmentKeys?, isText: Bool) {
    self.names = names
    self.epoch = epoch
    self.ticks = ticks
    self.keys = keys
    self.isText = isText
  }

  /// The lines of the next segment that has a part.
  ///
  /// - Parameters:
  ///   - hasParts: whether its parts are listed.
  ///   - keyLines: tags that are to stand in front of the first segment of all, behind its EXT-X-MAP.
  mutating func text(
    of segment: StoredSegment, hasParts: Bool = false, keyLines: [String] = []
  ) -> String {
    var text = PlaylistText()
    if segment.isDiscontinuity { text.line("#EXT-X-DISCONTINUITY") }
    if !isText, segment.initialization != initialization {
      initialization = segment.initialization
      // A key in force would be one of the Media Initialization Section too, which is in the clear.
      if key != nil { text.line("#EXT-X-KEY:METHOD=NONE") }
      key = nil
      text.line("#EXT-X-MAP:URI=\"\(names.initialization(segment.initialization))\"")
    }
    for line in keyLines { text.line(line) }
    if let number = keys?.number(ofSegment: segment.sequence), number != key {
      key = number
      text.line("#EXT-X-KEY:METHOD=AES-128,URI=\"\(names.key(number))\"")
    }
    let date = CalendarDate(epoch + ticks.span(segment.start)).rfc3339
    text.line("#EXT-X-PROGRAM-DATE-TIME:\(date)")
    if hasParts {
      for part in segment.parts { text.line(line(of: part)) }
    }
    guard segment.isComplete else { return text.text }
    if segment.isGap { text.line("#EXT-X-GAP") }
    text.line("#EXTINF:\(AttributeText.seconds(ticks.span(segment.duration))),")
    text.line(names.segment(segment.sequence, isText: isText))
    return text.text
  }

  private func line(of part: Part) -> String {
    var line = "#EXT-X-PART:DURATION=\(AttributeText.seconds(ticks.span(part.duration)))"
    line += ",URI=\"\(names.part(part.number, isText: isText))\""
    if part.isIndependent { line += ",INDEPENDENT=YES" }
    if part.isGap { line += ",GAP=YES" }
    return line
  }
}

/// Writes the tags of keyframes, likewise: RFC 8216bis section 4.4.3.6.
struct KeyframeLines: Sendable {
  let names: ResourceNames
  let epoch: WallTime
  let ticks: Ticks
  private var initialization: Int?
  private var discontinuities: Int?

  init(names: ResourceNames, epoch: WallTime, ticks: Ticks) {
    self.names = names
    self.epoch = epoch
    self.ticks = ticks
  }

  /// The lines of the next segment that begins with a keyframe.
  mutating func text(of segment: StoredSegment, keyLines: [String] = []) -> String {
    var text = PlaylistText()
    // Every tag before the first entry is gone: discontinuities are counted between entries.
    let known = discontinuities ?? segment.discontinuityCount
    for _ in known..<max(known, segment.discontinuityCount) { text.line("#EXT-X-DISCONTINUITY") }
    discontinuities = segment.discontinuityCount
    if segment.initialization != initialization {
      initialization = segment.initialization
      text.line("#EXT-X-MAP:URI=\"\(names.initialization(segment.initialization))\"")
    }
    for line in keyLines { text.line(line) }
    let date = CalendarDate(epoch + ticks.span(segment.start)).rfc3339
    text.line("#EXT-X-PROGRAM-DATE-TIME:\(date)")
    text.line("#EXTINF:\(AttributeText.seconds(ticks.span(segment.duration))),")
    text.line("#EXT-X-BYTERANGE:\(segment.keyframeByteCount)@0")
    text.line(names.segment(segment.sequence))
    return text.text
  }
}
