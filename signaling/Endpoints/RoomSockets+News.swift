// What members are told: changes of the room, of their transports, and measures once a second.

import Access
import MediaControl
import Messages
import Negotiation
import RTP
import Room
import Wire

extension RoomSockets {
  // MARK: The room

  /// Takes a change of a room's media.
  mutating func take(
    _ change: RoomChange, in room: String, _ core: ControlCore, at now: Instant, wall: WallTime
  ) {
    switch change {
    case .attach, .select, .close: break
    case .trackAdded(let key, let id):
      guard let publication = core.rooms[room]?.publications[key],
        let track = publication.tracks.first(where: { $0.id == id }),
        let cursor = audiences[room]?.step()
      else { return }
      broadcast(.trackAdded(cursor: cursor, publication.entry(of: track)), in: room)
      refreshPresence(in: room, core)
    case .trackRemoved(let key, let id, let kind):
      guard let cursor = audiences[room]?.step() else { return }
      audiences[room]?.pendingStatus.remove(id)
      broadcast(
        .trackRemoved(cursor: cursor, track: id, publication: key.text, kind), in: room)
      refreshPresence(in: room, core)
    case .trackChanged(_, let id, let isUrgent):
      audiences[room]?.pendingStatus.insert(id)
      if isUrgent {
        tellStatus(in: room, core)
        tellForeignCodec(of: id, in: room, core)
      }
    case .assigned(let peer, _, let mid, let wish, let track):
      tellAssigned(peer, mid: mid, wish, track: track, core.rooms[room])
      if let owner = owners[peer] { tellForeignCodecs(of: owner.session, core) }
    case .phase(let phase):
      guard let cursor = audiences[room]?.step() else { return }
      broadcast(.roomState(cursor: cursor, roomEntry(room, core)), in: room)
      if phase == .ended { endedRooms.append(room) }
    }
  }

  private mutating func tellAssigned(
    _ peer: PeerID, mid: String, _ wish: SectionWish, track: String?, _ room: RoomMedia?
  ) {
    guard let owner = owners[peer], let connection = connection(of: peer) else { return }
    var publication: String?
    switch wish {
    case .publication(let key): publication = key.text
    case .track(let id):
      publication = room?.publications.values.first { $0.tracks.contains { $0.id == id } }?.key.text
    case .fill, .nothing: break
    }
    send(
      .assigned(connection: connection.name, mid: mid, publication: publication, track: track),
      toSession: owner.session)
  }

  /// A room's state as it is now.
  func roomEntry(_ room: String, _ core: ControlCore) -> RoomEntry {
    RoomEntry(
      name: room, phase: (core.rooms[room]?.phase ?? .waiting).rawValue,
      isHostPresent: isHostPresent(in: room, core), viewers: audiences[room]?.viewers)
  }

  private func isHostPresent(in room: String, _ core: ControlCore) -> Bool {
    if audiences[room]?.hasHost ?? false { return true }
    return core.rooms[room]?.publications.values
      .contains { $0.member.role == .host && $0.peer != nil } ?? false
  }

  /// Tells the room when its host has come or gone.
  mutating func refreshPresence(in room: String, _ core: ControlCore) {
    let isPresent = isHostPresent(in: room, core)
    guard let told = audiences[room]?.isHostPresent, told != isPresent else { return }
    audiences[room]?.isHostPresent = isPresent
    guard let cursor = audiences[room]?.step() else { return }
    broadcast(.roomState(cursor: cursor, roomEntry(room, core)), in: room)
  }

  /// Ends the sessions of rooms that are over.
  mutating func closeEndedRooms(_ core: inout ControlCore, at now: Instant) {
    for room in endedRooms {
      for name in audiences[room]?.sessions.sorted() ?? [] {
        let socket = sessions[name]?.socket
        endSession(name, &core, at: now)
        if let socket { sayBye(.roomEnded, retryAfterMs: nil, to: socket, &core, at: now) }
      }
    }
    endedRooms = []
  }

  // MARK: Measures

