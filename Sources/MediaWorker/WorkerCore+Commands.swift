// What the control plane orders, and how peers and tracks come and go.

import DTLS
import Forwarding
import ICE
package import MediaControl
import Peer
import RTP
package import Wire

extension WorkerCore {
  /// Executes one command. `.stop` is the shell's.
  package mutating func execute(_ command: MediaCommand, at now: Instant, wall: WallTime) {
    switch command {
    case .addPeer(let id, let transport, let media):
      add(id, transport, media, at: now, wall: wall)
    case .updatePeer(let id, let media):
      guard let peer = peers[id] else { return }
      update(peer, media, at: now)
    case .restartICE(let id, let local, let remote):
      guard let peer = peers[id], let key = UfragKey(local.ufrag) else { return }
      restart(peer, key, local: local, remote: remote)
    case .addCandidates:
      break  // A lite agent never contacts a candidate (DESIGN 7.1).
    case .removePeer(let id):
      end(id, .removed)
    case .attach(let id, let section, let track, let selection):
      attach(id, section, track, selection, at: now)
    case .select(let id, let section, let selection):
      guard let peer = peers[id], let place = peer.place(ofSection: section) else { return }
      peer.sections[place].selection = selection
      chooseLayer(of: peer, place, at: now)
    case .follow(let description, let owner):
      guard trackSlots[description.id] == nil else { return }
      guard hold(description) else { return refuse(description.id) }
      sources[description.id] = .worker(owner)
      if let slot = trackSlots[description.id] { awaitedChains.insert(slot) }
      // The owner hears it from us, not from the control plane: so we hold the track before its first
      // packet comes.
      port.perform(.note(.follow(description.id, by: index, true), to: owner))
    case .unfollow(let track):
      guard case .worker(let owner) = sources[track] else { return }
      drop(track)
      port.perform(.note(.follow(track, by: index, false), to: owner))
    case .reportStatistics(let request):
      var snapshot = statistics
      snapshot.peers = peers.count
      snapshot.tracks = trackSlots.count
      report(.statistics(request: request, snapshot))
    case .stop:
      for id in Array(peers.keys) { end(id, .removed) }
    }
  }

  /// Whether peers that were ended have still to be told: their close_notify is being made.
  package var awaitsFarewells: Bool { departed.awaitsFarewells }

  // MARK: Peers

  private mutating func add(
    _ id: PeerID, _ transport: TransportParameters, _ media: MediaParameters, at now: Instant,
    wall: WallTime
  ) {
    guard peers.count < WorkerLimits.peersMax, peers[id] == nil,
      let key = UfragKey(transport.local.ufrag)
    else { return report(.ended(id, .overloaded)) }
    let budget = Budget(
      perSecond: WorkerLimits.handshakeDatagramsPerSecond,
      burst: WorkerLimits.handshakeDatagramsPerSecond, at: now)
    let peer = Peer(
      id: id, transport: transport, media: media, handshakeBudget: budget, seed: nextSeed(),
      at: now,
      wall: wall)
    if watchesNonces { peer.watchNonces() }
    peer.newestUfrag = key.rawValue
    peers[id] = peer
    rota.append(id)
    ufrags[key] = id
    holdTracks(of: peer)
  }

  /// Adds a generation of credentials and forgets the ufrags the agent has forgotten: of several
  /// restarts that nobody took up, only the last lives.
  private mutating func restart(
    _ peer: Peer, _ key: UfragKey, local: ICECredentials, remote: ICECredentials
  ) {
    let isSettled = peer.ice.isSettled
    peer.ice.addGeneration(local: local, remote: remote)
    if isSettled { peer.settledUfrag = peer.newestUfrag }
    peer.newestUfrag = key.rawValue
    let living = [peer.settledUfrag, peer.newestUfrag]
    for (other, owner) in ufrags where owner == peer.id && !living.contains(other.rawValue) {
      ufrags[other] = nil
    }
    ufrags[key] = peer.id
  }

