// What joined members ask for: publishing, watching, mapping, layers, candidates.

import ICE
import Access
import MediaControl
import Messages
import Negotiation
import RTP
import Room
import SDP
import Wire

extension RoomSockets {
  /// Carries out a request of a joined member and answers it.
  mutating func answer(
    _ message: ClientMessage, of session: String, on socket: UInt64, _ core: inout ControlCore,
    at now: Instant, wall: WallTime
  ) {
    do throws(MessageRefusal) {
      if case .command(let request) = message.request {
        return try submit(
          request, of: session, for: .socket(socket, ref: message.id), &core, wall: wall)
      }
      if case .query(let query) = message.request {
        return try answer(
          query, of: session, for: .socket(socket, ref: message.id), &core, wall: wall)
      }
      let reply = try reply(to: message.request, of: session, &core, at: now, wall: wall)
      send(reply, ref: message.id, to: socket)
      tellForeignCodecs(of: session, core)
    } catch {
      send(.error(error), ref: message.id, to: socket)
    }
    guard case .leave = message.request else { return }
    endSession(session, &core, at: now)
    sayBye(.left, retryAfterMs: nil, to: socket, &core, at: now)
  }

  private mutating func reply(
    to request: ClientRequest, of session: String, _ core: inout ControlCore, at now: Instant,
    wall: WallTime
  ) throws(MessageRefusal) -> ServerReply {
    switch request {
    case .join: throw MessageRefusal(.alreadyJoined, "this socket has joined already")
    case .publish(let request):
      return .answer(try publish(request, of: session, &core, at: now))
    case .unpublish(let connection):
      try unpublish(connection, of: session, &core, at: now)
      return .ok(map: nil)
    case .subscribe(let request):
      return .answer(try subscribe(request, of: session, &core, at: now))
    case .assign(let request): return .ok(map: try assign(request, of: session, &core))
    case .layer(let request):
      try select(request, of: session, &core)
      return .ok(map: nil)
    case .trickle(let request):
      try trickle(request, of: session, &core)
      return .ok(map: nil)
    case .token(let token):
      try renew(token, of: session, core, wall: wall)
      return .ok(map: nil)
    case .watching(let request):
      core.watching(request, by: try self.session(session))
      return .ok(map: nil)
    case .leave, .command, .query: return .ok(map: nil)
    case .ping(let time):
      return .pong(time: time, serverTimeMs: wall.fractionalMilliseconds)
    }
  }

  private func session(_ name: String) throws(MessageRefusal) -> RoomSession {
    guard let session = sessions[name] else {
      throw MessageRefusal(.internal, "the session is gone")
    }
    return session
  }

  private func parse(_ sdp: String) throws(MessageRefusal) -> SessionDescription {
    do throws(SDPError) {
      return try SessionDescription.parse(Array(sdp.utf8))
    } catch {
      throw MessageRefusal(.badSDP, "sdp: \(error.text)")
    }
  }

  // MARK: Publishing

  private mutating func publish(
    _ request: PublishRequest, of name: String, _ core: inout ControlCore, at now: Instant
  ) throws(MessageRefusal) -> AnswerReply {
    let session = try session(name)
    guard core.mayPublish(session.member, in: session.room) else {
      throw MessageRefusal(.forbidden, "this member may not publish")
    }
    let old = try request.connection.map { name throws(MessageRefusal) in
      try session.connection(name)
    }
    let stream = try stream(of: request, continuing: old)
    if old == nil { try checkLimits(session, stream: stream, core) }
    try sessions[name]?.takeOffer(at: now)
    let offer = try parse(request.sdp)
    do throws(ControlRefusal) {
      let accepted = try core.publish(
        offer, stream: stream, in: session.room, by: session.member, continuing: old?.peer, at: now)
      return record(accepted, .publish(stream: stream), continuing: old, of: name, map: nil)
    } catch {
      throw MessageRefusal(error)
    }
  }

  private func stream(
    of request: PublishRequest, continuing old: RoomConnection?
  ) throws(MessageRefusal) -> String {
    guard let old else { return request.stream ?? "main" }
    guard case .publish(let stream) = old.purpose else {
      throw MessageRefusal(.unknownConnection, "connection: subscribes, it publishes nothing")
    }
    guard request.stream == nil || request.stream == stream else {
      throw MessageRefusal(.badMessage, "stream: expected that of the connection, found another")
    }
    return stream
  }

