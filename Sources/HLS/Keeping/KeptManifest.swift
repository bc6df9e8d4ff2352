// The MPD of a kept show: ISO/IEC 23009-1 section 5, over the files its playlists name.

package import Wire

/// Writes the manifest of a finished show out of its playlists.
///
/// Times are those of the playlists, in milliseconds: segments are found by them, and shown by the times that are in
/// them, from which all renditions are the same constant away.
package struct KeptManifest {
  /// A rendition as the multivariant playlist describes it.
  private struct Rendition {
    let name: String
    let isVideo: Bool
    let codec: Substring
    let bandwidth: Substring
    let resolution: Substring?
    let entries: [KeptPlaylist.Entry]
  }

  private let renditions: [Rendition]
  /// Media time zero of the files.
  private let epoch: WallTime

  private static let timescale: Int64 = 1000
  /// A show that was cut up more than this has none: players load all periods before they begin.
  private static let periodsMax = 1000

  /// Reads what there is; nil where DASH has no words for it: segments encrypted as a whole, names of others'.
  ///
  /// - Parameters:
  ///   - multivariant: the text of the show's first playlist.
  ///   - playlists: finished ones, by the names of their renditions.
  ///   - epoch: when media time zero was.
  package init?(multivariant: String, playlists: [String: KeptPlaylist], epoch: WallTime) {
    var renditions: [Rendition] = []
    var attributes: Substring?
    for line in multivariant.split(separator: "\n") {
      if line.hasPrefix("#EXT-X-STREAM-INF:") { attributes = line.dropFirst(18) }
      guard !line.hasPrefix("#"), let known = attributes else { continue }
      attributes = nil
      let name = String(line.prefix { $0 != "/" })
      guard let playlist = playlists[name], !renditions.contains(where: { $0.name == name }),
        let bandwidth = KeptManifest.value("BANDWIDTH", of: known),
        let codec = KeptManifest.value("CODECS", of: known)?.split(separator: ",").first
      else { continue }
      guard playlist.entries.allSatisfy({ $0.key == nil && $0.date != nil }) else { return nil }
      let resolution = KeptManifest.value("RESOLUTION", of: known)
      renditions.append(
        Rendition(
          name: name, isVideo: resolution != nil, codec: codec, bandwidth: bandwidth,
          resolution: resolution, entries: playlist.entries))
    }
    guard renditions.contains(where: { $0.entries.contains { !$0.isGap } }) else { return nil }
    self.renditions = renditions
    self.epoch = epoch
    guard cuts.count <= KeptManifest.periodsMax else { return nil }
  }

  /// The value of an attribute, without quotes.
  private static func value(_ name: String, of attributes: Substring) -> Substring? {
    var rest = attributes
    while !rest.isEmpty {
      let key = rest.prefix { $0 != "=" }
      rest = rest.dropFirst(key.count + 1)
      let isQuoted = rest.first == "\""
      let value = isQuoted ? rest.dropFirst().prefix { $0 != "\"" } : rest.prefix { $0 != "," }
      rest = rest.dropFirst(value.count + (isQuoted ? 2 : 0)).drop { $0 == "," }
      if key == name { return value }
    }
    return nil
  }

  /// Since the epoch, in milliseconds.
  private func time(_ entry: KeptPlaylist.Entry) -> Int64 {
    max(0, entry.date.map { ($0 - epoch).nanoseconds / 1_000_000 } ?? 0)
  }

  private func end(_ entry: KeptPlaylist.Entry) -> Int64 {
    time(entry) + max(1, entry.duration.nanoseconds / 1_000_000)
  }

  /// The manifest.
  package var text: String {
    let begin = renditions.compactMap { $0.entries.first.map { time($0) } }.min() ?? 0
    let end = renditions.compactMap { $0.entries.last.map { self.end($0) } }.max() ?? 0
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text += "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\""
    text += " profiles=\"urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019\""
    text += " minBufferTime=\"PT2S\""
    text += " mediaPresentationDuration=\"\(KeptManifest.duration(end - begin))\">\n"
    let cuts = cuts
    for (index, cut) in cuts.enumerated() {
      let next = index + 1 < cuts.count ? cuts[index + 1] : Int.max
      text += period(cut..<next, from: begin)
    }
    return text + "</MPD>\n"
  }

  /// Where periods begin: what a representation has one of, or can't skip, changes.
  private var cuts: [Int] {
    var cuts: Set<Int> = []
    for rendition in renditions {
      var last: KeptPlaylist.Entry?
      for entry in rendition.entries {
        if last?.map != entry.map || last?.isGap != entry.isGap { cuts.insert(entry.sequence) }
        last = entry
      }
    }
    return cuts.sorted()
  }

  private func period(_ sequences: Range<Int>, from begin: Int64) -> String {
    let runs = renditions.map { rendition in
      (rendition, rendition.entries.filter { sequences.contains($0.sequence) && !$0.isGap })
    }.filter { !$0.1.isEmpty }
    guard let start = runs.compactMap({ $0.1.first.map(time) }).min() else { return "" }
    var text = "<Period id=\"\(sequences.lowerBound)\""
    text += " start=\"\(KeptManifest.duration(start - begin))\">\n"
    for (id, isVideo) in [true, false].enumerated() {
      let own = runs.filter { $0.0.isVideo == isVideo }
      guard !own.isEmpty else { continue }
      let type = isVideo ? "video" : "audio"
      text += "<AdaptationSet id=\"\(id)\" contentType=\"\(type)\" mimeType=\"\(type)/mp4\""
      text += " segmentAlignment=\"true\"\(isVideo ? "" : " startWithSAP=\"1\"")>\n"
      for (rendition, entries) in own { text += representation(rendition, entries, start) }
      text += "</AdaptationSet>\n"
    }
    return text + "</Period>\n"
  }

  private func representation(
    _ rendition: Rendition, _ entries: [KeptPlaylist.Entry], _ start: Int64
  ) -> String {
    let first = entries[0]
    // `RUN-s17.m4s`.
    let number = "s\(first.sequence).m4s"
    guard first.uri.hasSuffix("-" + number) else { return "" }
    var text = "<Representation id=\"\(rendition.name)\" codecs=\"\(rendition.codec)\""
    text += " bandwidth=\"\(rendition.bandwidth)\""
    if let size = rendition.resolution?.split(separator: "x"), size.count == 2 {
      text += " width=\"\(size[0])\" height=\"\(size[1])\""
    }
    text += ">\n<SegmentTemplate timescale=\"\(KeptManifest.timescale)\""
    text += " presentationTimeOffset=\"\(start)\""
    text += " initialization=\"\(rendition.name)/\(first.map)\""
    text += " media=\"\(rendition.name)/\(first.uri.dropLast(number.count))s$Number$.m4s\""
    text += " startNumber=\"\(first.sequence)\">\n<SegmentTimeline>\n"
    for (index, entry) in entries.enumerated() {
      // Nothing between two of them: players look for what is at a time.
      let next =
        index + 1 < entries.count ? max(time(entry) + 1, time(entries[index + 1])) : end(entry)
      text += "<S t=\"\(time(entry))\" d=\"\(next - time(entry))\"/>\n"
    }
    return text + "</SegmentTimeline>\n</SegmentTemplate>\n</Representation>\n"
  }

  private static func duration(_ milliseconds: Int64) -> String {
    "PT\(AttributeText.seconds(.milliseconds(milliseconds)))S"
  }
}
