// I-frame playlists, for scrubbing: EXT-X-I-FRAMES-ONLY (RFC 8216bis section 4.4.3.6).

import Wire

/// Writes the I-frame playlist of a video rendition: one entry per segment that begins with a keyframe.
struct KeyframePlaylist {
  let rendition: Rendition
  let names: ResourceNames
  let epoch: WallTime
  /// Of encrypted samples; empty otherwise.
  let keyLines: [String]

  /// Byte ranges and EXT-X-MAP without a whole segment need version 5 and up.
  static let version = 7

  var bytes: [UInt8] {
    var text = PlaylistText(version: KeyframePlaylist.version)
    let entries = rendition.listed.filter { $0.isComplete && $0.keyframeOrdinal != nil }
    text.line("#EXT-X-TARGETDURATION:\(rendition.timing.targetSeconds)")
    text.line("#EXT-X-I-FRAMES-ONLY")
    text.line("#EXT-X-MEDIA-SEQUENCE:\(entries.first?.keyframeOrdinal ?? 0)")
    // Every tag before the first entry is gone here: discontinuities are counted between entries.
    var discontinuities = entries.first?.discontinuityCount ?? 0
    if discontinuities > 0 { text.line("#EXT-X-DISCONTINUITY-SEQUENCE:\(discontinuities)") }
    var initialization: Int?
    for entry in entries {
      guard let part = entry.parts.first else { continue }
      for _ in discontinuities..<max(discontinuities, entry.discontinuityCount) {
        text.line("#EXT-X-DISCONTINUITY")
      }
      discontinuities = entry.discontinuityCount
      let isFirst = initialization == nil
      if entry.initialization != initialization {
        initialization = entry.initialization
        text.line("#EXT-X-MAP:URI=\"\(names.initialization(entry.initialization))\"")
      }
      if isFirst { for line in keyLines { text.line(line) } }
      let date = epoch + rendition.span(entry.start)
      text.line("#EXT-X-PROGRAM-DATE-TIME:\(CalendarDate(date).rfc3339)")
      text.line("#EXTINF:\(AttributeText.seconds(rendition.span(entry.duration))),")
      text.line("#EXT-X-BYTERANGE:\(part.keyframeByteCount)@0")
      text.line(names.segment(entry.sequence))
    }
    if rendition.isEnded { text.line("#EXT-X-ENDLIST") }
    return text.bytes
  }
}