  private mutating func update(_ peer: Peer, _ media: MediaParameters, at now: Instant) {
    let before = peer.publisher.tracks.map(\.description)
    // A section's place may move, so the subscriptions are made anew; the streams stay.
    for (place, section) in peer.sections.enumerated() { detach(peer.id, place, section.track) }
    peer.update(media, at: now)
    let after = peer.publisher.tracks.map(\.description)
    for track in before where !after.contains(track) { drop(track.id) }
    for (place, section) in peer.sections.enumerated() {
      guard let slot = section.track.flatMap({ trackSlots[$0] }) else { continue }
      tracks[slot].subscribe(Subscriber(peer: peer.id, stream: place))
    }
    followCatchUps(of: peer)
    holdTracks(of: peer)
  }

  private mutating func holdTracks(of peer: Peer) {
    publishers.removeAll { $0 == peer.id }
    if !peer.publisher.tracks.isEmpty { publishers.append(peer.id) }
    for (index, track) in peer.publisher.tracks.enumerated() {
      guard hold(track.description) else { return end(peer.id, .overloaded) }
      sources[track.section.track] = .peer(peer.id, index: index)
    }
  }

  /// Ends a peer: its tracks, its subscriptions, its addresses.
  mutating func end(_ id: PeerID, _ reason: PeerEnd) {
    guard let peer = peers.removeValue(forKey: id) else { return }
    endedNonceViolations += peer.nonceViolations
    publishers.removeAll { $0 == id }
    if peer.handshakeStarted != nil {
      if let path = peer.path { departed.note(id, path) }
      port.perform(.handshake(.close(id)))
    }
    for (place, section) in peer.sections.enumerated() { detach(id, place, section.track) }
    for track in peer.publisher.tracks { drop(track.section.track) }
    for path in peer.addresses where addresses[PathKey(path)] == id {
      addresses[PathKey(path)] = nil
      if case .tcp(let connection) = path.channel { port.perform(.closeConnection(connection)) }
    }
    for (key, owner) in ufrags where owner == id { ufrags[key] = nil }
    report(.ended(id, reason))
  }

  /// A TCP connection has closed: it carries nothing any more.
  package mutating func connectionClosed(_ path: TransportPath) {
    guard let id = addresses.removeValue(forKey: PathKey(path)), let peer = peers[id] else {
      elsewhere.forget(PathKey(path))
      return
    }
    peer.addresses.removeAll { PathKey($0) == PathKey(path) }
    peer.ice.remove(path)
    if peer.path == path { peer.path = peer.ice.selected }
  }

  /// A TCP connection's queue is full: whole frames go and the layer falls (DESIGN 7.5).
  package mutating func connectionCongested(_ path: TransportPath, at now: Instant) {
    guard let id = addresses[PathKey(path)], let peer = peers[id], peer.path == path else { return }
    for place in peer.sections.indices where peer.sections[place].section.kind == .video {
      if case .silent = peer.sections[place].stream.phase { continue }
      peer.sections[place].stepDown()
      peer.sections[place].stream.fallSilent()
    }
  }

  /// Counts a datagram too long for a receiving slot.
  package mutating func countOversized() { discard(.oversized) }

  // MARK: Tracks

  /// Makes room for a track; false when as many are held as may be.
  private mutating func hold(_ description: TrackDescription) -> Bool {
    guard trackSlots[description.id] == nil else { return true }
    guard trackSlots.count < WorkerLimits.tracksMax else { return false }
    let slot = freeTracks.popLast() ?? tracks.count
    if slot == tracks.count {
      tracks.append(Track(description))
    } else {
      tracks[slot] = Track(description)
    }
    trackSlots[description.id] = slot
    subscribeWaiting(to: description.id, slot)
    return true
  }

