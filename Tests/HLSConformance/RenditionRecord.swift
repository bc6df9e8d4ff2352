// What consecutive fetches of one Media Playlist must have in common.

import Wire

/// The playlist of one rendition over a session.
struct RenditionRecord {
  /// The newest full picture of the playlist, delta updates filled in.
  private(set) var latest: ReadPlaylist?
  /// Every segment that was ever listed, as it was last, with all parts it was ever listed with.
  private(set) var segments: [Int: ReadSegment] = [:]
  private var identities: [String: Int] = [:]
  private var dateRanges: [String: [String: String]] = [:]
  private var hinted: String?

  typealias Finding = (ConformanceRule, String)

  private static let rounding = ConformanceChecker.rounding

  /// Takes the next response.
  mutating func take(_ exchange: Exchange, others: [String: RenditionRecord]) -> [Finding] {
    let directives = exchange.query.split(separator: "&").reduce(into: [String: String]()) {
      let halves = $1.split(separator: "=", maxSplits: 1).map(String.init)
      // Twice is no value at all.
      let value = $0[halves[0]] == nil && halves.count > 1 ? halves[1] : ""
      $0[halves[0]] = value
    }
    guard exchange.status == 200 else { return refused(exchange, directives) }
    var found: [Finding] = []
    let playlist = ReadPlaylist(exchange.text, earlier: latest)
    for fault in playlist.faults { found.append((.syntax, fault)) }
    found += checkRequest(playlist, directives)
    found += checkHeader(playlist)
    found += checkDurations(playlist)
    found += checkHistory(playlist)
    found += checkHint(playlist)
    found += checkDateRanges(playlist)
    found += checkReports(playlist, folder: exchange.folder, others)
    for segment in playlist.segments { remember(segment) }
    latest = playlist
    return found
  }

  // MARK: Requests

  /// How many parts ahead may be asked for: three seconds.
  private var advanceLimit: Int {
    guard let target = latest?.partTarget, target > 0 else { return .max }
    return Int((3 / target).rounded(.up))
  }

  /// Whether a request is one that must get 400.
  private func isBad(_ directives: [String: String]) -> Bool {
    guard let newest = latest?.newest else { return false }
    if directives["_HLS_part"] != nil, directives["_HLS_msn"] == nil { return true }
    guard let text = directives["_HLS_msn"] else { return false }
    guard let sequence = Int(text), sequence >= 0 else { return true }
    if sequence > newest.sequence + 2 { return true }
    guard let part = directives["_HLS_part"] else { return false }
    guard let part = Int(part), part >= 0 else { return true }
    return sequence >= newest.sequence
      && part > (sequence == newest.sequence ? newest.part : 0) + advanceLimit
  }

  private func refused(_ exchange: Exchange, _ directives: [String: String]) -> [Finding] {
    switch exchange.status {
    case 400:
      return isBad(directives) ? [] : [(.badRequest, "400 for \(exchange.query)")]
    case 503:
      let asked = Int(directives["waited"] ?? "") ?? 0
      let patience = 3000 * (latest?.targetDuration ?? 0)
      return asked >= patience ? [] : [(.unavailable, "503 after \(asked) ms")]
    case let status: return [(.blocking, "status \(status) for \(exchange.query)")]
    }
  }

  private func checkRequest(
    _ playlist: ReadPlaylist, _ directives: [String: String]
  ) -> [Finding] {
    var found: [Finding] = []
    if isBad(directives), !playlist.isEnded {
      found.append((.badRequest, "200 for \(directives.sorted { $0.key < $1.key })"))
    }
    guard !playlist.isEnded, let sequence = directives["_HLS_msn"].flatMap(Int.init),
      let newest = playlist.newest
    else { return found }
    let part = directives["_HLS_part"].flatMap(Int.init)
    let has =
      newest.sequence > sequence
      || newest.sequence == sequence
        && (part.map { $0 <= newest.part } ?? (playlist.segments.last?.uri != nil))
    if !has { found.append((.blocking, "answered before \(sequence).\(part ?? -1)")) }
    return found
  }

