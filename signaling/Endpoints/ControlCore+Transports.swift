// Making, renegotiating and restarting transports, for WHIP, WHEP and the room socket alike.

import Crypto
import HTTP
import ICE
package import MediaControl
import Negotiation
package import RTP
package import Room
package import SDP
package import Wire

/// An accepted offer.
package struct AcceptedOffer: Sendable {
  package let peer: PeerID
  package let urlToken: String
  package let generation: Int
  /// The answer's text.
  package let answer: String
  /// By mid: the id of the track a viewer's section carries now.
  package let tracks: [String: String?]
}

/// What a viewer wants in the sections of its offer, by mid and kind.
package struct WatchWish: Sendable {
  package var wish: @Sendable (_ mid: String, _ kind: MediaKind, _ ordinal: Int) -> SectionWish
  package var selection:
    @Sendable (_ mid: String, _ kind: MediaKind, _ ordinal: Int) -> LayerSelection
  package init(
    wish: @escaping @Sendable (String, MediaKind, Int) -> SectionWish,
    selection: @escaping @Sendable (String, MediaKind, Int) -> LayerSelection
  ) {
    self.wish = wish
    self.selection = selection
  }
}

extension ControlCore {
  // MARK: Offers

  /// A member publishes `stream`: a new transport, or with `continuing` a renegotiation.
  package mutating func publish(
    _ offer: SessionDescription, stream: String, in room: String, by member: Member,
    until expires: WallTime? = nil, continuing: PeerID? = nil, at now: Instant
  ) throws(ControlRefusal) -> AcceptedOffer {
    let key = PublicationKey(identity: member.identity, stream: stream)
    guard PublicationKey.isStreamName(stream) else {
      throw ControlRefusal(400, "bad-message", "stream must be [A-Za-z0-9_-]{1,64}")
    }
    try checkRoom(room)
    if let continuing { return try republish(offer, continuing) }
    var (session, record) = try negotiate(
      offer, role: .publisher, room: room, member: member, purpose: .publish(key), at: now)
    record.expires = expires
    add(record, session, at: now)
    try enter(room, record) { (state: inout RoomMedia) throws(RoomRefusal) in
      try state.publish(key, by: member, peer: record.peer, tracks: session.publishedTracks)
    }
    return accepted(record, session, tracks: [:])
  }

  /// A member watches: a new transport, or with `continuing` a renegotiation.
  package mutating func watch(
    _ offer: SessionDescription, wishes: WatchWish, in room: String, by member: Member,
    until expires: WallTime? = nil, continuing: PeerID? = nil, at now: Instant
  ) throws(ControlRefusal) -> AcceptedOffer {
    try checkRoom(room)
    if let continuing { return try rewatch(offer, wishes, continuing) }
    var (session, record) = try negotiate(
      offer, role: .viewer, room: room, member: member, purpose: .watch, at: now)
    record.expires = expires
    add(record, session, at: now)
    let sections = subscriptions(session, of: record.peer, wishes, except: [])
    try enter(room, record) { (state: inout RoomMedia) throws(RoomRefusal) in
      try state.subscribe(sections)
    }
    return accepted(record, session, tracks: tracks(of: record.peer, in: room))
  }

  private mutating func republish(_ offer: SessionDescription, _ peer: PeerID)
    throws(ControlRefusal) -> AcceptedOffer
  {
    let (session, record) = try renegotiate(offer, peer, role: .publisher)
    let changes = rooms[record.room]?.update(peer: peer, tracks: session.publishedTracks) ?? []
    apply(changes, in: record.room)
    return accepted(record, session, tracks: [:])
  }

  private mutating func rewatch(
    _ offer: SessionDescription, _ wishes: WatchWish, _ peer: PeerID
  ) throws(ControlRefusal) -> AcceptedOffer {
    let before = Set(transports[peer]?.mids.values.map { $0 } ?? [])
    let (session, record) = try renegotiate(offer, peer, role: .viewer)
    let sections = subscriptions(session, of: peer, wishes, except: before)
    try enter(record.room, nil) { (state: inout RoomMedia) throws(RoomRefusal) in
      try state.subscribe(sections)
    }
    return accepted(record, session, tracks: tracks(of: peer, in: record.room))
  }