  /// Sections may have been attached before their track was here.
  private mutating func subscribeWaiting(to track: TrackID, _ slot: Int) {
    for (id, peer) in peers {
      for place in peer.sections.indices where peer.sections[place].track == track {
        tracks[slot].subscribe(Subscriber(peer: id, stream: place))
      }
    }
  }

  /// A track that can't be held: whoever waits for it here is told by name, so that they come again
  /// and get another worker, rather than see nothing.
  private mutating func refuse(_ track: TrackID) {
    let waiting = peers.values.filter { $0.sections.contains { $0.track == track } }
    for peer in waiting { end(peer.id, .overloaded) }
  }

  private mutating func drop(_ track: TrackID) {
    guard let slot = trackSlots.removeValue(forKey: track) else { return }
    for subscriber in tracks[slot].subscribers {
      guard let peer = peers[subscriber.peer], peer.sections.indices.contains(subscriber.stream)
      else { continue }
      peer.sections[subscriber.stream].attach(nil, peer.sections[subscriber.stream].selection)
    }
    // An empty track in its place, so that the memory of its caches is given back.
    tracks[slot] = Track(TrackDescription(id: track, kind: .audio, rids: []))
    touched.removeAll { $0 == slot }
    latecomers.remove(slot)
    awaitedChains.remove(slot)
    freeTracks.append(slot)
    sources[track] = nil
    followers[track] = nil
    askedOwner[track] = nil
  }

  /// Passes a track on to another worker, or no longer. It begins with the chains, so that viewers
  /// there start at once too.
  mutating func passOn(_ track: TrackID, to worker: WorkerIndex, _ isOn: Bool, at now: Instant) {
    guard worker != index, let slot = trackSlots[track] else { return }
    var workers = followers[track] ?? []
    workers.removeAll { $0 == worker }
    if isOn { workers.append(worker) }
    followers[track] = workers
    guard isOn else { return }
    if let anchor = tracks[slot].anchor { port.perform(.note(.anchor(track, anchor), to: worker)) }
    for encoding in tracks[slot].encodings.indices {
      passOnChain(of: UInt8(encoding), track, slot, to: worker, at: now)
    }
    // A ring carries at least one byte. When it is full, viewers there start in the slow work.
    _ = port.handOff(.chainsPassed(track), [0 as UInt8].span, to: worker)
  }

  private mutating func passOnChain(
    of encoding: UInt8, _ track: TrackID, _ slot: Int, to worker: WorkerIndex, at now: Instant
  ) {
    let state = tracks[slot].encodings[Int(encoding)]
    guard let chain = state.chain(at: now), let newest = state.cache.newest else { return }
    for sequence in chain.start...max(chain.start, newest) {
      guard let info = tracks[slot].info(encoding: encoding, sequence: sequence) else { continue }
      handOn(info, track, slot, to: worker)
    }
  }

  // MARK: Subscriptions

  private mutating func attach(
    _ id: PeerID, _ section: Int, _ track: TrackID?, _ selection: LayerSelection, at now: Instant
  ) {
    guard let peer = peers[id], let place = peer.place(ofSection: section) else { return }
    let before = peer.sections[place].track
    if before != track { detach(id, place, before) }
    peer.sections[place].attach(track, selection)
    guard let track else { return }
    guard let slot = trackSlots[track] else {
      // It is yet to come, and is subscribed to then, unless there is no room for it.
      if trackSlots.count >= WorkerLimits.tracksMax { end(id, .overloaded) }
      return
    }
    tracks[slot].subscribe(Subscriber(peer: id, stream: place))
    if peer.isSecure { chooseLayer(of: peer, place, at: now) }
  }

  private mutating func detach(_ id: PeerID, _ place: Int, _ track: TrackID?) {
    guard let track, let slot = trackSlots[track] else { return }
    tracks[slot].unsubscribe(Subscriber(peer: id, stream: place))
  }
}

extension Peer {
  /// The place among our sections of the session description's section `index`.
  func place(ofSection index: Int) -> Int? { sections.firstIndex { $0.section.index == index } }
}