  /// Tells what has been measured since the last tick.
  mutating func tellMeasures(_ core: ControlCore) {
    for room in audiences.keys.sorted() {
      tellStatus(in: room, core)
      // A host by WHIP comes and goes without a word on a socket.
      refreshPresence(in: room, core)
      tellViewers(in: room, core)
      tellTiers(in: room, core)
    }
    for peer in publishers.sorted(by: { $0.rawValue < $1.rawValue }) { tellHealth(of: peer, core) }
  }

  private mutating func tellStatus(in room: String, _ core: ControlCore) {
    guard let pending = audiences[room]?.pendingStatus, !pending.isEmpty else { return }
    audiences[room]?.pendingStatus = []
    let entries = pending.sorted().compactMap { core.rooms[room]?.track($0)?.statusEntry }
    if !entries.isEmpty { broadcast(.trackStatus(entries), in: room) }
  }

  private mutating func tellViewers(in room: String, _ core: ControlCore) {
    let viewers = core.viewers(in: room)
    guard let audience = audiences[room], audience.viewers != viewers else { return }
    audiences[room]?.viewers = viewers
    broadcast(.roomState(cursor: audience.cursor, roomEntry(room, core)), in: room)
  }

  /// Tells staff how the viewers watch.
  private mutating func tellTiers(in room: String, _ core: ControlCore) {
    guard let audience = audiences[room] else { return }
    let staff = audience.staff
    guard !staff.isEmpty, let tiers = core.tiers(of: room),
      audience.tiersTold != tiers || audience.tiersToldTo != staff
    else { return }
    audiences[room]?.tiersTold = tiers
    audiences[room]?.tiersToldTo = staff
    send(ServerEvent.tiers(tiers).encode(), toAll: staff)
  }

  private mutating func tellHealth(of peer: PeerID, _ core: ControlCore) {
    guard let owner = owners[peer], let session = sessions[owner.session],
      let connection = connection(of: peer), case .publish(let stream) = connection.purpose
    else { return }
    let key = PublicationKey(identity: session.member.identity, stream: stream)
    guard let publication = core.rooms[session.room]?.publications[key], publication.peer == peer
    else { return }
    let isOver = core.transports[peer]?.overSince != nil
    let layers = publication.healthLayers(isOverBudget: isOver)
    guard !layers.isEmpty else { return }
    send(
      .health(HealthEvent(connection: connection.name, stream: stream, layers: layers)),
      toSession: owner.session)
  }

  // MARK: Transports

  /// Takes news of one transport.
  mutating func take(
    _ news: TransportNews, of peer: PeerID, _ core: ControlCore, at now: Instant, wall: WallTime
  ) {
    guard owners[peer] != nil else { return }
    switch news {
    case .connected: break
    case .ended(let end): tellEnd(of: peer, ConnectionEndReason(end), core)
    case .closed(.replaced): tellEnd(of: peer, .replaced, core)
    case .closed(.removed): tellEnd(of: peer, .removed, core)
    case .event(.layer(_, let section, let rank)): tellLayer(of: peer, section, rank, core)
    case .event(.mediaTime(_, let section, let timestamp, let mediaTime)):
      tellMediaTime(of: peer, section, timestamp, mediaTime, core)
    case .event: break
    }
  }

  private mutating func tellEnd(
    of peer: PeerID, _ reason: ConnectionEndReason, _ core: ControlCore
  ) {
    guard let owner = owners[peer], let connection = forget(peer) else { return }
    send(.connectionEnded(connection: connection.name, reason), toSession: owner.session)
    if let room = sessions[owner.session]?.room { refreshPresence(in: room, core) }
  }

  /// Takes a transport from its session.
  mutating func forget(_ peer: PeerID) -> RoomConnection? {
    publishers.remove(peer)
    guard let owner = owners.removeValue(forKey: peer) else { return nil }
    return sessions[owner.session]?.remove(peer)
  }

  private func connection(of peer: PeerID) -> RoomConnection? {
    owners[peer].flatMap { sessions[$0.session]?.connections.first { $0.peer == peer } }
  }

