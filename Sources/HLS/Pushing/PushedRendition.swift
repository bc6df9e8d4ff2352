// One rendition on its way to a store: what waits, what is there, what its playlist there may name. Pure.

import Wire

/// A segment that no playlist of the store names yet.
struct PendingSegment: Sendable {
  enum State {
    case waiting
    case sending
    case stored
    /// There is no media in it, or it did not get there in time.
    case gap
  }

  /// Without its bytes once they are stored or given up.
  var segment: StoredSegment
  var state: State
  var refusals = 0
  /// Something of it may be there although nobody said so.
  var wasTried = false

  /// What waits for the store.
  var byteCount: Int { state == .waiting || state == .sending ? segment.byteCount : 0 }
}

/// A file that is put again each time it changes, one version after the other.
struct PushedFile: Sendable {
  /// What it should be; 0 before there is anything to be said.
  var version = 0
  private(set) var stored = 0
  private(set) var sending: Int?

  /// Whether it should be put now.
  var isDue: Bool { version > stored && sending == nil }
  /// Whether the store has one at all.
  var isThere: Bool { stored > 0 }
  /// Whether the store has the newest one.
  var isSettled: Bool { version == stored && sending == nil }

  mutating func begin() { sending = version }

  mutating func end(_ outcome: PushOutcome) {
    if outcome == .done, let sending { stored = sending }
    sending = nil
  }
}

/// What a store has and gets of one rendition.
struct PushedRendition: Sendable {
  let place: Int
  let name: String
  let hasKeyframes: Bool
  /// Of WebVTT, which needs no Media Initialization Section.
  let isText: Bool
  /// Below the folder of all rooms.
  let folder: String
  private let names: ResourceNames
  private let timing: HLSTiming
  private let ticks: Ticks

  /// What playlists do not name yet, oldest first.
  private(set) var pending: [PendingSegment] = []
  /// What they name, oldest first, without bytes.
  private(set) var listed: [StoredSegment] = []
  var playlist = PushedFile()
  var keyframes = PushedFile()
  /// Segments that became gaps for want of the store.
  private(set) var lostCount: UInt64 = 0
  /// Objects that no playlist made from now on names, with the version of the first playlist without them.
  private var leaving: [(key: String, version: Int)] = []
  private var initializations: [Int: InitializationState] = [:]
  private var next = 0
  private var keyframeCount = 0
  private var isEndMarked = false

  private enum InitializationState {
    case waiting
    case sending
    case stored
  }

  init(_ place: Int, _ rendition: Rendition, _ names: ResourceNames, room: String) {
    self.place = place
    self.names = names
    name = rendition.name
    folder = "\(room)/\(rendition.name)"
    timing = rendition.timing
    ticks = rendition.ticks
    isText = rendition.isText
    if case .video = rendition.kind { hasKeyframes = true } else { hasKeyframes = false }
  }

  private func key(_ segment: StoredSegment) -> String {
    "\(folder)/\(names.segment(segment.sequence, isText: isText))"
  }
  private func key(initialization index: Int) -> String {
    "\(folder)/\(names.initialization(index))"
  }
  var playlistKey: String { "\(folder)/\(ResourceNames.playlist)" }
  var keyframesKey: String { "\(folder)/\(ResourceNames.keyframes)" }

  // MARK: What there is

  /// Takes what is new of the rendition, and gives up what it does not list any more.
  mutating func take(_ rendition: Rendition) {
    let complete = rendition.listed.filter(\.isComplete)
    guard let first = complete.first else { return }
    for index in pending.indices where pending[index].segment.sequence < first.sequence {
      giveUp(index)
    }
    for segment in complete where segment.sequence >= next {
      next = segment.sequence + 1
      // What has left memory before the store was asked for it is lost to it.
      let hasLeft = !segment.isGap && segment.chunks.isEmpty
      if hasLeft { lostCount += 1 }
      let state: PendingSegment.State = segment.isGap || hasLeft ? .gap : .waiting
      pending.append(PendingSegment(segment: segment, state: state))
      if !isText, initializations[segment.initialization] == nil {
        initializations[segment.initialization] = .waiting
      }
    }
  }

  /// When the newest segment ends; nil before there is one.
  var end: TimeSpan? {
    (pending.last?.segment ?? listed.last).map { ticks.span($0.end) }
  }

  /// When the oldest segment that waits begins.
  var oldestWaiting: TimeSpan? {
    pending.first { $0.state == .waiting }.map { ticks.span($0.segment.start) }
  }

  /// Bytes that wait.
  var waitingBytes: Int { pending.reduce(0) { $0 + $1.byteCount } }

  /// Gives up the oldest segment that waits.
  mutating func giveUpOldest() {
    guard let index = pending.firstIndex(where: { $0.state == .waiting }) else { return }
    giveUp(index)
  }

  /// The show is given up: what waits is not kept in memory for it.
  mutating func forgetBytes() {
    for index in pending.indices where pending[index].state == .waiting {
      pending[index].segment = pending[index].segment.listed(
        isGap: false, after: nil, keyframe: nil)
    }
  }

  private mutating func giveUp(_ index: Int) {
    guard pending[index].state == .waiting else { return }
    lostCount += 1
    if pending[index].wasTried {
      leaving.append((key(pending[index].segment), playlist.version + 1))
    }
    pending[index].state = .gap
    pending[index].segment = pending[index].segment.listed(isGap: true, after: nil, keyframe: nil)
  }

