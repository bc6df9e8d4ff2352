// Checks a recorded session against the rules: playlists one after the other, then the media.

import HLS
import Wire

/// The checks over one recorded session.
package struct ConformanceChecker {
  package private(set) var violations: [Violation] = []
  private let exchanges: [Exchange]
  /// Everything that was loaded, by its path.
  private var resources: [String: [UInt8]] = [:]
  /// What got 404.
  private var missing: Set<String> = []
  private var renditions: [String: RenditionRecord] = [:]
  /// Folder → CODECS of its variants.
  private var codecs: [String: Set<String>] = [:]

  /// When decode time zero is, in seconds since 1970, by the first rendition with media.
  private var zero: Double?

  /// What was loaded from a path.
  func resource(_ path: String) -> [UInt8]? { resources[path] }

  /// How much rounding a duration in a playlist may hold.
  static let rounding = 0.0011

  /// The violations of a session, in order; empty for a session that keeps every rule.
  package static func check(_ exchanges: [Exchange]) -> [Violation] {
    var checker = ConformanceChecker(exchanges)
    checker.run()
    return checker.violations
  }

  private init(_ exchanges: [Exchange]) { self.exchanges = exchanges }

  private mutating func run() {
    for exchange in exchanges {
      if exchange.path == "index.m3u8" {
        checkMultivariant(exchange)
      } else if exchange.path.hasSuffix("/index.m3u8") {
        checkMediaPlaylist(exchange)
      } else if !exchange.path.hasSuffix(".m3u8") {
        keep(exchange)
      }
    }
    for exchange in exchanges where exchange.path.hasSuffix("/iframes.m3u8") {
      checkKeyframes(exchange)
    }
    for folder in renditions.keys.sorted() { checkMedia(folder) }
    for (folder, record) in renditions.sorted(by: { $0.key < $1.key }) {
      guard let zero, record.segments.values.contains(where: \.isText) else { continue }
      checkText(folder, record, zero: zero)
    }
    checkAlignment()
  }

  mutating func report(_ rule: ConformanceRule, _ path: String, _ detail: String) {
    violations.append(Violation(rule: rule, path: path, detail: detail))
  }

  private mutating func keep(_ exchange: Exchange) {
    switch exchange.status {
    case 200:
      if let known = resources[exchange.path], known != exchange.body {
        report(.immutable, exchange.path, "other bytes than before")
      }
      resources[exchange.path] = exchange.body
    case 404: missing.insert(exchange.path)
    case let status: report(.gap, exchange.path, "status \(status)")
    }
  }

  // MARK: Multivariant

  private mutating func checkMultivariant(_ exchange: Exchange) {
    guard exchange.status == 200 else { return }
    let lines = exchange.text.split(separator: "\n").map(String.init)
    if lines.first != "#EXTM3U" { report(.syntax, exchange.path, "the first line") }
    for (index, line) in lines.enumerated() {
      let halves = line.split(separator: ":", maxSplits: 1)
      guard halves.count == 2, line.hasPrefix("#EXT-X-"), line.contains("=") else { continue }
      guard let read = AttributeList.read(String(halves[1])) else {
        report(.syntax, exchange.path, line)
        continue
      }
      // A key's is a licence service's.
      var uri = halves[0] == "#EXT-X-SESSION-KEY" ? nil : read["URI"]
      if halves[0] == "#EXT-X-STREAM-INF" {
        uri = index + 1 < lines.count ? lines[index + 1] : nil
        if Int(read["BANDWIDTH"] ?? "") ?? 0 <= 0 {
          report(.multivariant, exchange.path, "no BANDWIDTH: \(line)")
        }
        checkVariant(read, uri, exchange)
      }
      if let uri, !exchanges.contains(where: { $0.path == uri && $0.status == 200 }) {
        report(.multivariant, exchange.path, "\(uri) is not there")
      }
    }
  }

  private mutating func checkVariant(
    _ read: [String: String], _ uri: String?, _ exchange: Exchange
  ) {
    guard let uri, !uri.hasPrefix("#"), let codec = read["CODECS"], !codec.isEmpty else {
      report(.multivariant, exchange.path, "a variant without URI or CODECS")
      return
    }
    if let group = read["SUBTITLES"],
      !exchange.text.contains("#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"\(group)\"")
    {
      report(.multivariant, exchange.path, "no SUBTITLES group \(group)")
    }
    if exchange.text.contains("TYPE=SUBTITLES") != (read["SUBTITLES"] != nil) {
      report(.multivariant, exchange.path, "a variant without the subtitles")
    }
    if codec.hasPrefix("avc1"), read["RESOLUTION"] == nil {
      report(.multivariant, exchange.path, "a picture without RESOLUTION")
    }
    let folder = uri.lastIndex(of: "/").map { String(uri[...$0]) } ?? ""
    codecs[folder, default: []].formUnion(codec.split(separator: ",").map(String.init))
  }

  // MARK: Media Playlists

  private mutating func checkMediaPlaylist(_ exchange: Exchange) {
    let folder = exchange.folder
    var record = renditions[folder] ?? RenditionRecord()
    let found = record.take(exchange, others: renditions)
    renditions[folder] = record
    for (rule, detail) in found { report(rule, exchange.path, detail) }
  }

  private mutating func checkKeyframes(_ exchange: Exchange) {
    guard exchange.status == 200 else { return }
    let playlist = ReadPlaylist(exchange.text)
    for fault in playlist.faults { report(.syntax, exchange.path, fault) }
    if !playlist.isKeyframes { report(.keyframePlaylist, exchange.path, "EXT-X-I-FRAMES-ONLY") }
    for entry in playlist.segments {
      guard let uri = entry.uri, let range = entry.byteRange else {
        report(.keyframePlaylist, exchange.path, "an entry without a range")
        continue
      }
      guard let bytes = resources[exchange.folder + uri] else { continue }
      guard range.offset + range.length <= bytes.count else {
        report(.keyframePlaylist, exchange.path, "\(uri) is shorter than the range")
        continue
      }
      let part = Array(bytes[range.offset..<(range.offset + range.length)])
      let fragments = (try? FragmentReader.parse(part.span)) ?? []
      if fragments.first?.fragment.samples.first?.isSync != true {
        report(.keyframePlaylist, exchange.path, "\(uri) does not begin with a keyframe")
      }
    }
  }

  // MARK: Media

  private mutating func checkMedia(_ folder: String) {
    guard let record = renditions[folder], !record.segments.values.contains(where: \.isText) else {
      return
    }
    var expected: Double?
    var offset: Double?
    for sequence in record.segments.keys.sorted() {
      guard let segment = record.segments[sequence] else { continue }
      guard let map = segment.map, let body = resources[folder + map],
        let section = try? InitializationSection(parsing: body.span)
      else {
        report(.initialization, folder, "segment \(sequence) has no readable EXT-X-MAP")
        continue
      }
      if let announced = codecs[folder], !announced.contains(section.format.codec) {
        report(.initialization, folder, "\(section.format.codec) was not announced")
      }
      let scale = Double(section.format.timescale)
      checkSegment(folder, segment, isComplete: segment.uri != nil)
      for part in segment.parts {
        let time = checkPart(folder, part, scale, expected)
        if let start = time?.start {
          // Only the first part's date is written; the others' follow from their durations.
          if let date = segment.date, part.uri == segment.parts.first?.uri {
            let difference = Double(date) / 1000 - start
            if let offset, abs(difference - offset) > 0.002 {
              report(.programDateTime, folder, "\(sequence) is off by \(difference - offset)")
            }
            offset = offset ?? difference
            zero = zero ?? difference
          }
          expected = time?.end
        } else {
          expected = expected.map { $0 + part.duration }
        }
      }
      if segment.parts.isEmpty { expected = nil }
    }
  }

  private mutating func checkSegment(_ folder: String, _ segment: ReadSegment, isComplete: Bool) {
    guard isComplete, let uri = segment.uri else { return }
    if segment.isGap {
      if resources[folder + uri] != nil { report(.gap, folder, "\(uri) is a gap with media") }
      return
    }
    if missing.contains(folder + uri) { report(.gap, folder, "\(uri) is no gap and not there") }
    guard let whole = resources[folder + uri] else { return }
    var joined: [UInt8] = []
    for part in segment.parts where !part.isGap {
      guard let bytes = resources[folder + part.uri] else { return }
      joined += bytes
    }
    if !segment.parts.isEmpty, joined != whole {
      report(.concatenation, folder, "\(uri) is not its parts")
    }
  }

  /// - Returns: seconds at which the part begins and ends; nil where it was not loaded.
  private mutating func checkPart(
    _ folder: String, _ part: ReadPart, _ scale: Double, _ expected: Double?
  ) -> (start: Double, end: Double)? {
    let path = folder + part.uri
    if part.isGap {
      if resources[path] != nil { report(.gap, folder, "\(part.uri) is a gap with media") }
      return nil
    }
    if missing.contains(path) { report(.gap, folder, "\(part.uri) is no gap and not there") }
    guard let bytes = resources[path] else { return nil }
    guard let fragments = try? FragmentReader.parse(bytes.span), let first = fragments.first else {
      report(.decodeTime, folder, "\(part.uri) can't be read")
      return nil
    }
    if part.isIndependent != (first.fragment.samples.first?.isSync ?? false) {
      report(.independent, folder, "\(part.uri) says \(part.isIndependent)")
    }
    var time = first.fragment.baseDecodeTime
    for fragment in fragments {
      if fragment.fragment.baseDecodeTime != time {
        report(.decodeTime, folder, "\(part.uri) has a hole")
      }
      time = fragment.fragment.baseDecodeTime + fragment.duration
    }
    let start = Double(first.fragment.baseDecodeTime) / scale
    let end = Double(time) / scale
    if let expected, abs(expected - start) > ConformanceChecker.rounding {
      report(.decodeTime, folder, "\(part.uri) begins at \(start), not \(expected)")
    }
    if abs(end - start - part.duration) > ConformanceChecker.rounding {
      report(.decodeTime, folder, "\(part.uri) is \(end - start) long, not \(part.duration)")
    }
    return (start, end)
  }

  // MARK: Renditions against each other

  private mutating func checkAlignment() {
    let folders = renditions.keys.sorted()
    guard let first = folders.first, let reference = renditions[first] else { return }
    for folder in folders.dropFirst() {
      guard let record = renditions[folder] else { continue }
      for (sequence, segment) in record.segments {
        guard let other = reference.segments[sequence] else { continue }
        if other.discontinuity != segment.discontinuity {
          report(.alignment, folder, "segment \(sequence) has another discontinuity number")
        }
        guard let a = other.date, let b = segment.date else { continue }
        // A cut waits for each layer's own keyframe.
        if abs(a - b) > Int64(HLSLimits.cutPatience.milliseconds) + 1 {
          report(.alignment, folder, "segment \(sequence) is \(b - a) ms off")
        }
      }
    }
  }
}
