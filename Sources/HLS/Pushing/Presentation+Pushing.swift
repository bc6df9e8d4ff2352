// A presentation's playlists as a store has them: plain HLS of what is there.

extension Presentation {
  /// The Media Playlist of a rendition with the segments that a store has.
  func storedPlaylist(_ rendition: Rendition) -> [UInt8] {
    let playlist = MediaPlaylist(
      rendition: rendition, names: names, epoch: epoch, dateRanges: dateRanges, reports: [],
      keys: nil, keyLines: rendition.isText ? [] : protection?.keyLines ?? [], isPlain: true)
    return playlist.pieces(skips: false).flatMap(\.bytes)
  }

  /// The I-frame playlist of a rendition with the segments that a store has.
  func storedKeyframes(_ rendition: Rendition) -> [UInt8] {
    KeyframePlaylist(
      rendition: rendition, names: names, epoch: epoch, keyLines: protection?.keyLines ?? []
    ).pieces.flatMap(\.bytes)
  }

  /// The Multivariant Playlist of the renditions that a store has.
  func storedVariants(_ renditions: [Rendition]) -> [UInt8] {
    MultivariantPlaylist(
      renditions: renditions, hasKeyframes: true,
      sessionKeyLines: protection?.sessionKeyLines ?? []
    ).bytes
  }

  /// The MPD of the renditions that a store has.
  func storedManifest(_ renditions: [Rendition], isEnded: Bool) -> [UInt8] {
    DASHManifest(
      renditions: renditions, names: names, epoch: epoch, timing: timing, isEnded: isEnded,
      protection: protection?.manifestElements ?? ""
    ).pieces.flatMap(\.bytes)
  }
}

extension StoredSegment {
  /// The same without its bytes, as a playlist needs it.
  ///
  /// - Parameters:
  ///   - isGap: whether the store does not have it.
  ///   - previous: the one before it in the store's playlist.
  ///   - keyframe: counts the segments of that playlist that begin with a keyframe.
  func listed(isGap: Bool, after previous: StoredSegment?, keyframe: Int?) -> StoredSegment {
    var copy = StoredSegment(
      sequence: sequence, start: start, isDiscontinuity: isDiscontinuity,
      discontinuityCount: discontinuityCount, initialization: initialization)
    copy.append(
      Part(
        sequence: sequence, index: 0, number: firstPart, start: start, duration: duration,
        isIndependent: keyframeByteCount > 0, isGap: isGap,
        keyframeByteCount: isGap ? 0 : keyframeByteCount, sampleCount: 0, bytes: []))
    copy.isComplete = isComplete
    copy.keyframeOrdinal = isGap ? nil : keyframe
    let goesOn = previous?.initialization == initialization && previous?.isGap == isGap
    copy.run = (goesOn ? previous?.run : nil) ?? (sequence, start)
    return copy
  }
}