  private func subscriptions(
    _ session: NegotiatedSession, of peer: PeerID, _ wishes: WatchWish, except known: Set<String>
  ) -> [Subscription] {
    var ordinals: [MediaKind: Int] = [:]
    return session.media.sends.compactMap { section in
      let ordinal = ordinals[section.kind, default: 0]
      ordinals[section.kind] = ordinal + 1
      guard !known.contains(section.mid) else { return nil }
      return Subscription(
        peer: peer, section: section.index, mid: section.mid, kind: section.kind,
        wish: wishes.wish(section.mid, section.kind, ordinal),
        selection: wishes.selection(section.mid, section.kind, ordinal))
    }
  }

  /// By mid: the track ids a viewer's sections carry.
  package func tracks(of peer: PeerID, in room: String) -> [String: String?] {
    var result: [String: String?] = [:]
    for subscription in rooms[room]?.subscriptions ?? [] where subscription.peer == peer {
      result[subscription.mid] = .some(subscription.track)
    }
    return result
  }

  // MARK: Negotiation

  private func checkRoom(_ room: String) throws(ControlRefusal) {
    guard rooms[room]?.phase != .ended else {
      throw ControlRefusal(409, "room-ended", "the room has ended")
    }
  }

  private mutating func negotiate(
    _ offer: SessionDescription, role: AnswerPolicy.Role, room: String, member: Member,
    purpose: TransportRecord.Purpose, at now: Instant
  ) throws(ControlRefusal) -> (NegotiatedSession, TransportRecord) {
    guard !isDraining, transports.count < ControlLimits.transportsMax,
      rooms[room] != nil || rooms.count < ControlLimits.roomsMax
    else { throw ControlRefusal(503, "overloaded", "no more sessions are taken here") }
    let mine = memberTransports[MemberKey(room: room, identity: member.identity)] ?? 0
    guard mine < ControlLimits.transportsPerMemberMax else {
      throw ControlRefusal(
        429, "limit", "at most \(ControlLimits.transportsPerMemberMax) sessions per member")
    }
    let worker = directory.leastLoaded
    let sessionID = UInt64.random(in: 1..<(1 << 62), using: &random)
    let session = try answer(
      offer, role: role, in: room, local: localSide(worker, sessionID: sessionID),
      continuing: nil)
    let record = TransportRecord(
      peer: identifiers.nextPeer(), worker: worker, room: room, member: member, purpose: purpose,
      urlToken: random.urlToken(), state: session.state, sessionID: sessionID, createdAt: now)
    return (session, record)
  }

  private mutating func renegotiate(
    _ offer: SessionDescription, _ peer: PeerID, role: AnswerPolicy.Role
  ) throws(ControlRefusal) -> (NegotiatedSession, TransportRecord) {
    guard let record = transports[peer] else {
      throw ControlRefusal(404, "unknown-connection", "the connection is gone")
    }
    let session = try answer(
      offer, role: role, in: record.room,
      local: localSide(record.worker, sessionID: record.sessionID), continuing: record.state)
    transports[peer]?.state = session.state
    transports[peer]?.generation += 1
    transports[peer]?.mids = session.mids
    transports[peer]?.codecs = session.codecs
    if session.isICERestart {
      effects.append(
        .media(
          .restartICE(peer, local: session.transport.local, remote: session.transport.remote),
          record.worker))
    }
    effects.append(.media(.updatePeer(peer, session.media), record.worker))
    register(session, record)
    return (session, transports[peer] ?? record)
  }

  private mutating func answer(
    _ offer: SessionDescription, role: AnswerPolicy.Role, in room: String, local: LocalSide,
    continuing: NegotiationState?
  ) throws(ControlRefusal) -> NegotiatedSession {
    do throws(NegotiationRefusal) {
      return try Negotiation.answer(
        offer,
        policy: AnswerPolicy(
          role: role, preferCodec: preferCodec(of: room), bitrateMax: bitrateMax(of: room)),
        local: local,
        continuing: continuing, identifiers: &identifiers)
    } catch {
      throw ControlRefusal(error)
    }
  }

  /// Our side of a transport of `worker`, with fresh credentials.
  mutating func localSide(_ worker: WorkerIndex, sessionID: UInt64) -> LocalSide {
    let credentials = ICECredentials(
      ufrag: WorkerUfrag.make(owner: worker, random: random.iceCharacters(7)),
      password: random.iceCharacters(24))
    return LocalSide(
      sessionID: sessionID, credentials: credentials, fingerprint: config.fingerprint,
      candidates: config.candidates, cname: "hawker")
  }

  // MARK: Bookkeeping

  private mutating func add(
    _ record: TransportRecord, _ session: NegotiatedSession, at now: Instant
  ) {
    transports[record.peer] = record
    transports[record.peer]?.mids = session.mids
    transports[record.peer]?.codecs = session.codecs
    urls[record.urlToken] = record.peer
    directory.addPeer(on: record.worker)
    effects.append(
      .media(.addPeer(record.peer, session.transport, session.media), record.worker))
    memberTransports[
      MemberKey(room: record.room, identity: record.member.identity), default: 0] += 1
    register(session, record)
  }

