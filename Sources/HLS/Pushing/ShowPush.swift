// One show on its way to a store: what to put there, in which order, and when to delete it. Pure.

import Wire

/// What an order was for.
enum PushItem: Hashable, Sendable {
  case initialization(_ place: Int, Int)
  case segment(_ place: Int, Int)
  case playlist(_ place: Int)
  case keyframes(_ place: Int)
  case variants
  case manifest
  case still(String)
  case removal
}

/// Follows a presentation and hands out orders, as many at once as there are connections for.
///
/// Media goes before the playlist that names it, playlists only forward: each has one order on its way at most, and
/// is written anew when it is tried again. Only the newest state of the presentation is held, so a store that hangs
/// costs no memory; what it did not get in time is a gap.
struct ShowPush: Sendable {
  let room: String
  let run: String
  private var presentation: Presentation?
  private var renditions: [PushedRendition] = []
  private var variants = PushedFile()
  private var variantState: [Int] = []
  private var manifest = PushedFile()
  private var manifestState: [Int] = []
  private var manifestAt = Instant.zero
  private var stills: [String: PushedStill] = [:]
  private var stillsRevision: UInt64?
  private var inFlight: [String: PushItem] = [:]
  private var removals: [Removal] = []
  /// Objects that only an older manifest names, with the version of the first one without them.
  private var leaving: [(key: String, version: Int)] = []
  /// Objects of an earlier show, to be deleted when playlists of this one are there.
  private var inherited: [String]
  private let window: TimeSpan
  private let segment: TimeSpan
  private(set) var endedAt: Instant?
  /// Objects that are left in the store because too many were to be deleted.
  private(set) var leftCount: UInt64 = 0

  private struct Removal {
    let key: String
    let at: Instant
  }

  private struct PushedStill {
    var file: StillFile
    var put = PushedFile()
    /// A list names pictures.
    var isPicture: Bool { file.mediaType.hasPrefix("image/") }
  }

  init(room: String, _ presentation: Presentation, inheriting inherited: [String] = []) {
    self.room = room
    run = presentation.names.run
    window = min(presentation.timing.window, PushLimits.windowMax)
    segment = presentation.timing.segment
    self.inherited = inherited
  }

  // MARK: What there is

  /// Takes the presentation as it stands.
  mutating func take(_ presentation: Presentation, at now: Instant) {
    guard endedAt == nil else { return }
    self.presentation = presentation
    if presentation.isEnded { endedAt = now }
    for place in presentation.renditions.indices {
      let rendition = presentation.renditions[place]
      if !renditions.contains(where: { $0.place == place }) {
        renditions.append(PushedRendition(place, rendition, presentation.names, room: room))
      }
      guard let index = renditions.firstIndex(where: { $0.place == place }) else { continue }
      renditions[index].take(rendition)
    }
    keepWithinBacklog()
    takeStills(presentation, at: now)
    list()
  }

  /// What waits too long, or is too much: the oldest of all becomes a gap.
  private mutating func keepWithinBacklog() {
    guard let end = renditions.compactMap(\.end).max() else { return }
    while let oldest = renditions.indices.filter({ renditions[$0].oldestWaiting != nil }).min(by: {
      renditions[$0].oldestWaiting ?? .zero < renditions[$1].oldestWaiting ?? .zero
    }), let begins = renditions[oldest].oldestWaiting {
      let bytes = renditions.reduce(0) { $0 + $1.waitingBytes }
      guard bytes > PushLimits.backlogBytesMax || begins < end - PushLimits.backlog else { return }
      renditions[oldest].giveUpOldest()
    }
  }

  private mutating func list() {
    for index in renditions.indices {
      renditions[index].list()
      if endedAt != nil { renditions[index].markEnd() }
    }
    let versions = renditions.map(\.playlist.version)
    if versions != manifestState, renditions.contains(where: { $0.hasMedia && !$0.isText }) {
      manifestState = versions
      manifest.version += 1
    }
    noteVariants()
  }

  /// The multivariant playlist changes with what it says, but not with each segment's average.
  private mutating func noteVariants() {
    guard let presentation else { return }
    var state: [Int] = []
    for each in renditions where each.isThere {
      let rendition = presentation.renditions[each.place]
      state += [each.place, rendition.formats.count, rendition.peakBitsPerSecond]
      if each.hasEnded { state.append(rendition.averageBitsPerSecond) }
    }
    // Subtitles alone are no show.
    guard renditions.contains(where: { $0.isThere && !$0.isText }), state != variantState else {
      return
    }
    variantState = state
    variants.version += 1
  }

