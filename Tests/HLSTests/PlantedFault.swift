// A fault for every rule, planted in the record of a session that has none.

import HLS
import HLSConformance
import Wire

/// Breaks one rule in a recorded session.
struct PlantedFault {
  private var exchanges: [Exchange]

  /// The session with the rule broken; unchanged where the record offers no place for the fault.
  static func plant(_ rule: ConformanceRule, in exchanges: [Exchange]) -> [Exchange] {
    var fault = PlantedFault(exchanges: exchanges)
    fault.plant(rule)
    return fault.exchanges
  }

  private mutating func plant(_ rule: ConformanceRule) {
    switch rule {
    case .syntax: replace(late, "#EXTM3U", "#EXTM3")
    case .targetDuration: replace(late, "TARGETDURATION:2", "TARGETDURATION:1")
    case .partMaximum: replace(late, "PART-TARGET=0.32000", "PART-TARGET=0.29000")
    case .partMinimum: replace(late, "PART-TARGET=0.32000", "PART-TARGET=0.50000")
    case .partSum: edit(late) { PlantedFault.setLast("#EXTINF:", "#EXTINF:1.00000,", in: &$0) }
    case .holdBack: replace(late, "PART-HOLD-BACK=0.96000", "PART-HOLD-BACK=0.60000")
    case .mediaSequence: addToNumber(late, "#EXT-X-MEDIA-SEQUENCE:", 1)
    case .monotonic: exchanges[late].body = exchanges[full(before: late - 60)].body
    case .discontinuitySequence: addToNumber(late, "#EXT-X-DISCONTINUITY-SEQUENCE:", 1)
    case .alignment:
      editAll(in: "h/") { $0.removeAll { $0.hasPrefix("#EXT-X-DISCONTINUITY") } }
    case .delta: replace(delta, ",INDEPENDENT=YES", "")
    case .skipBoundary: replace(delta, "CAN-SKIP-UNTIL=12.00000", "CAN-SKIP-UNTIL=15.00000")
    case .hint: replace(late, "TYPE=PART,URI=\"t-p", "TYPE=PART,URI=\"t-p9")
    case .independent:
      editAll(in: "q/") { lines in
        for index in lines.indices {
          lines[index] = lines[index].replacing(",INDEPENDENT=YES", with: "")
        }
      }
    case .decodeTime: shiftDecodeTime()
    case .concatenation: flipLastByte(of: ".m4s", "-s")
    case .programDateTime: moveDate()
    case .initialization: cutShort("q/t-i0.mp4")
    case .renditionReport: edit(late) { $0.removeAll { $0.hasPrefix("#EXT-X-RENDITION-REPORT") } }
    case .blocking: exchanges[late].query = nextPart(exchanges[late].query)
    case .badRequest: forgiveBadRequest()
    case .unavailable:
      exchanges.insert(
        Exchange(
          at: .zero, path: "q/index.m3u8", query: "_HLS_msn=9&waited=1200", status: 503, body: []),
        at: late)
    case .endList: exchanges.append(exchanges[late])
    case .window: edit(late, PlantedFault.forgetMost)
    case .partsListed:
      edit(late) { lines in
        guard let last = lines.lastIndex(where: { !$0.hasPrefix("#") }) else { return }
        let kept = lines[..<last].filter { !$0.hasPrefix("#EXT-X-PART:") }
        lines = kept + lines[last...]
      }
    case .subtitles: loseCues()
    case .gap:
      edit(late) { PlantedFault.setLast("#EXTINF:", "#EXT-X-GAP\n#EXTINF:2.00000,", in: &$0) }
    case .keyframePlaylist:
      for index in exchanges.indices where exchanges[index].path == "q/iframes.m3u8" {
        replace(index, "@0", "@24")
      }
    case .dateRange: replace(late, "START-DATE=\"", "X-START=\"")
    case .multivariant:
      for index in exchanges.indices where exchanges[index].path == "index.m3u8" {
        replace(index, "INF:BANDWIDTH=", "INF:X-BANDWIDTH=")
      }
    case .immutable:
      if var again = exchanges.first(where: { $0.path.hasPrefix("q/t-p") }) {
        again.body.append(0)
        exchanges.append(again)
      }
    }
  }

  // MARK: Places

  /// A full playlist of the lowest layer that was asked for by number, late in the session.
  private var late: Int { full(before: exchanges.count * 4 / 5) }

  private func full(before end: Int) -> Int {
    exchanges[..<max(1, end)].lastIndex {
      $0.path == "q/index.m3u8" && $0.status == 200 && $0.query.contains("_HLS_msn")
        && !$0.query.contains("_HLS_skip")
    } ?? 0
  }

  /// A delta update late in the session.
  private var delta: Int {
    exchanges[..<(exchanges.count * 4 / 5)].lastIndex {
      $0.path == "q/index.m3u8" && $0.text.contains("#EXT-X-SKIP")
    } ?? 0
  }

