// A room's presentation → what is to be written so that its show is kept. Pure.

import Wire

/// Follows the presentations of one room and says what is new of them, segment by segment.
///
/// It is asked often enough to see every segment before it leaves the window: each turn of the loop. What it
/// hands out is shared with the window, not copied.
package struct ShowKeeper: Sendable {
  private let room: String
  private var show: OpenShow?
  /// Of the show that was finished last: it is not begun again.
  private var finishedRun: String?

  /// A keeper of the shows of a room, whose name is safe as a folder's.
  package init(room: String) { self.room = room }

  /// `room/show` of the show that is being kept; nil before its first whole segment and after its end.
  package var folder: String? { show?.folder }

  /// What is new, in order.
  package mutating func take(_ presentation: Presentation?) -> [KeepOrder] {
    guard let presentation else { return [] }
    var orders: [KeepOrder] = []
    if let show, show.names != presentation.names { orders += finish() }
    guard presentation.names.run != finishedRun else { return [] }
    if show == nil, presentation.renditions.contains(where: { $0.firstWhole != nil }) {
      show = OpenShow(room: room, presentation)
    }
    show?.take(presentation, into: &orders)
    if presentation.isEnded { orders += finish() }
    return orders
  }

  /// The show's end; nothing when there is none, or it was finished before.
  package mutating func finish() -> [KeepOrder] {
    guard let show else { return [] }
    finishedRun = show.names.run
    self.show = nil
    return [.finish(folder: show.folder)]
  }
}

/// A show that goes on.
private struct OpenShow: Sendable {
  let folder: String
  let names: ResourceNames
  private var renditions: [KeptRendition] = []
  private var dateRangesSeen: UInt64 = 0
  private var variants: [Int] = []
  /// The first segment of all, and when it begins: renditions that come later have gaps up to theirs.
  private let firstSequence: Int
  private let firstStart: TimeSpan

  init(room: String, _ presentation: Presentation) {
    names = presentation.names
    let start = presentation.epoch
    folder = "\(room)/\(KeptNames.show(startingAt: start, run: presentation.names.run))"
    let first = presentation.renditions.compactMap { rendition in
      rendition.firstWhole.map { ($0.sequence, rendition.span($0.start)) }
    }.min { $0.0 < $1.0 }
    firstSequence = first?.0 ?? 0
    firstStart = first?.1 ?? .zero
  }

  mutating func take(_ presentation: Presentation, into orders: inout [KeepOrder]) {
    let news = presentation.dateRanges(since: dateRangesSeen)
    dateRangesSeen = presentation.dateRangeCount
    if !news.isEmpty {
      let text = news.map { $0.line + "\n" }.joined()
      for rendition in renditions {
        orders.append(.append(KeptText(path: rendition.playlist, text: text)))
      }
    }
    for place in presentation.renditions.indices {
      keep(place, of: presentation, into: &orders)
    }
    keepVariants(presentation, into: &orders)
  }

  private mutating func keep(
    _ place: Int, of presentation: Presentation, into orders: inout [KeepOrder]
  ) {
    let rendition = presentation.renditions[place]
    var known = renditions.firstIndex { $0.place == place }
    let next = known.map { renditions[$0].next } ?? firstSequence
    for segment in rendition.segments(from: next).prefix(while: \.isComplete) {
      let index: Int
      if let known {
        index = known
      } else {
        index = renditions.count
        known = index
        renditions.append(KeptRendition(place, rendition, folder: folder))
        renditions[index].begin(presentation, firstSequence, firstStart, into: &orders)
      }
      renditions[index].keep(segment, of: presentation, into: &orders)
    }
  }

  /// The multivariant playlist, when what it says has changed: never ahead of what it names.
  private mutating func keepVariants(
    _ presentation: Presentation, into orders: inout [KeepOrder]
  ) {
    let kept = renditions.map(\.place).sorted()
    var state: [Int] = []
    for place in kept {
      let rendition = presentation.renditions[place]
      let thousandths = Int((rendition.framesPerSecond ?? 0) * 1000)
      state += [place, rendition.formats.count, rendition.peakBitsPerSecond, thousandths]
      if presentation.isEnded { state.append(rendition.averageBitsPerSecond) }
    }
    guard state != variants, !kept.isEmpty else { return }
    variants = state
    orders.append(
      .file(
        path: "\(folder)/\(ResourceNames.multivariant)", bytes: presentation.multivariant(of: kept)
      ))
  }
}