  // MARK: One playlist

  private func checkHeader(_ playlist: ReadPlaylist) -> [Finding] {
    var found: [Finding] = []
    let target = Double(playlist.targetDuration)
    func control(_ name: String) -> Double { Double(playlist.control[name] ?? "") ?? 0 }
    let slack = RenditionRecord.rounding
    if control("PART-HOLD-BACK") + slack < 3 * playlist.partTarget {
      found.append((.holdBack, "PART-HOLD-BACK"))
    }
    if control("HOLD-BACK") + slack < 3 * target { found.append((.holdBack, "HOLD-BACK")) }
    if control("CAN-SKIP-UNTIL") + slack < 6 * target {
      found.append((.holdBack, "CAN-SKIP-UNTIL"))
    }
    if playlist.control["CAN-BLOCK-RELOAD"] != "YES" {
      found.append((.holdBack, "CAN-BLOCK-RELOAD"))
    }
    if let latest, latest.targetDuration != playlist.targetDuration {
      found.append((.targetDuration, "it changed"))
    }
    if playlist.isEnded != (playlist.hint == nil) { found.append((.endList, "hint and end")) }
    let length = playlist.segments.reduce(0) { $0 + $1.duration }
    if playlist.mediaSequence > (segments.keys.min() ?? .max), length < 3 * target {
      found.append((.window, "\(length) s are listed"))
    }
    if playlist.skipped > 0 {
      let after = playlist.segments.dropFirst(playlist.skipped)
      let length = after.reduce(0) {
        $0 + ($1.uri == nil ? $1.parts.reduce(0) { $0 + $1.duration } : $1.duration)
      }
      if length + slack < control("CAN-SKIP-UNTIL") {
        found.append((.skipBoundary, "\(length) s are left"))
      }
    }
    return found
  }

  private func checkDurations(_ playlist: ReadPlaylist) -> [Finding] {
    var found: [Finding] = []
    var fromEnd = 0.0
    for segment in playlist.segments.reversed() {
      let sum = segment.parts.reduce(0) { $0 + $1.duration }
      if segment.uri != nil {
        if Int(segment.duration.rounded()) > playlist.targetDuration {
          found.append((.targetDuration, "\(segment.sequence) is \(segment.duration)"))
        }
        let slack = RenditionRecord.rounding * Double(segment.parts.count + 1)
        if !segment.parts.isEmpty, abs(sum - segment.duration) > slack {
          found.append((.partSum, "\(segment.sequence): \(sum) of \(segment.duration)"))
        }
        if segment.isGap != segment.parts.allSatisfy(\.isGap), !segment.parts.isEmpty {
          found.append((.gap, "segment \(segment.sequence) and its parts disagree"))
        }
        if segment.parts.isEmpty, !playlist.isEnded,
          fromEnd + RenditionRecord.rounding < 3 * Double(playlist.targetDuration),
          playlist.skipped == 0
        {
          found.append((.partsListed, "segment \(segment.sequence) has none"))
        }
      }
      if segment.map == nil, !segment.isText {
        found.append((.initialization, "\(segment.sequence) has no map"))
      }
      for (index, part) in segment.parts.enumerated() {
        if part.duration > playlist.partTarget + 1e-9 {
          found.append((.partMaximum, "\(part.uri) is \(part.duration)"))
        }
        let isLast = segment.uri != nil && index == segment.parts.count - 1
        if !isLast, !playlist.isEnded, part.duration < 0.85 * playlist.partTarget {
          found.append((.partMinimum, "\(part.uri) is \(part.duration)"))
        }
      }
      fromEnd += segment.uri == nil ? sum : segment.duration
    }
    return found
  }

  // MARK: One after the other