  // MARK: Changes

  private mutating func replace(_ index: Int, _ old: String, _ new: String) {
    exchanges[index].body = Array(exchanges[index].text.replacing(old, with: new).utf8)
  }

  private mutating func edit(_ index: Int, _ body: (inout [String]) -> Void) {
    var lines = exchanges[index].text.split(separator: "\n").map(String.init)
    body(&lines)
    exchanges[index].body = Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  private mutating func editAll(in folder: String, _ body: (inout [String]) -> Void) {
    for index in exchanges.indices
    where exchanges[index].path == folder + "index.m3u8" && exchanges[index].status == 200 {
      edit(index, body)
    }
  }

  private static func setLast(_ prefix: String, _ line: String, in lines: inout [String]) {
    guard let index = lines.lastIndex(where: { $0.hasPrefix(prefix) }) else { return }
    lines[index] = line
  }

  private mutating func addToNumber(_ index: Int, _ prefix: String, _ amount: Int) {
    edit(index) { lines in
      guard let place = lines.firstIndex(where: { $0.hasPrefix(prefix) }) else {
        lines.insert("\(prefix)\(amount)", at: 2)
        return
      }
      let number = Int(lines[place].dropFirst(prefix.count)) ?? 0
      lines[place] = "\(prefix)\(number + amount)"
    }
  }

  private mutating func shiftDecodeTime() {
    let parts = exchanges.indices.filter { exchanges[$0].path.hasPrefix("q/t-p") }
    guard parts.count > 20 else { return }
    let place = parts[20]
    let body = exchanges[place].body
    guard let read = try? FragmentReader.parse(body.span) else { return }
    var writer = BoxWriter()
    for var fragment in read.map(\.fragment) {
      fragment.baseDecodeTime += 900
      fragment.write(timescale: 90_000, to: &writer)
    }
    exchanges[place].body = writer.bytes
  }

  private mutating func flipLastByte(of suffix: String, _ kind: String) {
    guard
      let place = exchanges.lastIndex(where: {
        $0.path.hasPrefix("q/t\(kind)") && $0.path.hasSuffix(suffix)
      }), let last = exchanges[place].body.indices.last
    else { return }
    exchanges[place].body[last] ^= 1
  }

  /// A segment of text without its last cue.
  private mutating func loseCues() {
    for place in exchanges.indices where exchanges[place].path.hasPrefix("text-en/t-s") {
      let text = exchanges[place].text
      guard let last = text.ranges(of: "\n\n").dropLast().last, text.contains("line") else {
        continue
      }
      exchanges[place].body = Array(text[..<last.lowerBound].utf8) + [0x0A]
      return
    }
  }

  private mutating func moveDate() {
    let prefix = "#EXT-X-PROGRAM-DATE-TIME:"
    let dates = exchanges[late].text.split(separator: "\n").filter { $0.hasPrefix(prefix) }
    guard dates.count > 3 else { return }
    let date = String(dates[3])
    let other = date.dropLast(4) + (date.hasSuffix("5Z") ? "001Z" : "995Z")
    editAll(in: "q/") { lines in
      for index in lines.indices where lines[index] == date { lines[index] = String(other) }
    }
  }

  private mutating func cutShort(_ path: String) {
    for index in exchanges.indices where exchanges[index].path == path {
      exchanges[index].body.removeLast(10)
    }
  }

  private func nextPart(_ query: String) -> String {
    guard let digits = query.split(separator: "=").last, let part = Int(digits) else { return "" }
    return query.dropLast(digits.count) + "\(part + 1)"
  }

  private mutating func forgiveBadRequest() {
    let place = exchanges.indices.last {
      exchanges[$0].status == 400 && exchanges[$0].query == "_HLS_msn=9999"
    }
    guard let place else { return }
    let before = exchanges[..<place].last { $0.path == "q/index.m3u8" && $0.status == 200 }
    exchanges[place].status = 200
    exchanges[place].body = before?.body ?? []
  }

  /// Leaves the newest segment alone.
  private static func forgetMost(_ lines: inout [String]) {
    let uris = lines.indices.filter { !lines[$0].hasPrefix("#") }
    let header = lines.prefix { !$0.hasPrefix("#EXT-X-MAP") && !$0.hasPrefix("#EXT-X-PROGRAM") }
    guard uris.count > 2, let map = lines.first(where: { $0.hasPrefix("#EXT-X-MAP") }) else {
      return
    }
    let kept = Array(lines[(uris[uris.count - 2] + 1)...])
    lines =
      header.map { line in
        let prefix = "#EXT-X-MEDIA-SEQUENCE:"
        guard line.hasPrefix(prefix) else { return line }
        return "\(prefix)\((Int(line.dropFirst(prefix.count)) ?? 0) + uris.count - 1)"
      } + [map] + kept
  }
}
