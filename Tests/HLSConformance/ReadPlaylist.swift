// A Media Playlist as a player reads it; written without looking at what writes them.

/// A part of a playlist.
package struct ReadPart: Hashable, Sendable {
  package var uri: String
  /// Seconds.
  package var duration: Double
  package var isIndependent: Bool
  package var isGap: Bool
}

/// A segment of a playlist; without `uri` it is still growing.
package struct ReadSegment: Hashable, Sendable {
  package var sequence = 0
  package var discontinuity = 0
  package var uri: String?
  /// Seconds.
  package var duration = 0.0
  package var isGap = false
  package var map: String?
  /// Milliseconds since 1970.
  package var date: Int64?
  package var byteRange: (length: Int, offset: Int)?
  package var parts: [ReadPart] = []

  package static func == (a: ReadSegment, b: ReadSegment) -> Bool {
    a.sequence == b.sequence && a.discontinuity == b.discontinuity && a.uri == b.uri
      && a.duration == b.duration && a.isGap == b.isGap && a.map == b.map && a.date == b.date
  }
  package func hash(into hasher: inout Hasher) { hasher.combine(sequence) }
}

/// A Media Playlist.
package struct ReadPlaylist: Sendable {
  package var targetDuration = 0
  package var partTarget = 0.0
  package var mediaSequence = 0
  package var discontinuitySequence = 0
  package var control: [String: String] = [:]
  package var skipped = 0
  package var segments: [ReadSegment] = []
  package var hint: String?
  /// URI → sequence and part.
  package var reports: [String: (sequence: Int, part: Int)] = [:]
  /// Id → the tag's other attributes.
  package var dateRanges: [String: [String: String]] = [:]
  package var isEnded = false
  package var isKeyframes = false
  /// What can't be read.
  package var faults: [String] = []

  /// The newest segment with a part or an end.
  package var newest: (sequence: Int, part: Int)? {
    guard let last = segments.last(where: { !$0.parts.isEmpty || $0.uri != nil }) else {
      return nil
    }
    return (last.sequence, last.parts.count - 1)
  }

  /// Reads `text`; `earlier` is the playlist whose segments a delta update skips.
  package init(_ text: String, earlier: ReadPlaylist? = nil) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    if lines.first != "#EXTM3U" { faults.append("the first line is not #EXTM3U") }
    if !text.hasSuffix("\n") { faults.append("the last line does not end") }
    var reading = Reading()
    for line in lines.dropFirst() {
      if line.hasPrefix("#EXT") {
        read(tag: line, &reading)
      } else if !line.hasPrefix("#") {
        finishSegment(uri: line, &reading)
      }
    }
    if !reading.segment.parts.isEmpty { finishSegment(uri: nil, &reading) }
    if skipped > 0 { fill(from: earlier) }
  }

  private struct Reading {
    var segment = ReadSegment()
    var map: String?
    var discontinuities = 0
    var hasDuration = false
    var seen: Set<String> = []
  }

  private mutating func finishSegment(uri: String?, _ reading: inout Reading) {
    if uri != nil, !reading.hasDuration { faults.append("\(uri ?? "") has no EXTINF") }
    reading.segment.uri = uri
    reading.segment.map = reading.map
    reading.segment.sequence = mediaSequence + skipped + segments.count
    reading.segment.discontinuity = discontinuitySequence + reading.discontinuities
    segments.append(reading.segment)
    reading.segment = ReadSegment()
    reading.hasDuration = false
  }

  /// Puts what a delta update left out in front.
  private mutating func fill(from earlier: ReadPlaylist?) {
    guard let earlier else {
      faults.append("a delta update without a playlist before it")
      return
    }
    let missing = earlier.segments.filter {
      $0.uri != nil && $0.sequence >= mediaSequence && $0.sequence < mediaSequence + skipped
    }
    if missing.count != skipped { faults.append("skipped segments were never listed") }
    let last = missing.last
    var count = last?.discontinuity ?? discontinuitySequence
    var map = last?.map
    var previous = discontinuitySequence
    for index in segments.indices {
      count += segments[index].discontinuity - previous
      previous = segments[index].discontinuity
      segments[index].discontinuity = count
      if let own = segments[index].map { map = own } else { segments[index].map = map }
    }
    segments = missing + segments
  }

  private mutating func read(tag line: String, _ reading: inout Reading) {
    let halves = line.split(separator: ":", maxSplits: 1)
    let name = String(halves[0])
    let value = halves.count > 1 ? String(halves[1]) : ""
    if ReadPlaylist.onceOnly.contains(name), !reading.seen.insert(name).inserted {
      faults.append("\(name) twice")
    }
    switch name {
    case "#EXT-X-TARGETDURATION": targetDuration = integer(value, line)
    case "#EXT-X-MEDIA-SEQUENCE": mediaSequence = integer(value, line)
    case "#EXT-X-DISCONTINUITY-SEQUENCE": discontinuitySequence = integer(value, line)
    case "#EXT-X-SERVER-CONTROL": control = attributes(value, line)
    case "#EXT-X-PART-INF": partTarget = decimal(attributes(value, line)["PART-TARGET"], line)
    case "#EXT-X-SKIP": skipped = integer(attributes(value, line)["SKIPPED-SEGMENTS"] ?? "", line)
    case "#EXT-X-ENDLIST": isEnded = true
    case "#EXT-X-I-FRAMES-ONLY": isKeyframes = true
    case "#EXT-X-MAP": reading.map = attributes(value, line)["URI"]
    case "#EXT-X-KEY":
      // Section 4.4.4.4: every method but NONE says where its key is.
      let key = attributes(value, line)
      let isWhole = key["METHOD"] == "NONE" ? key["URI"] == nil : key["URI"]?.isEmpty == false
      if key["METHOD"] == nil || !isWhole { faults.append(line) }
    case "#EXT-X-DISCONTINUITY": reading.discontinuities += 1
    case "#EXT-X-GAP": reading.segment.isGap = true
    case "#EXT-X-PROGRAM-DATE-TIME":
      reading.segment.date = ReadPlaylist.milliseconds(value)
      if reading.segment.date == nil { faults.append(line) }
    case "#EXTINF":
      reading.segment.duration = decimal(
        String(value.split(separator: ",", omittingEmptySubsequences: false)[0]), line)
      reading.hasDuration = true
    case "#EXT-X-BYTERANGE":
      let numbers = value.split(separator: "@").map { integer(String($0), line) }
      if numbers.count == 2 { reading.segment.byteRange = (numbers[0], numbers[1]) }
    case "#EXT-X-PART": readPart(attributes(value, line), line, &reading)
    case "#EXT-X-PRELOAD-HINT": hint = attributes(value, line)["URI"]
    case "#EXT-X-RENDITION-REPORT":
      let read = attributes(value, line)
      reports[read["URI"] ?? ""] = (
        integer(read["LAST-MSN"] ?? "", line), integer(read["LAST-PART"] ?? "", line)
      )
    case "#EXT-X-DATERANGE": readDateRange(attributes(value, line), line)
    case "#EXT-X-VERSION", "#EXT-X-INDEPENDENT-SEGMENTS": return
    case _: faults.append("unknown tag \(name)")
    }
  }

  private mutating func readPart(
    _ read: [String: String], _ line: String, _ reading: inout Reading
  ) {
    guard let uri = read["URI"], !uri.isEmpty else {
      faults.append(line)
      return
    }
    reading.segment.parts.append(
      ReadPart(
        uri: uri, duration: decimal(read["DURATION"], line),
        isIndependent: read["INDEPENDENT"] == "YES", isGap: read["GAP"] == "YES"))
  }

  private mutating func readDateRange(_ read: [String: String], _ line: String) {
    guard let id = read["ID"], dateRanges[id] == nil else {
      faults.append(line)
      return
    }
    dateRanges[id] = read
  }

  private static let onceOnly: Set<String> = [
    "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE",
    "#EXT-X-SERVER-CONTROL", "#EXT-X-PART-INF", "#EXT-X-SKIP", "#EXT-X-VERSION", "#EXT-X-ENDLIST",
  ]

  // MARK: Values

  private mutating func integer(_ text: String, _ line: String) -> Int {
    guard let number = Int(text), number >= 0 else {
      faults.append(line)
      return 0
    }
    return number
  }

  private mutating func decimal(_ text: String?, _ line: String) -> Double {
    guard let text, let number = Double(text), number >= 0,
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E })
    else {
      faults.append(line)
      return 0
    }
    return number
  }

  /// An attribute-list: names, and values without their quotation marks.
  private mutating func attributes(_ text: String, _ line: String) -> [String: String] {
    let read = AttributeList.read(text)
    if read == nil { faults.append(line) }
    return read ?? [:]
  }

  /// `2026-08-22T09:30:00.123Z`.
  static func milliseconds(_ text: String) -> Int64? {
    let digits = text.split { !$0.isNumber }.compactMap { Int64($0) }
    guard digits.count == 7, text.hasSuffix("Z") else { return nil }
    let month = digits[1] > 2 ? digits[1] - 3 : digits[1] + 9
    let year = digits[1] > 2 ? digits[0] : digits[0] - 1
    let days =
      year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + digits[2] - 719_469
    return ((days * 24 + digits[3]) * 60 + digits[4]) * 60_000 + digits[5] * 1000 + digits[6]
  }
}

/// Attribute lists: RFC 8216bis section 4.2.
package enum AttributeList {
  /// The attributes; nil when they can't be read or one is there twice.
  package static func read(_ text: String) -> [String: String]? {
    var found: [String: String] = [:]
    var rest = text[...]
    while !rest.isEmpty {
      guard let equals = rest.firstIndex(of: "=") else { return nil }
      let name = String(rest[..<equals])
      rest = rest[rest.index(after: equals)...]
      let value: Substring
      if rest.first == "\"" {
        rest = rest.dropFirst()
        guard let end = rest.firstIndex(of: "\"") else { return nil }
        value = rest[..<end]
        rest = rest[rest.index(after: end)...]
      } else {
        value = rest.prefix { $0 != "," }
        rest = rest.dropFirst(value.count)
      }
      let isName = !name.isEmpty && name.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "-" }
      guard isName, found.updateValue(String(value), forKey: name) == nil else { return nil }
      if rest.isEmpty { return found }
      guard rest.first == "," else { return nil }
      rest = rest.dropFirst()
      if rest.isEmpty { return nil }
    }
    return found
  }
}
