// Who publishes and who watches what in one room: a pure state machine.

import Access
package import MediaControl
package import RTP
package import Wire

/// The media half of a room. Inputs are wishes and news, outputs are `RoomChange`s in order.
///
/// Knows nothing of packets, sockets or tokens; the caller has authorized every input.
package struct RoomMedia: Sendable {
  package private(set) var publications: [PublicationKey: Publication] = [:]
  package private(set) var subscriptions: [Subscription] = []
  package private(set) var phase = RoomPhase.waiting
  /// Grows by one with each change members are told of in order.
  package private(set) var cursor = 0
  private var nextTrack = 1
  private var nextOrder = 0

  /// Publications of one room: hosts, co-hosts and their screens; viewers' pages show fewer.
  package static let publicationsMax = 32
  /// Sections of all viewers of one room on one process.
  package static let subscriptionsMax = 65_536
  /// How long an absent publisher keeps its place (PROTOCOL.md, `trackRemoved`).
  package static let awayLimit = TimeSpan.seconds(30)

  /// An empty room.
  package init() {}

  // MARK: Publishing

  /// `member` publishes `key` over `peer`; one that was there before is replaced at once.
  package mutating func publish(
    _ key: PublicationKey, by member: Member, peer: PeerID, tracks: [(MediaKind, TrackID)]
  ) throws(RoomRefusal) -> [RoomChange] {
    if phase == .ended { throw .ended }
    var changes: [RoomChange] = []
    let old = publications[key]
    guard old != nil || publications.count < RoomMedia.publicationsMax else {
      throw .tooManyPublications
    }
    if let peer = old?.peer { changes.append(.close(peer, .replaced)) }
    let order = old?.order ?? nextOrder
    if old == nil { nextOrder += 1 }
    publications[key] = Publication(
      key: key, member: member, order: order, peer: peer, tracks: old?.tracks ?? [],
      awaySince: nil)
    replaceTracks(of: key, with: tracks, &changes)
    resolve(&changes)
    updatePhase(&changes)
    return changes
  }

  /// The publisher renegotiated on the same transport.
  package mutating func update(peer: PeerID, tracks: [(MediaKind, TrackID)]) -> [RoomChange] {
    guard let key = publications.values.first(where: { $0.peer == peer })?.key else { return [] }
    var changes: [RoomChange] = []
    replaceTracks(of: key, with: tracks, &changes)
    resolve(&changes)
    updatePhase(&changes)
    return changes
  }

  /// Ends a publication for good.
  package mutating func unpublish(_ key: PublicationKey) -> [RoomChange] {
    guard let publication = publications.removeValue(forKey: key) else { return [] }
    var changes: [RoomChange] = []
    if let peer = publication.peer { changes.append(.close(peer, .removed)) }
    for track in publication.tracks {
      cursor += 1
      changes.append(.trackRemoved(key, track: track.id, track.kind))
    }
    resolve(&changes)
    updatePhase(&changes)
    return changes
  }

  /// Gives each kind its new media track; ids of kinds that stay are kept.
  private mutating func replaceTracks(
    of key: PublicationKey, with tracks: [(MediaKind, TrackID)], _ changes: inout [RoomChange]
  ) {
    guard var publication = publications[key] else { return }
    for old in publication.tracks where !tracks.contains(where: { $0.0 == old.kind }) {
      cursor += 1
      changes.append(.trackRemoved(key, track: old.id, old.kind))
    }
    publication.tracks.removeAll { old in !tracks.contains { $0.0 == old.kind } }
    for (kind, media) in tracks {
      if let index = publication.tracks.firstIndex(where: { $0.kind == kind }) {
        guard publication.tracks[index].media != media else { continue }
        publication.tracks[index].media = media
        publication.tracks[index].isActive = false
      } else {
        let track = PublishedTrack(id: "t\(nextTrack)", kind: kind, media: media)
        nextTrack += 1
        publication.tracks.append(track)
        cursor += 1
        changes.append(.trackAdded(key, track: track.id))
      }
    }
    publications[key] = publication
  }

  // MARK: Watching

  /// Sections of a viewer's transport; those it had before in the same place are replaced.
  package mutating func subscribe(_ sections: [Subscription]) throws(RoomRefusal) -> [RoomChange] {
    if phase == .ended { throw .ended }
    for section in sections { try check(section.wish, kind: section.kind) }
    guard subscriptions.count + sections.count <= RoomMedia.subscriptionsMax else {
      throw .tooManySubscriptions
    }
    if let peer = sections.first?.peer {
      let replaced = sections.map(\.section)
      subscriptions.removeAll { $0.peer == peer && replaced.contains($0.section) }
    }
    // Only the new ones are resolved: a thousand joins must not cost a million look-ups.
    let first = subscriptions.count
    subscriptions += sections
    var changes: [RoomChange] = []
    resolve(&changes, in: first..<subscriptions.count, announcing: false)
    return changes
  }

  /// Maps a section to something else.
  package mutating func assign(
    peer: PeerID, mid: String, to wish: SectionWish
  ) throws(RoomRefusal) -> [RoomChange] {
    guard let index = subscriptions.firstIndex(where: { $0.peer == peer && $0.mid == mid }) else {
      throw .unknownSection
    }
    try check(wish, kind: subscriptions[index].kind)
    subscriptions[index].wish = wish
    var changes: [RoomChange] = []
    resolve(&changes, in: index..<(index + 1), announcing: false)
    return changes
  }

  /// Asks for a layer in a section.
  package mutating func select(
    peer: PeerID, mid: String, _ selection: LayerSelection
  ) throws(RoomRefusal) -> [RoomChange] {
    guard let index = subscriptions.firstIndex(where: { $0.peer == peer && $0.mid == mid }) else {
      throw .unknownSection
    }
    guard subscriptions[index].kind == .video else { throw .wrongKind }
    subscriptions[index].selection = selection
    return [.select(peer, section: subscriptions[index].section, selection)]
  }

  private func check(_ wish: SectionWish, kind: MediaKind) throws(RoomRefusal) {
    guard case .track(let id) = wish else { return }
    guard let track = self.track(id) else { throw .unknownTrack }
    guard track.kind == kind else { throw .wrongKind }
  }

  // MARK: News

  /// A transport has ended: its subscriptions go, its publication waits for its owner to come back.
  package mutating func peerEnded(_ peer: PeerID, at now: Instant) -> [RoomChange] {
    subscriptions.removeAll { $0.peer == peer }
    guard let key = publications.values.first(where: { $0.peer == peer })?.key else { return [] }
    var changes: [RoomChange] = []
    publications[key]?.peer = nil
    publications[key]?.awaySince = now
    for index in publications[key]?.tracks.indices ?? 0..<0 {
      publications[key]?.tracks[index].media = nil
      publications[key]?.tracks[index].isActive = false
      if let id = publications[key]?.tracks[index].id {
        changes.append(.trackChanged(key, track: id, isUrgent: true))
      }
    }
    resolve(&changes)
    updatePhase(&changes)
    return changes
  }

  /// Forgets publishers that have been away too long.
  package mutating func expire(at now: Instant) -> [RoomChange] {
    let gone = publications.values.filter {
      $0.awaySince.map { now - $0 >= RoomMedia.awayLimit } ?? false
    }
    return gone.flatMap { unpublish($0.key) }
  }

  /// A track's packets began or stopped to come.
  package mutating func activity(_ media: TrackID, isActive: Bool) -> [RoomChange] {
    guard let (key, index) = place(of: media) else { return [] }
    publications[key]?.tracks[index].isActive = isActive
    guard let id = publications[key]?.tracks[index].id else { return [] }
    var changes: [RoomChange] = [.trackChanged(key, track: id, isUrgent: true)]
    updatePhase(&changes)
    return changes
  }

  /// What a track sends, measured.
  package mutating func status(_ media: TrackID, layers: [EncodingStatus]) -> [RoomChange] {
    guard let (key, index) = place(of: media), let old = publications[key]?.tracks[index] else {
      return []
    }
    let sorted = layers.sorted { $0.rank < $1.rank }
    let isUrgent =
      old.codec != sorted.first?.codec
      || old.layers.map { [$0.rank.rawValue, $0.isActive ? 1 : 0] }
        != sorted.map { [$0.rank.rawValue, $0.isActive ? 1 : 0] }
    publications[key]?.tracks[index].layers = sorted
    return [.trackChanged(key, track: old.id, isUrgent: isUrgent)]
  }

  /// Ends the room: everyone's transports go.
  package mutating func end() -> [RoomChange] {
    guard phase != .ended else { return [] }
    var changes = publications.keys.flatMap { unpublish($0) }
    for peer in Set(subscriptions.map(\.peer)) { changes.append(.close(peer, .removed)) }
    subscriptions = []
    phase = .ended
    cursor += 1
    changes.append(.phase(.ended))
    return changes
  }

  // MARK: Reading

  /// The publications in the order a WHEP offer is filled in.
  package var ordered: [Publication] {
    publications.values.sorted { $0.precedence < $1.precedence }
  }

  /// A track by its id.
  package func track(_ id: String) -> PublishedTrack? {
    for publication in publications.values {
      for track in publication.tracks where track.id == id { return track }
    }
    return nil
  }

  /// Whether nobody publishes, watches, or is expected back.
  package var isIdle: Bool { publications.isEmpty && subscriptions.isEmpty }

  private func place(of media: TrackID) -> (PublicationKey, Int)? {
    for publication in publications.values {
      if let index = publication.tracks.firstIndex(where: { $0.media == media }) {
        return (publication.key, index)
      }
    }
    return nil
  }

  // MARK: Resolving

  /// Gives every section (of `range`, if given) the track its wish names now.
  ///
  /// - Parameter announcing: whether the viewer is told; a request's own reply tells what it caused.
  private mutating func resolve(
    _ changes: inout [RoomChange], in range: Range<Int>? = nil, announcing: Bool = true
  ) {
    let ordered = self.ordered
    for index in range ?? subscriptions.indices {
      let subscription = subscriptions[index]
      let track = wanted(subscription, ordered)
      if track?.media != subscription.media {
        subscriptions[index].media = track?.media
        changes.append(
          .attach(
            subscription.peer, section: subscription.section, track?.media, subscription.selection))
      }
      guard track?.id != subscription.track else { continue }
      subscriptions[index].track = track?.id
      if announcing {
        changes.append(
          .assigned(
            subscription.peer, section: subscription.section, mid: subscription.mid,
            wish: subscription.wish, track: track?.id))
      }
    }
  }

  private func wanted(_ subscription: Subscription, _ ordered: [Publication]) -> PublishedTrack? {
    switch subscription.wish {
    case .nothing:
      return nil
    case .publication(let key):
      return publications[key]?.tracks.first { $0.kind == subscription.kind }
    case .track(let id):
      return track(id)
    case .fill(let place):
      let tracks = ordered.flatMap { publication in
        publication.tracks.filter { $0.kind == subscription.kind }
      }
      return place < tracks.count ? tracks[place] : nil
    }
  }

  private mutating func updatePhase(_ changes: inout [RoomChange]) {
    guard phase != .ended else { return }
    let isLive = publications.values.contains { publication in
      publication.member.role == .host && publication.key.stream == "main"
        && publication.tracks.contains(where: \.isActive)
    }
    let next: RoomPhase = isLive ? .live : phase == .waiting ? .waiting : .away
    guard next != phase else { return }
    phase = next
    cursor += 1
    changes.append(.phase(next))
  }
}