  private mutating func register(_ session: NegotiatedSession, _ record: TransportRecord) {
    for section in session.media.receives {
      let rids = section.encodings.isEmpty ? [nil] : section.encodings.map(\.rid)
      directory.addTrack(
        TrackDescription(id: section.track, kind: section.kind, rids: rids), owner: record.worker)
      trackRooms[section.track] = record.room
    }
  }

  /// Puts a transport into its room; a refusal takes it back.
  private mutating func enter(
    _ room: String, _ record: TransportRecord?,
    _ body: (inout RoomMedia) throws(RoomRefusal) -> [RoomChange]
  ) throws(ControlRefusal) {
    var state = rooms[room] ?? RoomMedia()
    do throws(RoomRefusal) {
      let changes = try body(&state)
      rooms[room] = state
      apply(changes, in: room)
    } catch {
      if let record, let forgotten = forget(record.peer) {
        effects.append(.media(.removePeer(record.peer), forgotten.worker))
      }
      throw ControlRefusal(error)
    }
  }

  private func accepted(
    _ record: TransportRecord, _ session: NegotiatedSession, tracks: [String: String?]
  ) -> AcceptedOffer {
    AcceptedOffer(
      peer: record.peer, urlToken: record.urlToken, generation: record.generation,
      answer: session.answer.text, tracks: tracks)
  }

  // MARK: Ending

  /// The owner of a transport ends it.
  package mutating func end(_ peer: PeerID, at now: Instant) {
    guard let record = transports[peer] else { return }
    if case .publish(let key) = record.purpose, rooms[record.room]?.publications[key]?.peer == peer
    {
      let changes = rooms[record.room]?.unpublish(key) ?? []
      apply(changes, in: record.room)
    }
    leaveRoom(record, at: now)
    close(peer, .removed)
  }

  /// The owner of a transport that is gone already says that it will not come back.
  mutating func endPublication(_ record: TransportRecord) {
    guard case .publish(let key) = record.purpose, let room = rooms[record.room],
      room.publications[key] != nil, room.publications[key]?.peer == nil
    else { return }
    let changes = rooms[record.room]?.unpublish(key) ?? []
    apply(changes, in: record.room)
  }

  /// Takes a transport out of its room; a publication waits for its owner.
  mutating func leaveRoom(_ record: TransportRecord, at now: Instant) {
    let changes = rooms[record.room]?.peerEnded(record.peer, at: now) ?? []
    apply(changes, in: record.room)
  }
}

extension NegotiatedSession {
  /// The tracks of the sections in which the peer sends.
  fileprivate var publishedTracks: [(MediaKind, TrackID)] {
    media.receives.map { ($0.kind, $0.track) }
  }

  /// By index of a section in which we send: its codecs.
  fileprivate var codecs: [Int: [Codec]] {
    Dictionary(
      media.sends.map { ($0.index, $0.formats.map(\.codec)) },
      uniquingKeysWith: { first, _ in first })
  }

  /// By section index: the mid.
  fileprivate var mids: [Int: String] {
    Dictionary(
      (media.sends.map { ($0.index, $0.mid) } + media.receives.map { ($0.index, $0.mid) }),
      uniquingKeysWith: { first, _ in first })
  }
}

extension RandomSource {
  /// 128 random bits as base64url.
  mutating func urlToken() -> String { Base64.encode(bytes(16), .url) }
}

extension ControlRefusal {
  /// A negotiation's refusal: the offer is understood and can't be served (422).
  init(_ refusal: NegotiationRefusal) {
    if case .noCommonCodec = refusal {
      self.init(422, "no-common-codec", refusal.text)
    } else {
      self.init(422, "bad-sdp", refusal.text)
    }
  }

  /// A room's refusal.
  init(_ refusal: RoomRefusal) {
    switch refusal {
    case .ended: self.init(409, "room-ended", "the room has ended")
    case .unknownTrack: self.init(404, "unknown-track", "no such track")
    case .wrongKind:
      self.init(422, "wrong-kind", "the section and the track are of different kinds")
    case .unknownSection: self.init(404, "unknown-mid", "no such section")
    case .tooManyPublications: self.init(503, "limit", "the room has too many publications")
    case .tooManySubscriptions: self.init(503, "limit", "the room has too many viewers here")
    }
  }
}
