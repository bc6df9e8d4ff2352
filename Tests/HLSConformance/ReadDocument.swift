// A WebVTT file as a player reads it; written without looking at what writes them.

/// A segment or a part of text.
package struct ReadDocument: Sendable {
  /// A cue: seconds of the media's decode times, and its text without escapes.
  package struct Cue: Hashable, Sendable {
    package var id: String
    package var start: Double
    package var end: Double
    package var text: String

    package init(id: String, start: Double, end: Double, text: String) {
      self.id = id
      self.start = start
      self.end = end
      self.text = text
    }
  }

  package var cues: [Cue] = []
  /// What can't be read.
  package var faults: [String] = []

  /// Reads `text`.
  package init(_ text: String) {
    let blocks = text.split(separator: "\n\n").map {
      $0.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    }
    guard let head = blocks.first, head.first == "WEBVTT" else {
      faults.append("it does not begin with WEBVTT")
      return
    }
    guard let offset = ReadDocument.offset(of: head) else {
      faults.append("no X-TIMESTAMP-MAP")
      return
    }
    for block in blocks.dropFirst() {
      let times = block.count > 2 ? block[1].components(" --> ") : []
      guard times.count == 2, let start = ReadDocument.seconds(times[0]),
        let end = ReadDocument.seconds(times[1]), start < end, !block[0].contains("-->")
      else {
        faults.append("no cue: \(block)")
        continue
      }
      let text = block[2...].joined(separator: "\n")
      if text.contains("<") || text.contains(">") { faults.append("tags: \(text)") }
      cues.append(
        Cue(id: block[0], start: start + offset, end: end + offset, text: ReadDocument.plain(text)))
    }
    if cues.map(\.start) != cues.map(\.start).sorted() { faults.append("cues out of order") }
  }

  /// What is to be added to local times.
  private static func offset(of head: [String]) -> Double? {
    let name = "X-TIMESTAMP-MAP="
    guard let map = head.first(where: { $0.hasPrefix(name) })?.dropFirst(name.count) else {
      return nil
    }
    var values: [String: String] = [:]
    for pair in map.split(separator: ",") {
      let halves = pair.split(separator: ":", maxSplits: 1).map(String.init)
      if halves.count == 2 { values[halves[0]] = halves[1] }
    }
    guard let ticks = values["MPEGTS"].flatMap(Int.init), let local = values["LOCAL"],
      let zero = seconds(local)
    else { return nil }
    return Double(ticks) / 90_000 - zero
  }

  /// `hh:mm:ss.mmm`.
  private static func seconds(_ text: String) -> Double? {
    let parts = text.split(separator: ":")
    guard parts.count == 3, parts[0].utf8.count >= 2, parts[1].utf8.count == 2,
      parts[2].utf8.count == 6, let hours = Int(parts[0]), let minutes = Int(parts[1]),
      let seconds = Double(parts[2]), minutes < 60, seconds < 60
    else { return nil }
    return Double(hours * 3600 + minutes * 60) + seconds
  }

  private static func plain(_ text: String) -> String {
    text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
  }
}

extension String {
  fileprivate func components(_ separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
