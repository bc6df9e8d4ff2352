// The end of a kept show: its playlists become those of a VOD, and it gets what it is found by.

import HLS
import JSON
package import Wire

/// Finishes shows: those that end, and those of a process that was killed. Both are the same work on files, so it may
/// be cut off and done again at any time.
package struct ShowFinish<Disk: KeptDisk> {
  let disk: Disk

  package init(_ disk: Disk) { self.disk = disk }

  /// The bytes of a playlist that is believed: a week of segments with their tags.
  static var playlistBytesMax: Int { 128 << 20 }

  /// Finishes every show below the folder that is not finished; the folders of these.
  ///
  /// - Parameter failed: told of each that stays as it is, for the next start.
  package func recover(_ failed: (String, DiskFault) -> Void = { _, _ in }) -> [String] {
    var finished: [String] = []
    for room in disk.list("") where ResourceNames.isSafe(folder: room) {
      for show in disk.list(room) where KeptNames.isShow(show) {
        let folder = "\(room)/\(show)"
        guard disk.size("\(folder)/\(KeptNames.facts)") == nil else { continue }
        do throws(DiskFault) {
          if try finish(folder) { finished.append(folder) }
        } catch {
          failed(folder, error)
        }
      }
    }
    return finished
  }

  /// Finishes a show.
  ///
  /// - Returns: false for one that never had a whole segment and the list of its renditions: it is removed.
  /// - Throws: what the disk said, and `.unreadable` for one that has segments and nothing that tells of them: it
  ///   stays as it is.
  package func finish(_ folder: String) throws(DiskFault) -> Bool {
    var hasMedia = false
    var facts = KeptFacts(show: String(folder.split(separator: "/").last ?? ""))
    var playlists: [String: KeptPlaylist] = [:]
    guard disk.size("\(folder)/\(ResourceNames.multivariant)") != nil else {
      disk.remove(folder)
      return false
    }
    for name in disk.list(folder) {
      let inner = "\(folder)/\(name)"
      if name.hasSuffix(KeptNames.draftSuffix) { disk.remove(inner) }
      guard ResourceNames.isSafe(folder: name) else { continue }
      let files = disk.list(inner)
      for file in files where file.hasSuffix(KeptNames.draftSuffix) {
        disk.remove("\(inner)/\(file)")
      }
      // The first one may be there before the list of renditions is.
      hasMedia = hasMedia || files.count { $0.hasSuffix(".m4s") } > 1
      if files.contains(ResourceNames.keyframes) {
        _ = try finishPlaylist(inner, ResourceNames.keyframes)
      }
      if let playlist = try finishPlaylist(inner, ResourceNames.playlist) {
        // Subtitles begin when somebody says something: that is no gap in the show. The manifest has none.
        if !playlist.isText {
          facts.add(playlist)
          playlists[name] = playlist
        }
      }
      disk.sync(inner)
    }
    guard facts.segmentCount > 0 else {
      if hasMedia { throw .unreadable }
      disk.remove(folder)
      return false
    }
    try writeManifest(folder, playlists)
    disk.sync(folder)
    try disk.replace("\(folder)/\(KeptNames.facts)", facts.bytes)
    disk.sync(folder)
    return true
  }

  /// Writes the MPD, for shows that DASH can have.
  private func writeManifest(
    _ folder: String, _ playlists: [String: KeptPlaylist]
  ) throws(DiskFault) {
    let list = "\(folder)/\(ResourceNames.multivariant)"
    guard let epoch = epoch(folder, playlists),
      let bytes = try? disk.read(list, limit: ShowFinish.playlistBytesMax),
      let manifest = KeptManifest(
        multivariant: String(decoding: bytes, as: UTF8.self), playlists: playlists, epoch: epoch)
    else { return }
    try disk.replace("\(folder)/\(ResourceNames.manifest)", Array(manifest.text.utf8))
  }

  /// When media time zero was: by the date of a segment and the time that is in it.
  private func epoch(_ folder: String, _ playlists: [String: KeptPlaylist]) -> WallTime? {
    for (name, playlist) in playlists.sorted(by: { $0.key < $1.key }) {
      guard let first = playlist.entries.first(where: { !$0.isGap }), let date = first.date,
        let head = try? disk.read(
          "\(folder)/\(name)/\(first.map)", limit: ShowFinish.mediaBytesMax),
        let media = try? disk.read(
          "\(folder)/\(name)/\(first.uri)", limit: ShowFinish.mediaBytesMax),
        let section = try? InitializationSection(parsing: head.span),
        let fragment = try? FragmentReader.parse(media.span).first
      else { continue }
      let scale = Double(section.format.timescale)
      return date - TimeSpan(fractionalSeconds: Double(fragment.fragment.baseDecodeTime) / scale)
    }
    return nil
  }

  /// Of a segment or a Media Initialization Section.
  static var mediaBytesMax: Int { 64 << 20 }

  private func finishPlaylist(_ folder: String, _ name: String) throws(DiskFault) -> KeptPlaylist? {
    let path = "\(folder)/\(name)"
    let bytes: [UInt8]
    do throws(DiskFault) {
      bytes = try disk.read(path, limit: ShowFinish.playlistBytesMax)
    } catch {
      if error.isMissing { return nil }
      throw error
    }
    guard let playlist = KeptPlaylist(String(decoding: bytes, as: UTF8.self)) else { return nil }
    guard !playlist.isFinished else { return playlist }
    // What a machine that lost its power had not on its disk yet.
    var missing: Set<String> = []
    for entry in playlist.entries where !entry.isGap {
      let isThere = disk.size("\(folder)/\(entry.uri)").map { $0 > 0 } ?? false
      if !isThere { missing.insert(entry.uri) }
    }
    let text = playlist.finished(missing: missing)
    try disk.replace(path, Array(text.utf8))
    return KeptPlaylist(text)
  }
}

/// What a finished show's `show.json` says.
package struct KeptFacts: Hashable, Sendable {
  package let show: String
  package private(set) var start: WallTime?
  package private(set) var duration = TimeSpan.zero
  /// Of all renditions, gaps not counted.
  package private(set) var segmentCount = 0
  /// Time without media in the rendition that has most of it: what could not be written, and pauses.
  package private(set) var gaps = TimeSpan.zero

  init(show: String) { self.show = show }

  mutating func add(_ playlist: KeptPlaylist) {
    if let begins = playlist.start { start = min(start ?? begins, begins) }
    duration = max(duration, playlist.duration)
    segmentCount += playlist.entries.count { !$0.isGap }
    let missing = playlist.entries.filter(\.isGap).reduce(TimeSpan.zero) { $0 + $1.duration }
    gaps = max(gaps, missing)
  }

  var bytes: [UInt8] {
    let object: JSONValue = [
      "show": .string(show), "startsAtMs": .integer(start?.milliseconds ?? 0),
      "durationMs": .integer(duration.nanoseconds / 1_000_000),
      "gapMs": .integer(gaps.nanoseconds / 1_000_000),
    ]
    return object.write()
  }
}