  private func checkLimits(
    _ session: RoomSession, stream: String, _ core: ControlCore
  ) throws(MessageRefusal) {
    try session.checkRoom(for: .publish(stream: stream))
    let key = PublicationKey(identity: session.member.identity, stream: stream)
    let publications = core.rooms[session.room]?.publications ?? [:]
    let mine = publications.keys.count { $0.identity == key.identity }
    guard publications[key] != nil || mine < RoomSocketLimits.publicationsPerMemberMax else {
      throw MessageRefusal(
        .limit, "at most \(RoomSocketLimits.publicationsPerMemberMax) publications per member")
    }
  }

  private mutating func unpublish(
    _ connection: String, of name: String, _ core: inout ControlCore, at now: Instant
  ) throws(MessageRefusal) {
    let connection = try session(name).connection(connection)
    guard connection.isPublish else {
      throw MessageRefusal(.unknownConnection, "connection: subscribes, it publishes nothing")
    }
    // Forgotten first: the client is not told of an end it asked for.
    _ = forget(connection.peer)
    core.end(connection.peer, at: now)
  }

  /// Remembers whose the transport is and names it.
  private mutating func record(
    _ accepted: AcceptedOffer, _ purpose: RoomConnection.Purpose, continuing old: RoomConnection?,
    of session: String, map: [String: String?]?
  ) -> AnswerReply {
    var connection = old?.name ?? ""
    if old == nil, let added = sessions[session]?.add(accepted.peer, purpose) {
      connection = added.name
      owners[accepted.peer] = Owner(session: session, isPublish: added.isPublish)
      if added.isPublish { publishers.insert(accepted.peer) }
    }
    _ = sessions[session]?.update(accepted.peer) { $0.generation = accepted.generation }
    return AnswerReply(
      connection: connection, generation: accepted.generation, sdp: accepted.answer, map: map)
  }

  // MARK: Watching

  private mutating func subscribe(
    _ request: SubscribeRequest, of name: String, _ core: inout ControlCore, at now: Instant
  ) throws(MessageRefusal) -> AnswerReply {
    let session = try session(name)
    let old = try request.connection.map { name throws(MessageRefusal) in
      try session.subscribeConnection(name)
    }
    if old == nil { try session.checkRoom(for: .subscribe) }
    try sessions[name]?.takeOffer(at: now)
    let offer = try parse(request.sdp)
    let kinds = sectionKinds(of: offer)
    // All before anything changes: a refused request leaves everything as it was.
    try check(request, against: kinds, in: session.room, core)
    if old == nil { try core.requireSeat(of: name) }
    let known = old.flatMap { core.transports[$0.peer] }.map { Set($0.mids.values) } ?? []
    let accepted: AcceptedOffer
    do throws(ControlRefusal) {
      accepted = try core.watch(
        offer, wishes: wishes(of: request), in: session.room, by: session.member,
        continuing: old?.peer, at: now)
      for (mid, reference) in request.map.sorted(by: { $0.key < $1.key }) where known.contains(mid)
      {
        _ = try core.assign(accepted.peer, mid: mid, to: SectionWish(reference))
      }
      for (mid, selection) in request.layers.sorted(by: { $0.key < $1.key })
      where known.contains(mid) && kinds[mid] == .video {
        try core.select(accepted.peer, mid: mid, selection)
      }
    } catch {
      throw MessageRefusal(error)
    }
    if old == nil { core.connect(accepted.peer, to: name) }
    let map = core.tracks(of: accepted.peer, in: session.room)
    let reply = record(accepted, .subscribe, continuing: old, of: name, map: map)
    let asked = core.transports[accepted.peer]?.mids ?? [:]
    _ = sessions[name]?.update(accepted.peer) { connection in
      for (section, mid) in asked where !known.contains(mid) || request.map[mid] != nil {
        connection.asked.insert(section)
      }
    }
    return reply
  }

  private func wishes(of request: SubscribeRequest) -> WatchWish {
    let map = request.map
    let layers = request.layers
    return WatchWish(
      wish: { mid, _, _ in map[mid].map { SectionWish($0) } ?? .nothing },
      selection: { mid, kind, _ in kind == .video ? layers[mid] ?? .automatic : .automatic })
  }

  private func sectionKinds(of offer: SessionDescription) -> [String: MediaKind] {
    var kinds: [String: MediaKind] = [:]
    for section in offer.media {
      guard let mid = section.mid else { continue }
      switch section.line.kind {
      case "audio": kinds[mid] = .audio
      case "video": kinds[mid] = .video
      default: break
      }
    }
    return kinds
  }