  private mutating func tellLayer(
    of peer: PeerID, _ section: Int, _ rank: LayerRank?, _ core: ControlCore
  ) {
    guard let owner = owners[peer], let connection = connection(of: peer),
      let record = core.transports[peer], let mid = record.mids[section],
      let room = core.rooms[record.room], let id = room.subscription(peer, mid: mid)?.track,
      let track = room.track(id)
    else { return }
    let reason = reason(
      for: rank, of: track, old: connection.layers[section],
      isAsked: connection.asked.contains(section), codecs: record.codecs[section])
    _ = sessions[owner.session]?.update(peer) { connection in
      connection.layers[section] = rank
      connection.asked.remove(section)
    }
    // Told already, when the codec was first seen.
    if rank == nil && connection.foreignCodecs[section] != nil { return }
    let layer = track.layers.first { $0.rank == rank }
    send(
      .layer(
        LayerEvent(
          connection: connection.name, mid: mid, track: id, layer: rank, width: layer?.width ?? 0,
          height: layer?.height ?? 0, reason: reason)),
      toSession: owner.session)
  }

  /// Why a section's layer changed, as far as it shows from here: the worker does not say.
  private func reason(
    for rank: LayerRank?, of track: PublishedTrack, old: LayerRank?, isAsked: Bool,
    codecs: [Codec]?
  ) -> LayerEvent.Reason {
    if rank == nil, let codec = track.codec, let codecs, !codecs.contains(codec) { return .codec }
    if isAsked { return .asked }
    // A layer that was left while it still flows was left for the viewer's path.
    guard let old, rank != nil, track.isActive else { return .source }
    return track.layers.contains { $0.rank == old && $0.isActive } ? .network : .source
  }

  // MARK: Codecs

  /// Tells the viewers of a track who did not negotiate its codec that nothing comes.
  private mutating func tellForeignCodec(of track: String, in room: String, _ core: ControlCore) {
    guard let state = core.rooms[room] else { return }
    for subscription in state.subscriptions where subscription.track == track {
      tellForeignCodec(subscription, state, core)
    }
  }

  /// Tells a session which of its sections carry what they did not negotiate; once for each codec.
  mutating func tellForeignCodecs(of session: String, _ core: ControlCore) {
    guard let session = sessions[session], let room = core.rooms[session.room] else { return }
    let peers = session.connections.filter { !$0.isPublish }.map(\.peer)
    guard !peers.isEmpty else { return }
    for subscription in room.subscriptions where peers.contains(subscription.peer) {
      tellForeignCodec(subscription, room, core)
    }
  }

  private mutating func tellForeignCodec(
    _ subscription: Subscription, _ room: RoomMedia, _ core: ControlCore
  ) {
    guard let owner = owners[subscription.peer] else { return }
    let foreign = core.foreignCodec(of: subscription, in: room)
    let changed = sessions[owner.session]?.update(subscription.peer) {
      connection -> String? in
      guard connection.foreignCodecs[subscription.section] != foreign else { return nil }
      connection.foreignCodecs[subscription.section] = foreign
      guard foreign != nil else { return nil }
      connection.layers[subscription.section] = nil
      return connection.name
    }
    guard let name = changed ?? nil, let track = subscription.track else { return }
    send(
      .layer(
        LayerEvent(
          connection: name, mid: subscription.mid, track: track, layer: nil, reason: .codec)),
      toSession: owner.session)
  }

  private mutating func tellMediaTime(
    of peer: PeerID, _ section: Int, _ timestamp: RTPTimestamp, _ mediaTime: WallTime,
    _ core: ControlCore
  ) {
    guard let owner = owners[peer], let connection = connection(of: peer),
      let record = core.transports[peer], let mid = record.mids[section],
      record.state.sections.indices.contains(section)
    else { return }
    let isVideo = record.state.sections[section].kind == "video"
    send(
      .mediaTime(
        MediaTimeEvent(
          connection: connection.name, mid: mid, rtp: timestamp.rawValue,
          clockRate: isVideo ? Codec.vp8.clockRate : Codec.opus.clockRate,
          wallclockMs: mediaTime.fractionalMilliseconds)),
      toSession: owner.session)
  }
}
