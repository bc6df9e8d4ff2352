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

  var pieces: [TextPiece] {
    var text = PlaylistText(version: KeyframePlaylist.version)
    let listed = rendition.listed
    let first = listed.first { $0.isComplete && $0.keyframeOrdinal != nil }
    text.line("#EXT-X-TARGETDURATION:\(rendition.timing.targetSeconds)")
    text.line("#EXT-X-I-FRAMES-ONLY")
    text.line("#EXT-X-MEDIA-SEQUENCE:\(first?.keyframeOrdinal ?? 0)")
    var settled: [TextPiece] = []
    if let first {
      if first.discontinuityCount > 0 {
        text.line("#EXT-X-DISCONTINUITY-SEQUENCE:\(first.discontinuityCount)")
      }
      var lines = KeyframeLines(names: names, epoch: epoch, ticks: rendition.ticks)
      text.append(lines.text(of: first, keyLines: keyLines))
      settled = rendition.settled.keyframes.pieces(first.sequence + 1..<Int.max)
    }
    let end = rendition.isEnded ? [TextPiece(bytes: Array("#EXT-X-ENDLIST\n".utf8))] : []
    return [TextPiece(bytes: text.bytes)] + settled + end
  }
}