  private func check(
    _ request: SubscribeRequest, against kinds: [String: MediaKind], in room: String,
    _ core: ControlCore
  ) throws(MessageRefusal) {
    for mid in request.layers.keys where kinds[mid] == nil {
      throw MessageRefusal(.unknownMID, "layers: the offer has no section of that mid")
    }
    for (mid, reference) in request.map {
      guard let kind = kinds[mid] else {
        throw MessageRefusal(.unknownMID, "map: the offer has no section of that mid")
      }
      guard case .track(let id) = reference else { continue }
      guard let track = core.rooms[room]?.track(id) else {
        throw MessageRefusal(.unknownTrack, "map.\(mid): no such track")
      }
      guard track.kind == kind else {
        throw MessageRefusal(
          .wrongKind, "map.\(mid): the section and the track are of different kinds")
      }
    }
  }

  private mutating func assign(
    _ request: AssignRequest, of name: String, _ core: inout ControlCore
  ) throws(MessageRefusal) -> [String: String?] {
    let connection = try session(name).subscribeConnection(request.connection)
    let wish = SectionWish(request.track)
    try checkCodec(wish, mid: request.mid, peer: connection.peer, core)
    do throws(ControlRefusal) {
      let track = try core.assign(connection.peer, mid: request.mid, to: wish)
      ask(for: request.mid, of: connection.peer, session: name, core)
      return [request.mid: track]
    } catch {
      throw MessageRefusal(error)
    }
  }

  /// A track whose codec the section did not negotiate can't be shown in it.
  private func checkCodec(
    _ wish: SectionWish, mid: String, peer: PeerID, _ core: ControlCore
  ) throws(MessageRefusal) {
    guard let record = core.transports[peer], let room = core.rooms[record.room],
      let subscription = room.subscription(peer, mid: mid),
      let codec = room.track(for: wish, kind: subscription.kind)?.codec,
      codec.isVideo == (subscription.kind == .video)
    else { return }
    guard record.codecs[subscription.section]?.contains(codec) ?? true else {
      throw MessageRefusal(
        .codecUnsupported, "track: it is \(codec.name), which this section did not negotiate")
    }
  }

  private mutating func select(
    _ request: LayerRequest, of name: String, _ core: inout ControlCore
  ) throws(MessageRefusal) {
    let connection = try session(name).subscribeConnection(request.connection)
    do throws(ControlRefusal) {
      try core.select(connection.peer, mid: request.mid, request.layer)
      ask(for: request.mid, of: connection.peer, session: name, core)
    } catch {
      throw MessageRefusal(error)
    }
  }

  /// The section's next layer is what its viewer asked for.
  private mutating func ask(
    for mid: String, of peer: PeerID, session: String, _ core: ControlCore
  ) {
    guard let section = core.transports[peer]?.mids.first(where: { $0.value == mid })?.key else {
      return
    }
    _ = sessions[session]?.update(peer) { $0.asked.insert(section) }
  }

  // MARK: Candidates

  private func trickle(
    _ request: CandidatesRequest, of name: String, _ core: inout ControlCore
  ) throws(MessageRefusal) {
    let connection = try session(name).connection(request.connection)
    guard let record = core.transports[connection.peer] else {
      throw MessageRefusal(.unknownConnection, "the connection is gone")
    }
    let fragment: TrickleFragment
    do throws(SDPError) {
      fragment = try TrickleFragment.parse(Array(request.candidates.utf8))
    } catch {
      throw MessageRefusal(.badSDP, "candidates: \(error.text)")
    }
    let stale = MessageRefusal(.stale, "candidates: of other ICE credentials than the current ones")
    let levels = [fragment.ice] + fragment.sections.map(\.ice)
    guard levels.allSatisfy({ $0.ufrag == nil || $0.ufrag == record.state.remote.ufrag }) else {
      throw stale
    }
    let change: TrickleRequest
    do throws(NegotiationRefusal) {
      change = try Negotiation.trickle(fragment, state: record.state)
    } catch {
      throw MessageRefusal(.badSDP, "candidates: \(error.text)")
    }
    switch change {
    case .candidates(let candidates):
      core.effects.append(.media(.addCandidates(record.peer, candidates), record.worker))
    case .restart: throw stale
    }
  }
}