  private mutating func takeStills(_ presentation: Presentation, at now: Instant) {
    guard stillsRevision != presentation.stillsRevision else { return }
    stillsRevision = presentation.stillsRevision
    for (name, file) in presentation.stills where stills[name]?.file != file {
      stills[name, default: PushedStill(file: file)].file = file
      stills[name]?.put.version += 1
    }
    for name in stills.keys.sorted() where presentation.stills[name] == nil {
      guard let still = stills.removeValue(forKey: name) else { continue }
      if still.put.isThere || still.put.sending != nil { remove("\(room)/\(name)", at: now) }
    }
  }

  // MARK: Orders

  /// What to do next, marked as on its way; nil when there is nothing now.
  mutating func next(at now: Instant) -> PushOrder? {
    guard let presentation else { return nextRemoval(at: now) }
    if let (item, object) = nextText(presentation, at: now) ?? nextMedia(presentation)
      ?? nextMinor(presentation)
    {
      inFlight[object.key] = item
      return .put(object)
    }
    return nextRemoval(at: now)
  }

  /// When there may be something to do although nothing happens: objects to be deleted, a manifest that waits.
  var nextDeadline: Instant {
    var deadline = removals.first?.at ?? .distantFuture
    if manifest.isDue { deadline = min(deadline, manifestAt + segment * 2) }
    return deadline
  }

  private func text(_ key: String, _ bytes: [UInt8], _ type: String) -> PushObject {
    PushObject(key: key, chunks: [bytes], mediaType: type, lifetime: .newest)
  }

  private mutating func nextText(
    _ presentation: Presentation, at now: Instant
  ) -> (PushItem, PushObject)? {
    let type = Presentation.playlistType
    if let index = renditions.firstIndex(where: \.playlist.isDue) {
      renditions[index].playlist.begin()
      let each = renditions[index]
      let rendition = each.stored(presentation.renditions[each.place])
      return (
        .playlist(each.place), text(each.playlistKey, presentation.storedPlaylist(rendition), type)
      )
    }
    // The multivariant playlist names it.
    if let first = nextKeyframes(presentation, where: { !$0.keyframes.isThere }) { return first }
    if variants.isDue {
      variants.begin()
      let ready = renditions.filter(\.isThere).map { presentation.renditions[$0.place] }
      return (
        .variants,
        text("\(room)/\(ResourceNames.multivariant)", presentation.storedVariants(ready), type)
      )
    }
    guard manifest.isDue, isManifestDue(at: now) else { return nil }
    // The manifest has no text.
    let ready = renditions.filter { $0.hasMedia && !$0.isText }.map {
      $0.stored(presentation.renditions[$0.place])
    }
    manifest.begin()
    manifestAt = now
    guard !ready.isEmpty else {
      // Nothing but gaps by now: what the store has may as well stay.
      manifest.end(.done)
      return nil
    }
    let bytes = presentation.storedManifest(
      ready, isEnded: endedAt != nil && renditions.allSatisfy(\.pending.isEmpty))
    return (
      .manifest, text("\(room)/\(ResourceNames.manifest)", bytes, Presentation.manifestType)
    )
  }

  /// Once for the same segment of all renditions; where the store is behind, once in two segments all the same.
  private func isManifestDue(at now: Instant) -> Bool {
    renditions.allSatisfy(\.pending.isEmpty) || now >= manifestAt + segment * 2
  }

  private mutating func nextMedia(_ presentation: Presentation) -> (PushItem, PushObject)? {
    let oldest = renditions.indices.filter { renditions[$0].nextSequence != nil }.min {
      renditions[$0].nextSequence ?? 0 < renditions[$1].nextSequence ?? 0
    }
    guard let oldest else { return nil }
    return renditions[oldest].nextMedia(of: presentation.renditions[renditions[oldest].place])
  }

  private mutating func nextKeyframes(
    _ presentation: Presentation, where isWanted: (PushedRendition) -> Bool
  ) -> (PushItem, PushObject)? {
    guard let index = renditions.firstIndex(where: { $0.keyframes.isDue && isWanted($0) }) else {
      return nil
    }
    renditions[index].keyframes.begin()
    let each = renditions[index]
    let rendition = each.stored(presentation.renditions[each.place])
    return (
      .keyframes(each.place),
      text(each.keyframesKey, presentation.storedKeyframes(rendition), Presentation.playlistType)
    )
  }

