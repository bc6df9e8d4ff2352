// Media Playlists: RFC 8216bis sections 4.4.3 to 4.4.5 and 6.2.5.

import Wire

/// Writes the Media Playlist of a rendition as it stands.
struct MediaPlaylist {
  let rendition: Rendition
  let names: ResourceNames
  let epoch: WallTime
  let dateRanges: [DateRange]
  /// Name, Media Sequence Number and part of the other renditions.
  let reports: [(name: String, sequence: Int, part: Int)]
  let keys: SegmentKeys?
  /// Of encrypted samples; empty otherwise. Initialization sections are in the clear whatever stands before them.
  let keyLines: [String]

  /// Skipped segments need version 9 (section 8).
  static let version = 9

  /// The playlist; with `skips` a Playlist Delta Update where there is anything to skip.
  func bytes(skips: Bool) -> [UInt8] {
    let listed = rendition.listed
    var text = PlaylistText(version: MediaPlaylist.version)
    writeHeader(listed, to: &text)
    let skipped = skips ? skippedCount(listed) : 0
    if skipped > 0 { text.line("#EXT-X-SKIP:SKIPPED-SEGMENTS=\(skipped)") }
    for range in dateRanges { text.line(range.line) }
    writeSegments(listed, skipped: skipped, to: &text)
    if rendition.isEnded {
      text.line("#EXT-X-ENDLIST")
    } else {
      let hint = rendition.partName(rendition.nextPartNumber, names)
      text.line("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"\(hint)\"")
      for report in reports {
        text.line(
          "#EXT-X-RENDITION-REPORT:URI=\"../\(report.name)/\(ResourceNames.playlist)\","
            + "LAST-MSN=\(report.sequence),LAST-PART=\(report.part)")
      }
    }
    return text.bytes
  }

  private func writeHeader(_ listed: ArraySlice<StoredSegment>, to text: inout PlaylistText) {
    let timing = rendition.timing
    text.line("#EXT-X-TARGETDURATION:\(timing.targetSeconds)")
    let control = [
      "CAN-BLOCK-RELOAD=YES",
      "PART-HOLD-BACK=\(AttributeText.seconds(timing.partHoldBack))",
      "HOLD-BACK=\(AttributeText.seconds(timing.holdBack))",
      "CAN-SKIP-UNTIL=\(AttributeText.seconds(timing.skipUntil))",
    ]
    text.line("#EXT-X-SERVER-CONTROL:" + control.joined(separator: ","))
    text.line("#EXT-X-PART-INF:PART-TARGET=\(AttributeText.seconds(timing.part))")
    text.line("#EXT-X-MEDIA-SEQUENCE:\(listed.first?.sequence ?? 0)")
    if let first = listed.first {
      // What went out of the list before it; its own tag is still there.
      let count = first.discontinuityCount - (first.isDiscontinuity ? 1 : 0)
      if count > 0 { text.line("#EXT-X-DISCONTINUITY-SEQUENCE:\(count)") }
    }
    if !rendition.isVideo { text.line("#EXT-X-INDEPENDENT-SEGMENTS") }
  }

  /// Complete segments further from the end than the Skip Boundary (section 6.2.5.1).
  private func skippedCount(_ listed: ArraySlice<StoredSegment>) -> Int {
    guard let end = listed.last?.end else { return 0 }
    let boundary = end - rendition.ticks.count(rendition.timing.skipUntil)
    return listed.prefix { $0.isComplete && $0.end <= boundary }.count
  }

  private func writeSegments(
    _ listed: ArraySlice<StoredSegment>, skipped: Int, to text: inout PlaylistText
  ) {
    let partsFrom =
      (listed.last?.end ?? 0) - rendition.ticks.count(rendition.timing.partWindow)
    var initialization = skipped > 0 ? listed.dropFirst(skipped - 1).first?.initialization : nil
    var key: Int?
    var isKeyed = false
    for segment in listed.dropFirst(skipped) where !segment.parts.isEmpty {
      if segment.isDiscontinuity { text.line("#EXT-X-DISCONTINUITY") }
      if !rendition.isText, segment.initialization != initialization {
        initialization = segment.initialization
        // A key in force would be one of the Media Initialization Section too, which is in the clear.
        if key != nil { text.line("#EXT-X-KEY:METHOD=NONE") }
        key = nil
        text.line("#EXT-X-MAP:URI=\"\(names.initialization(segment.initialization))\"")
      }
      if !isKeyed { for line in keyLines { text.line(line) } }
      isKeyed = true
      if let number = keys?.number(ofSegment: segment.sequence), number != key {
        key = number
        text.line("#EXT-X-KEY:METHOD=AES-128,URI=\"\(names.key(number))\"")
      }
      let date = epoch + rendition.span(segment.start)
      text.line("#EXT-X-PROGRAM-DATE-TIME:\(CalendarDate(date).rfc3339)")
      if segment.end > partsFrom {
        for part in segment.parts { text.line(line(of: part)) }
      }
      guard segment.isComplete else { continue }
      if segment.isGap { text.line("#EXT-X-GAP") }
      text.line("#EXTINF:\(AttributeText.seconds(rendition.span(segment.duration))),")
      text.line(rendition.segmentName(segment.sequence, names))
    }
  }

  private func line(of part: Part) -> String {
    var line = "#EXT-X-PART:DURATION=\(AttributeText.seconds(rendition.span(part.duration)))"
    line += ",URI=\"\(rendition.partName(part.number, names))\""
    if part.isIndependent { line += ",INDEPENDENT=YES" }
    if part.isGap { line += ",GAP=YES" }
    return line
  }
}