/// What was kept of a rendition so far.
private struct KeptRendition: Sendable {
  let place: Int
  private let folder: String
  /// The segment that comes next.
  private(set) var next: Int
  private var text = KeptPlaylistText()
  private var initializations: Set<Int> = []
  private var keys: Set<Int> = []
  /// Where the last kept segment ended.
  private var end = TimeSpan.zero
  private let hasKeyframes: Bool

  var playlist: String { "\(folder)/\(ResourceNames.playlist)" }
  private var keyframes: String { "\(folder)/\(ResourceNames.keyframes)" }

  init(_ place: Int, _ rendition: Rendition, folder: String) {
    self.place = place
    self.folder = "\(folder)/\(rendition.name)"
    if case .video = rendition.kind { hasKeyframes = true } else { hasKeyframes = false }
    next = 0
  }

  mutating func begin(
    _ presentation: Presentation, _ sequence: Int, _ start: TimeSpan,
    into orders: inout [KeepOrder]
  ) {
    next = sequence
    end = start
    var head = KeptPlaylistText.head(
      presentation.timing, sequence: sequence, isAudio: !hasKeyframes)
    // What came before it is before its first segment, or in the playlists all the same.
    head += presentation.dateRanges(since: 0).map { $0.line + "\n" }.joined()
    orders.append(.append(KeptText(path: playlist, text: head)))
    guard hasKeyframes, !presentation.isEncrypted else { return }
    orders.append(
      .append(
        KeptText(
          path: keyframes,
          text: KeptPlaylistText.head(presentation.timing, sequence: 0, hasKeyframesOnly: true))))
  }

  mutating func keep(
    _ segment: StoredSegment, of presentation: Presentation, into orders: inout [KeepOrder]
  ) {
    let rendition = presentation.renditions[place]
    let (names, epoch) = (presentation.names, presentation.epoch)
    let key = presentation.keyNumber(ofSegment: segment.sequence)
    if !rendition.isText, initializations.insert(segment.initialization).inserted {
      orders.append(
        .file(
          path: "\(folder)/\(names.initialization(segment.initialization))",
          bytes: rendition.initializations[segment.initialization]))
    }
    if let key, keys.insert(key).inserted, let bytes = presentation.keyBytes(key) {
      orders.append(.file(path: "\(folder)/\(names.key(key))", bytes: bytes, isSecret: true))
    }
    let gaps = text.gaps(
      from: next, at: end, before: segment, in: rendition, names: names, epoch: epoch)
    let lines = text.lines(of: segment, in: rendition, names: names, epoch: epoch, key: key)
    next = segment.sequence + 1
    end = rendition.span(segment.end)
    var lost = [KeptText(path: playlist, text: gaps + lines.lost)]
    guard !segment.isGap else {
      orders.append(.append(lost[0]))
      return
    }
    var kept = [KeptText(path: playlist, text: gaps + lines.kept)]
    if hasKeyframes, !presentation.isEncrypted,
      let more = text.keyframeLines(of: segment, in: rendition, names: names, epoch: epoch)
    {
      kept.append(KeptText(path: keyframes, text: more.kept))
      if !more.lost.isEmpty { lost.append(KeptText(path: keyframes, text: more.lost)) }
    }
    orders.append(
      .segment(
        KeptSegment(
          path: "\(folder)/\(rendition.segmentName(segment.sequence, names))",
          chunks: segment.chunks,
          cipher: presentation.cipher(ofSegment: segment.sequence), kept: kept, lost: lost)))
  }
}

extension Rendition {
  /// The oldest segment that is complete.
  fileprivate var firstWhole: StoredSegment? { segments.first(where: \.isComplete) }
}