  private func checkHistory(_ playlist: ReadPlaylist) -> [Finding] {
    var found: [Finding] = []
    if let latest, let before = latest.newest {
      let now = playlist.newest ?? (0, -1)
      if playlist.mediaSequence < latest.mediaSequence
        || (now.sequence, now.part) < (before.sequence, before.part)
      {
        found.append((.monotonic, "it goes back to \(now)"))
      }
      if latest.isEnded, !playlist.isEnded || now != before {
        found.append((.endList, "it goes on"))
      }
    }
    for (index, segment) in playlist.segments.enumerated() {
      for uri in [segment.uri].compactMap({ $0 }) + segment.parts.map(\.uri) {
        if let known = identities[uri], known != segment.sequence {
          found.append((.mediaSequence, "\(uri) was in segment \(known)"))
        }
      }
      guard let known = segments[segment.sequence] else { continue }
      if known.discontinuity != segment.discontinuity {
        let rule: ConformanceRule =
          index < playlist.skipped ? .delta : .discontinuitySequence
        found.append((rule, "segment \(segment.sequence)"))
      }
      found += checkUnchanged(known, segment, isDelta: playlist.skipped > 0)
    }
    return found
  }

  private func checkUnchanged(
    _ known: ReadSegment, _ segment: ReadSegment, isDelta: Bool
  ) -> [Finding] {
    let rule: ConformanceRule = isDelta ? .delta : .monotonic
    var found: [Finding] = []
    if known.uri != nil,
      known.uri != segment.uri || known.duration != segment.duration
        || known.isGap != segment.isGap
    {
      found.append((rule, "segment \(segment.sequence) changed"))
    }
    if known.map != segment.map || known.date != segment.date {
      found.append((rule, "segment \(segment.sequence) has another map or date"))
    }
    let common = min(known.parts.count, segment.parts.count)
    if known.parts.prefix(common) != segment.parts.prefix(common) {
      found.append((rule, "parts of segment \(segment.sequence) changed"))
    }
    return found
  }

  private mutating func checkHint(_ playlist: ReadPlaylist) -> [Finding] {
    var found: [Finding] = []
    if let hinted {
      let listed = playlist.segments.flatMap(\.parts).map(\.uri)
      let known = Set(segments.values.flatMap(\.parts).map(\.uri))
      if let next = listed.first(where: { !known.contains($0) }), next != hinted,
        !listed.contains(hinted)
      {
        found.append((.hint, "\(hinted) was hinted, \(next) came"))
      }
    }
    hinted = playlist.hint
    return found
  }

  private mutating func checkDateRanges(_ playlist: ReadPlaylist) -> [Finding] {
    var found: [Finding] = []
    for (id, attributes) in playlist.dateRanges {
      if ReadPlaylist.milliseconds(attributes["START-DATE"] ?? "") == nil {
        found.append((.dateRange, "\(id) has no START-DATE"))
      }
      if let known = dateRanges[id], known != attributes {
        found.append((.dateRange, "\(id) changed"))
      }
      dateRanges[id] = attributes
    }
    return found
  }

  private func checkReports(
    _ playlist: ReadPlaylist, folder: String, _ others: [String: RenditionRecord]
  ) -> [Finding] {
    guard !playlist.isEnded else { return [] }
    var found: [Finding] = []
    for (other, record) in others where other != folder {
      guard let newest = record.latest?.newest else { continue }
      guard let report = playlist.reports["../\(other)index.m3u8"] else {
        found.append((.renditionReport, "\(other) is not reported"))
        continue
      }
      // It was seen there before this response was written.
      if (report.sequence, report.part) < (newest.sequence, newest.part) {
        found.append((.renditionReport, "\(other) is further than \(report)"))
      }
    }
    return found
  }

  private mutating func remember(_ segment: ReadSegment) {
    for uri in [segment.uri].compactMap({ $0 }) + segment.parts.map(\.uri) {
      identities[uri] = segment.sequence
    }
    var segment = segment
    if let known = segments[segment.sequence], known.parts.count > segment.parts.count {
      segment.parts = known.parts
    }
    segments[segment.sequence] = segment
  }
}
