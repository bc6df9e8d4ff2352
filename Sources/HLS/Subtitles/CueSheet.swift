// The captions of one language on their way into parts and segments: which are shown when.

import Wire

/// A language's cues that may still be shown.
///
/// A cue is in every part and segment whose time it meets. One that comes so late that players near the live edge have
/// passed its beginning is moved: it begins where they still are, PART-HOLD-BACK before what is out, and is shown as
/// long as it was meant to be. What was published is never changed (`docs/decisions/0027`).
struct CueSheet: Sendable {
  private struct Cue: Sendable {
    let id: UInt64
    let name: String?
    let text: String
    var start: TimeSpan
    var end: TimeSpan
    /// Whether its times are final: a part had it.
    var isPublished = false
  }

  /// By their beginnings.
  private var cues: [Cue] = []
  private var count: UInt64 = 0
  /// How far behind what is out players are, at the least.
  private let holdBack: TimeSpan
  private let part: TimeSpan
  /// Everything before it is out.
  private var edge = TimeSpan.zero

  init(_ timing: HLSTiming) {
    holdBack = timing.partHoldBack
    part = timing.part
  }

  /// Says where the language begins: everything before is out.
  mutating func begin(at instant: TimeSpan) { edge = max(edge, instant) }

  /// Takes a caption; what is a minute away from what is out is nobody's.
  ///
  /// - Parameter name: one of the same name takes the place of that one, unless it is out; the same words of that
  ///   name are not said twice.
  mutating func take(
    _ text: String, start: TimeSpan, duration: TimeSpan, name: String? = nil
  ) {
    let isNear = start > edge - HLSLimits.jumpMax && start < edge + HLSLimits.jumpMax
    guard isNear, !WebVTTDocument.escaped(text).isEmpty else { return }
    if let name {
      guard !cues.contains(where: { $0.name == name && $0.isPublished && $0.text == text }) else {
        return
      }
      cues.removeAll { $0.name == name && !$0.isPublished }
    }
    count += 1
    insert(
      Cue(id: count, name: name, text: text, start: max(.zero, start), end: start + duration))
    if cues.count > HLSLimits.cuesMax { cues.removeFirst() }
  }

  private mutating func insert(_ cue: Cue) {
    let place = cues.firstIndex { $0.start > cue.start } ?? cues.endIndex
    cues.insert(cue, at: place)
  }

  /// The part from `start` to `end`, which is published now.
  mutating func part(from start: TimeSpan, to end: TimeSpan) -> [UInt8] {
    edge = start
    for var cue in cues.filter({ !$0.isPublished && $0.start < end }) {
      cues.removeAll { $0.id == cue.id }
      let moved = max(.zero, start - holdBack - cue.start)
      cue.start = cue.start + moved
      cue.end = max(cue.end + moved, start + part)
      cue.isPublished = true
      insert(cue)
    }
    edge = end
    return document(from: start, to: end)
  }

  /// The segment from `start` to `end`, all of whose parts are published.
  mutating func segment(from start: TimeSpan, to end: TimeSpan) -> [UInt8] {
    defer { cues.removeAll { $0.isPublished && $0.end <= end } }
    return document(from: start, to: end)
  }

  private func document(from start: TimeSpan, to end: TimeSpan) -> [UInt8] {
    var document = WebVTTDocument()
    for cue in cues where cue.isPublished && cue.start < end && cue.end > start {
      document.add(id: cue.id, start: cue.start, end: cue.end, text: cue.text)
    }
    return document.bytes
  }
}
