// A kept playlist read back: to finish a show, to tell what it has, to make one file of it. Total.

package import Wire

/// A Media Playlist as `KeptPlaylistText` wrote it, as far as it is whole.
package struct KeptPlaylist: Hashable, Sendable {
  /// One segment, or one keyframe.
  package struct Entry: Hashable, Sendable {
    package var uri: String
    package var duration: TimeSpan
    package var isGap: Bool
    /// Its Media Sequence Number.
    package var sequence: Int
    /// The Media Initialization Section it needs.
    package var map: String
    /// The key it is encrypted with.
    package var key: String?
    /// When it begins.
    package var date: WallTime?
    /// All its tags as they are.
    var lines: [String]
  }

  /// The tags in front of the first entry's.
  private var head: [String] = []
  package private(set) var entries: [Entry] = []
  /// What holds for no entry and is kept all the same: date ranges.
  private var tail: [String] = []
  /// Whether it was finished.
  package private(set) var isFinished = false

  /// Of one entry: what a busy show does in one gap.
  static let linesOfEntryMax = 2000

  /// Whether its segments are text.
  package var isText: Bool { entries.first?.uri.hasSuffix(".vtt") ?? false }
  /// When its first entry begins, as far as that was written.
  package var start: WallTime? { entries.first?.date }
  /// All entries together.
  package var duration: TimeSpan {
    entries.reduce(TimeSpan.zero) { $0 + $1.duration }
  }

  /// Reads a playlist; nil for what is none. What stands after the last line break was being written when its
  /// process ended and is passed over, as are tags of an entry without its name, and all that follows a line that
  /// can't be ours: what a disk lost must not take with it what it has.
  package init?(_ text: String) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // What follows the last line break: nothing, or a torn line.
    lines.removeLast()
    guard lines.first == "#EXTM3U" else { return nil }
    var reading = Reading()
    for line in lines { guard reading.take(line, into: &self) else { break } }
    tail = reading.open.filter { $0.hasPrefix("#EXT-X-DATERANGE:") }
  }

  /// What is known between two lines.
  private struct Reading {
    var open: [String] = []
    var isHead = true
    var sequence = 0
    var map = ""
    var key: String?
    var date: WallTime?
    var duration: TimeSpan?
    var isGap = false

    /// False for what can't be ours.
    mutating func take(_ line: Substring, into playlist: inout KeptPlaylist) -> Bool {
      guard line.hasPrefix("#") else { return end(line, &playlist) }
      if line == KeptPlaylistText.endLine {
        playlist.isFinished = true
        return true
      }
      let tag = line.prefix { $0 != ":" }
      let value = line.dropFirst(tag.count + 1)
      switch tag {
      case "#EXT-X-MEDIA-SEQUENCE":
        guard let number = Int(value), (0...1_000_000_000).contains(number) else { return false }
        sequence = number
      case "#EXT-X-MAP": map = KeptPlaylist.uri(value) ?? ""
      case "#EXT-X-KEY": key = KeptPlaylist.uri(value)
      case "#EXT-X-PROGRAM-DATE-TIME": date = KeptDate.parse(value)
      case "#EXTINF":
        guard let span = KeptPlaylist.seconds(value.prefix { $0 != "," }) else { return false }
        duration = span
      case "#EXT-X-GAP": isGap = true
      case "#EXT-X-DISCONTINUITY", "#EXT-X-DATERANGE", "#EXT-X-BYTERANGE": break
      case _:
        guard isHead else { return true }
        // Looked at before: what was taken is read again when the show is finished.
        guard playlist.head.count < KeptPlaylist.linesOfEntryMax else { return false }
        playlist.head.append(String(line))
        return true
      }
      if tag == "#EXT-X-MEDIA-SEQUENCE" {
        playlist.head.append(String(line))
        return true
      }
      isHead = false
      guard open.count < KeptPlaylist.linesOfEntryMax else { return false }
      open.append(String(line))
      return true
    }

    private mutating func end(_ line: Substring, _ playlist: inout KeptPlaylist) -> Bool {
      guard let length = duration, KeptNames.isSafe(file: line) else { return false }
      playlist.entries.append(
        Entry(
          uri: String(line), duration: length, isGap: isGap, sequence: sequence, map: map, key: key,
          date: date, lines: open))
      (open, duration, date, isGap) = ([], nil, nil, false)
      sequence += 1
      return true
    }
  }

  /// The text of a show that is over: VOD, with its end.
  ///
  /// - Parameter missing: names of files that are not there: gaps, or out of an I-frame playlist.
  package func finished(missing: Set<String> = []) -> String {
    let isKeyframes = head.contains("#EXT-X-I-FRAMES-ONLY")
    var lines = head.map {
      $0 == KeptPlaylistText.typeLine ? KeptPlaylistText.finishedTypeLine : $0
    }
    for entry in entries {
      let isMissing = missing.contains(entry.uri) && !entry.isGap
      var own = entry.lines
      if isMissing, isKeyframes {
        lines += own.filter { $0.hasPrefix("#EXT-X-DISCONTINUITY") || $0.hasPrefix("#EXT-X-MAP:") }
        continue
      }
      if isMissing { own.insert(KeptPlaylistText.gapLine, at: own.count - 1) }
      lines += own
      lines.append(entry.uri)
    }
    lines += tail
    lines.append(KeptPlaylistText.endLine)
    return lines.joined(separator: "\n") + "\n"
  }

  /// The quoted URI attribute of a tag; nil without one that is a file beside the playlist.
  private static func uri(_ attributes: Substring) -> String? {
    for attribute in attributes.split(separator: ",") where attribute.hasPrefix("URI=\"") {
      let name = attribute.dropFirst(5).dropLast()
      return attribute.hasSuffix("\"") && KeptNames.isSafe(file: name) ? String(name) : nil
    }
    return nil
  }

  /// A decimal number of seconds with at most five digits after the point, as we write them.
  static func seconds(_ text: Substring) -> TimeSpan? {
    let halves = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(halves.count), (1...6).contains(halves[0].utf8.count),
      let whole = Int64(halves[0]), whole >= 0
    else { return nil }
    guard halves.count == 2 else { return .seconds(whole) }
    let digits = halves[1]
    guard (1...5).contains(digits.utf8.count), let fraction = Int64(digits), fraction >= 0,
      digits.first != "+"
    else { return nil }
    var nanoseconds = fraction
    for _ in digits.utf8.count..<9 { nanoseconds *= 10 }
    return .seconds(whole) + TimeSpan(nanoseconds: nanoseconds)
  }
}

extension KeptPlaylist {
  /// For tests and fuzzing: what was read is finished to something that is read and written the same.
  static func check(_ text: String) {
    guard let playlist = KeptPlaylist(text) else { return }
    let finished = playlist.finished()
    guard let again = KeptPlaylist(finished) else {
      preconditionFailure("a finished playlist is not read")
    }
    precondition(again.isFinished && again.entries.count == playlist.entries.count)
    precondition(again.finished() == finished, "finishing twice differs")
  }
}