  // MARK: Media

  /// The Media Sequence Number of what is to be put next.
  var nextSequence: Int? { pending.first { isDue($0) }?.segment.sequence }

  private func isDue(_ each: PendingSegment) -> Bool {
    each.state == .waiting || initializations[each.segment.initialization] == .waiting
  }

  /// The next object of media, marked as on its way.
  mutating func nextMedia(of rendition: Rendition) -> (item: PushItem, object: PushObject)? {
    guard let index = pending.firstIndex(where: isDue) else { return nil }
    let segment = pending[index].segment
    let type = isText ? "text/vtt" : hasKeyframes ? "video/mp4" : "audio/mp4"
    let number = segment.initialization
    if initializations[number] == .waiting, rendition.initializations.indices.contains(number) {
      initializations[number] = .sending
      return (
        .initialization(place, number),
        PushObject(
          key: key(initialization: number), chunks: [rendition.initializations[number]],
          mediaType: type, lifetime: .immutable)
      )
    }
    guard pending[index].state == .waiting else { return nil }
    pending[index].state = .sending
    pending[index].wasTried = true
    return (
      .segment(place, segment.sequence),
      PushObject(
        key: key(segment), chunks: segment.chunks, mediaType: type, lifetime: .immutable)
    )
  }

  mutating func end(initialization number: Int, _ outcome: PushOutcome) {
    initializations[number] = outcome == .done ? .stored : .waiting
  }

  mutating func end(segment sequence: Int, _ outcome: PushOutcome) {
    guard let index = pending.firstIndex(where: { $0.segment.sequence == sequence }) else { return }
    pending[index].state = outcome == .done ? .stored : .waiting
    if outcome == .done {
      pending[index].segment = pending[index].segment.listed(
        isGap: false, after: nil,
        keyframe: pending[index].segment.keyframeOrdinal)
    }
    guard outcome == .refused else { return }
    pending[index].refusals += 1
    if pending[index].refusals >= PushLimits.refusalsMax { giveUp(index) }
  }

  // MARK: Playlists

  /// Lets playlists name what is there, up to the first segment that is not there yet.
  mutating func list() {
    var hasChanged = false
    while let first = pending.first, first.state == .stored || first.state == .gap,
      isText || initializations[first.segment.initialization] == .stored
    {
      pending.removeFirst()
      // Numbers in a playlist have no holes: where the store was away for a window it begins anew.
      let goesOn = listed.last.map { $0.sequence + 1 == first.segment.sequence } ?? true
      let hasKeyframe = first.state == .stored && first.segment.keyframeOrdinal != nil
      listed.append(
        first.segment.listed(
          isGap: first.state == .gap, after: goesOn ? listed.last : nil,
          keyframe: hasKeyframe ? keyframeCount : nil))
      while !goesOn, listed.count > 1 { unlistOldest() }
      if hasKeyframe { keyframeCount += 1 }
      hasChanged = true
    }
    let earliest = (listed.last?.end ?? 0) - ticks.count(min(timing.window, PushLimits.windowMax))
    while listed.count > 1, let first = listed.first, first.end <= earliest { unlistOldest() }
    if hasChanged { change() }
  }

  private mutating func change() {
    playlist.version += 1
    if hasKeyframes { keyframes.version += 1 }
  }

  private mutating func unlistOldest() {
    let oldest = listed.removeFirst()
    let version = playlist.version + 1
    if !oldest.isGap { leaving.append((key(oldest), version)) }
    let number = oldest.initialization
    if !isText,
      listed.first?.initialization ?? pending.first?.segment.initialization ?? number != number
    {
      initializations[number] = nil
      leaving.append((key(initialization: number), version))
    }
  }

  /// Says that nothing follows, once all is listed.
  mutating func markEnd() {
    guard pending.isEmpty, !isEndMarked, !listed.isEmpty else { return }
    isEndMarked = true
    change()
  }

  /// Whether its playlist is the last one.
  var hasEnded: Bool { isEndMarked }

  /// The rendition as the store has it.
  func stored(_ rendition: Rendition) -> Rendition {
    rendition.having(listed, isEnded: isEndMarked)
  }

  /// Objects that the store's playlists named and do not name any more.
  mutating func takeLeft() -> [String] {
    // Both have the same versions.
    let stored = hasKeyframes ? min(playlist.stored, keyframes.stored) : playlist.stored
    let count = leaving.prefix { $0.version <= stored }.count
    defer { leaving.removeFirst(count) }
    return leaving.prefix(count).map(\.key)
  }

  /// Whether a multivariant playlist may name it.
  var isThere: Bool { playlist.isThere && (!hasKeyframes || keyframes.isThere) }

  /// Whether playlists name any media of it.
  var hasMedia: Bool { listed.contains { !$0.isGap } }

  /// Whether nothing is left to be done for it.
  var isSettled: Bool { pending.isEmpty && playlist.isSettled && keyframes.isSettled }

  /// Every object that may be there, playlists first.
  var keys: [String] {
    [playlistKey] + (hasKeyframes ? [keyframesKey] : [])
      + listed.filter { !$0.isGap }.map(key)
      + pending.filter { $0.wasTried || $0.state == .stored }.map { key($0.segment) }
      + initializations.keys.sorted().map { key(initialization: $0) } + leaving.map(\.key)
  }
}