  /// What nobody waits for: I-frame playlists, and stills before the list that names them.
  private mutating func nextMinor(_ presentation: Presentation) -> (PushItem, PushObject)? {
    if let keyframes = nextKeyframes(presentation, where: { _ in true }) { return keyframes }
    let due = stills.filter { $0.value.put.isDue }.keys.sorted()
    let areAllThere = stills.values.allSatisfy { !$0.isPicture || $0.put.isThere }
    let picture = due.first { stills[$0]?.isPicture == true }
    guard let name = picture ?? (areAllThere ? due.first : nil), let file = stills[name]?.file
    else { return nil }
    stills[name]?.put.begin()
    return (
      .still(name),
      PushObject(
        key: "\(room)/\(name)", chunks: [file.bytes], mediaType: file.mediaType,
        lifetime: file.lifetime)
    )
  }

  // MARK: Removals

  /// What playlists named until now is deleted when no playlist of the last two windows names it.
  private mutating func remove(_ key: String, at now: Instant) {
    guard removals.count < PushLimits.removalsMax else {
      leftCount += 1
      return
    }
    removals.append(Removal(key: key, at: now + window * 2))
  }

  private mutating func nextRemoval(at now: Instant) -> PushOrder? {
    while let first = removals.first, first.at <= now {
      removals.removeFirst()
      // A show that came later may have a file of the same name.
      if isCurrent(first.key) { continue }
      inFlight[first.key] = .removal
      return .delete(key: first.key)
    }
    return nil
  }

  private func isCurrent(_ key: String) -> Bool {
    if inFlight[key] != nil { return true }
    if renditions.contains(where: { $0.playlistKey == key || $0.keyframesKey == key }) {
      return true
    }
    return stills.keys.contains { "\(room)/\($0)" == key }
  }

  // MARK: Outcomes

  /// Takes how an order went; false for one that is not this show's.
  mutating func end(_ key: String, _ outcome: PushOutcome, at now: Instant) -> Bool {
    guard let item = inFlight.removeValue(forKey: key) else { return false }
    switch item {
    case .initialization(let place, let number):
      update(place) { $0.end(initialization: number, outcome) }
    case .segment(let place, let sequence): update(place) { $0.end(segment: sequence, outcome) }
    case .playlist(let place): update(place) { $0.playlist.end(outcome) }
    case .keyframes(let place): update(place) { $0.keyframes.end(outcome) }
    case .variants:
      variants.end(outcome)
      if outcome == .done {
        for key in inherited { remove(key, at: now) }
        inherited = []
      }
    case .manifest: manifest.end(outcome)
    case .still(let name): stills[name]?.put.end(outcome)
    case .removal: if outcome == .failed { remove(key, at: now) }
    }
    for index in renditions.indices {
      leaving += renditions[index].takeLeft().map { ($0, manifest.version) }
    }
    let count = leaving.prefix { $0.version <= manifest.stored }.count
    for left in leaving.prefix(count) { remove(left.key, at: now) }
    leaving.removeFirst(count)
    list()
    if isSettled { presentation = nil }
    return true
  }

  private mutating func update(_ place: Int, _ body: (inout PushedRendition) -> Void) {
    guard let index = renditions.firstIndex(where: { $0.place == place }) else { return }
    body(&renditions[index])
  }

  // MARK: The end

  /// Whether nothing is on its way.
  var isQuiet: Bool { inFlight.isEmpty }

  /// Whether it is over and the store has all of it that it will ever have.
  var isSettled: Bool {
    endedAt != nil && renditions.allSatisfy(\.isSettled) && variants.isSettled && manifest.isSettled
      && stills.values.allSatisfy(\.put.isSettled)
  }

  /// Whether it is over and not tried any more.
  func isGivenUp(at now: Instant) -> Bool {
    !isSettled && endedAt.map { now - $0 > PushLimits.endPatience } ?? false
  }

  /// Ends trying.
  mutating func giveUp() {
    presentation = nil
    for index in renditions.indices { renditions[index].forgetBytes() }
  }

  /// Whether there is still something to be said about it.
  var isHeld: Bool { presentation != nil }

  /// Segments that became gaps for want of the store.
  var lostCount: UInt64 { renditions.reduce(0) { $0 + $1.lostCount } }

  /// Bytes that wait.
  var waitingBytes: Int { renditions.reduce(0) { $0 + $1.waitingBytes } }

  /// Every object of it that may be in the store, and of those before it.
  var keys: [String] {
    renditions.flatMap(\.keys) + stills.keys.sorted().map { "\(room)/\($0)" }
      + leaving.map(\.key) + removals.map(\.key) + inherited
  }
}
