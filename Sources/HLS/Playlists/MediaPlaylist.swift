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
  /// Whole segments only, for who can't make a request wait: a store.
  var isPlain = false

  /// Skipped segments need version 9 (section 8).
  static let version = 9
  /// EXT-X-GAP needs version 8.
  static let plainVersion = 8

  /// The playlist; with `skips` a Playlist Delta Update where there is anything to skip.
  ///
  /// - Parameter isFresh: whether all is written anew, also what has settled.
  func pieces(skips: Bool, isFresh: Bool = false) -> [TextPiece] {
    let listed = rendition.listed
    var text = PlaylistText(
      version: isPlain ? MediaPlaylist.plainVersion : MediaPlaylist.version)
    writeHeader(listed, to: &text)
    let skipped = skips ? skippedCount(listed) : 0
    if skipped > 0 { text.line("#EXT-X-SKIP:SKIPPED-SEGMENTS=\(skipped)") }
    for range in dateRanges { text.line(range.line) }
    var lines = SegmentLines(
      names: names, epoch: epoch, ticks: rendition.ticks, keys: keys,
      isText: rendition.isText)
    if skipped > 0 {
      lines.initialization = listed[listed.startIndex + skipped - 1].initialization
    }
    var pieces: [TextPiece] = []
    var rest = listed.dropFirst(skipped)
    var keyLines = keyLines
    let settled = rendition.settled
    if !isFresh, skipped == 0, let first = rest.first, first.sequence < settled.mediaEnd {
      // The first names what is in force; what those behind it say is known.
      text.append(lines.text(of: first, keyLines: keyLines))
      pieces = [TextPiece(bytes: text.bytes)]
      pieces += settled.media.pieces(first.sequence + 1..<settled.mediaEnd)
      rest = rendition.segments(from: settled.mediaEnd)
      (lines, keyLines, text) = (settled.lines, [], PlaylistText())
    }
    let partsFrom = (listed.last?.end ?? 0) - rendition.ticks.count(rendition.timing.partWindow)
    for segment in rest where segment.partCount > 0 {
      text.append(
        lines.text(
          of: segment, hasParts: !isPlain && segment.end > partsFrom, keyLines: keyLines))
      keyLines = []
    }
    writeEnd(to: &text)
    return pieces + [TextPiece(bytes: text.bytes)]
  }

  private func writeEnd(to text: inout PlaylistText) {
    if rendition.isEnded { return text.line("#EXT-X-ENDLIST") }
    if isPlain { return }
    let hint = rendition.partName(rendition.nextPartNumber, names)
    text.line("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"\(hint)\"")
    for report in reports {
      text.line(
        "#EXT-X-RENDITION-REPORT:URI=\"../\(report.name)/\(ResourceNames.playlist)\","
          + "LAST-MSN=\(report.sequence),LAST-PART=\(report.part)")
    }
  }

  private func writeHeader(_ listed: ArraySlice<StoredSegment>, to text: inout PlaylistText) {
    let timing = rendition.timing
    text.line("#EXT-X-TARGETDURATION:\(timing.targetSeconds)")
    let control =
      isPlain
      ? ["HOLD-BACK=\(AttributeText.seconds(timing.holdBack))"]
      : [
        "CAN-BLOCK-RELOAD=YES",
        "PART-HOLD-BACK=\(AttributeText.seconds(timing.partHoldBack))",
        "HOLD-BACK=\(AttributeText.seconds(timing.holdBack))",
        "CAN-SKIP-UNTIL=\(AttributeText.seconds(timing.skipUntil))",
      ]
    text.line("#EXT-X-SERVER-CONTROL:" + control.joined(separator: ","))
    if !isPlain {
      text.line("#EXT-X-PART-INF:PART-TARGET=\(AttributeText.seconds(timing.part))")
    }
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
    return max(
      0, rendition.firstIndex { !($0.isComplete && $0.end <= boundary) } - listed.startIndex)
  }
}
