// The path of a media packet through one worker: in, to the other workers, to each viewer here.

package import Forwarding
package import MediaControl
import Peer
import RTP
package import Wire

extension WorkerCore {
  // MARK: In

  /// Takes an RTP packet in clear from a peer.
  mutating func receiveRTP(
    _ packet: borrowing Span<UInt8>, _ peer: Peer, at now: Instant, wall: WallTime
  ) {
    switch peer.publisher.receive(packet, at: now, wall: wall) {
    case .discarded(let reason):
      discard(reason)
    case .consumed:
      break
    case .media(let index, let info, let descriptor, let payload):
      let track = peer.publisher.tracks[index].section.track
      guard let slot = trackSlots[track], let descriptor = packet.slice(descriptor),
        let payload = packet.slice(payload)
      else { return discard(.unknownStream) }
      guard insert(info, descriptor, payload, slot, at: now, wall: wall) else { return }
      if info.startsKeyframe {
        _ = peer.publisher.withEncoding(track: index, encoding: Int(info.encoding)) {
          $0.keyframes.satisfy()
        }
      }
      if tracks[slot].anchor == nil {
        tracks[slot].anchor = peer.publisher.tracks[index].clock.anchor
        spreadAnchor(track, slot)
      }
      passOn(info, track, slot)
    }
  }

  private mutating func insert(
    _ info: PacketInfo, _ descriptor: borrowing Span<UInt8>, _ payload: borrowing Span<UInt8>,
    _ slot: Int, at now: Instant, wall: WallTime
  ) -> Bool {
    if tracks[slot].isFull { forwardTouched(at: now, wall: wall) }
    let wasSilent = tracks[slot].pending.isEmpty
    guard tracks[slot].insert(info, descriptor: descriptor, payload: payload) else {
      discard(.late)
      return false
    }
    if wasSilent { touched.append(slot) }
    return true
  }

  private mutating func passOn(_ info: PacketInfo, _ track: TrackID, _ slot: Int) {
    guard let workers = followers[track], !workers.isEmpty else { return }
    for worker in workers { handOn(info, track, slot, to: worker) }
  }

  /// Puts one packet of a track into a follower's ring.
  mutating func handOn(_ info: PacketInfo, _ track: TrackID, _ slot: Int, to worker: WorkerIndex) {
    var isTaken = false
    tracks[slot].withPacket(encoding: info.encoding, sequence: info.sequence) { info, bytes in
      // A packet of padding only has no bytes, but followers must not take its number for loss; a
      // ring carries at least one.
      isTaken =
        bytes.isEmpty
        ? port.handOff(.packet(track, info), [0 as UInt8].span, to: worker)
        : port.handOff(.packet(track, info), bytes, to: worker)
    }
    if !isTaken { discard(.queueFull) }
  }

  /// Takes a packet that the owner of its track passed on.
  package mutating func takePacket(
    _ track: TrackID, _ info: PacketInfo, _ bytes: borrowing Span<UInt8>, at now: Instant,
    wall: WallTime
  ) {
    let split = Int(info.descriptorLength)
    guard let slot = trackSlots[track], case .worker = sources[track],
      let descriptor = bytes.slice(0..<split),
      let payload = bytes.slice(split..<(split + Int(info.payloadLength)))
    else { return }
    guard insert(info, descriptor, payload, slot, at: now, wall: wall) else { return }
    if info.startsKeyframe { askedOwner[track]?[Int(info.encoding)].satisfy() }
  }

  // MARK: Out

  /// Sends what came in this turn to every viewer here, viewer by viewer: packets for one viewer
  /// lie side by side in the batch and leave as one GSO call.
  mutating func forwardTouched(at now: Instant, wall: WallTime) {
    for slot in touched {
      startLatecomers(slot, at: now)
      // The track lent once for all viewers: taking it out of its array costs as much as a packet.
      forward(tracks[slot], at: now)
      startLateKeyframes(slot, at: now)
      tracks[slot].finishTurn()
    }
    touched.removeAll(keepingCapacity: true)
  }

  private mutating func forward(_ track: Track, at now: Instant) {
    for subscriber in track.subscribers {
      // Without a path no number is used up: too many in a row would outrun the viewer's guess of the
      // rollover counter.
      guard let peer = peers[subscriber.peer], peer.isSecure, !peer.isPaused, peer.path != nil
      else { continue }
      reserve(track.pending.count)
      let sent = peer.forward(track, section: subscriber.stream, at: now, into: &batch)
      statistics.packetsSent &+= sent.packets
      statistics.bytesSent &+= sent.bytes
      statistics.packetsUnsent &+= sent.unsent
      if sent.hasFirstFrame {
        report(.firstFrame(peer.id, section: peer.sections[subscriber.stream].section.index))
      }
    }
  }

  /// Queues one packet for a viewer and counts it.
  mutating func send(
    _ patch: HeaderPatch, _ info: PacketInfo, _ slot: Int, _ peer: Peer, _ place: Int,
    at now: Instant
  ) {
    var length = 0
    tracks[slot].withPacket(encoding: info.encoding, sequence: info.sequence) { info, bytes in
      length = peer.send(patch, info, stored: bytes, section: place, into: &batch)
    }
    // A plain repeat goes out under the transport-wide number it had.
    if patch.transportSequence == peer.transportSequence {
      peer.countTransport(bytes: length, at: now)
    }
    countSent(length)
    if patch.isFirstFrame {
      report(.firstFrame(peer.id, section: peer.sections[place].section.index))
    }
  }

  // MARK: Layers

  /// A keyframe whose first packet came late, or that is history, starts no live stream; its chain
  /// does.
  private mutating func startLateKeyframes(_ slot: Int, at now: Instant) {
    for pending in tracks[slot].pending {
      guard let info = tracks[slot].encodings[Int(pending.encoding)].cache.info(pending.sequence),
        info.startsKeyframe, info.isLate || now - info.arrival > ForwardingLimits.liveAge
      else { continue }
      for subscriber in tracks[slot].subscribers {
        guard let peer = peers[subscriber.peer], peer.isSecure else { continue }
        let stream = peer.sections[subscriber.stream].stream
        guard stream.target == info.encoding, stream.current != info.encoding else { continue }
        start(peer, subscriber.stream, slot, info.encoding, at: now)
      }
    }
  }

  /// Sets the layer a viewer's section should have, and gets it there: from the chain, or at the
  /// next keyframe, which is asked for.
  mutating func chooseLayer(of peer: Peer, _ place: Int, at now: Instant) {
    let section = peer.sections[place]
    guard peer.isSecure, let track = section.track, let slot = trackSlots[track] else { return }
    guard let wanted = tracks[slot].choose(section.selection, cap: section.cap, at: now),
      align(peer, place, slot)
    else {
      latecomers.insert(slot)
      return
    }
    guard section.section.kind == .video else {
      if case .silent = section.stream.phase { peer.sections[place].stream.wait(for: wanted) }
      return
    }
    let current = section.stream.current
    if current == wanted { return peer.sections[place].stream.stay() }
    let isFlowing = current.map { tracks[slot].isActive($0, at: now) } ?? false
    if !isFlowing {
      if start(peer, place, slot, wanted, at: now) { return }
      startBelow(wanted, peer, place, slot, at: now)
    } else if hasMissedKeyframe(section.stream, slot, wanted, at: now) {
      start(peer, place, slot, wanted, at: now)
      return
    }
    peer.sections[place].stream.wait(for: wanted)
    ask(peer, place, slot, wanted, isFlowing ? .repair : .refresh, at: now)
  }

  /// Whether the keyframe a viewer asked for came while it was catching up on another layer: then its
  /// chain is there, and asking again would cost the publisher one more.
  private func hasMissedKeyframe(
    _ stream: ViewerStream, _ slot: Int, _ wanted: UInt8, at now: Instant
  ) -> Bool {
    guard case .live = stream.phase, stream.target == wanted, let asked = stream.askedAt,
      let chain = tracks[slot].encodings[Int(wanted)].chain(at: now)
    else { return false }
    return chain.startedAt > asked
  }

  /// Ties a section's timestamps to its track; false while the track has sent nothing.
  private func align(_ peer: Peer, _ place: Int, _ slot: Int) -> Bool {
    if peer.sections[place].stream.isAligned { return true }
    guard let anchor = tracks[slot].anchor else { return false }
    let offset = peer.ticksOffset(
      of: tracks[slot].description.id, anchor: anchor,
      clockRate: peer.sections[place].stream.clockRate)
    peer.sections[place].stream.align(offset: offset)
    return true
  }

  /// A viewer who would wait for the best layer's keyframe starts on a lower one that has a chain.
  private mutating func startBelow(
    _ wanted: UInt8, _ peer: Peer, _ place: Int, _ slot: Int, at now: Instant
  ) {
    guard case .automatic = peer.sections[place].selection,
      let position = tracks[slot].order.firstIndex(of: wanted)
    else { return }
    for encoding in tracks[slot].order[..<position].reversed()
    where tracks[slot].isActive(encoding, at: now) {
      if start(peer, place, slot, encoding, at: now) { return }
    }
  }

  /// Starts a section from the chain of `encoding`; false when there is none.
  @discardableResult
  mutating func start(
    _ peer: Peer, _ place: Int, _ slot: Int, _ encoding: UInt8, at now: Instant
  ) -> Bool {
    guard let chain = tracks[slot].encodings[Int(encoding)].chain(at: now) else { return false }
    peer.sections[place].stream.start(
      encoding, chainStart: chain.start, edgeTicks: chain.edgeTicks, layerRate: chain.layerRate,
      at: now)
    let subscriber = Subscriber(peer: peer.id, stream: place)
    if !catchingUp.contains(subscriber) { catchingUp.append(subscriber) }
    nextCatchUp = min(nextCatchUp, now)
    return true
  }

  /// Starts the viewers who were ready before their track was, in the turn it is: the slow work, which
  /// would start them too, comes to a viewer four times a second only. A follower waits for all chains,
  /// so that nobody starts on a lower layer because it was passed on first.
  mutating func startLatecomers(_ slot: Int, at now: Instant) {
    guard !awaitedChains.contains(slot), latecomers.remove(slot) != nil else { return }
    for subscriber in tracks[slot].subscribers {
      guard let peer = peers[subscriber.peer], !peer.isPaused,
        case .silent = peer.sections[subscriber.stream].stream.phase
      else { continue }
      chooseLayer(of: peer, subscriber.stream, at: now)
    }
  }

  /// Takes the owner's word that a track's chains are here.
  package mutating func takeChainsPassed(_ track: TrackID, at now: Instant) {
    guard let slot = trackSlots[track], awaitedChains.remove(slot) != nil else { return }
    startLatecomers(slot, at: now)
  }

  /// All sections of a peer whose keys have just come, or that is heard again.
  mutating func startSections(of peer: Peer, at now: Instant) {
    for place in peer.sections.indices where peer.sections[place].track != nil {
      chooseLayer(of: peer, place, at: now)
    }
  }

  // MARK: Catching up

  /// After a renegotiation a peer's sections may have other places; those that catch up go on.
  mutating func followCatchUps(of peer: Peer) {
    catchingUp.removeAll { $0.peer == peer.id }
    for place in peer.sections.indices {
      guard case .catchingUp = peer.sections[place].stream.phase else { continue }
      catchingUp.append(Subscriber(peer: peer.id, stream: place))
    }
  }

  mutating func advanceCatchUp(at now: Instant) {
    var waiting: [Subscriber] = []
    swap(&waiting, &catchingUp)
    waiting.removeAll { subscriber in !catchUp(subscriber, at: now) }
    catchingUp += waiting
    nextCatchUp = catchingUp.isEmpty ? .distantFuture : now + ForwardingLimits.catchUpTick
  }

  /// Sends what a viewer's pace allows; false when it has reached the live edge or is gone.
  private mutating func catchUp(_ subscriber: Subscriber, at now: Instant) -> Bool {
    let place = subscriber.stream
    guard let peer = peers[subscriber.peer], peer.sections.indices.contains(place),
      case .catchingUp(let state) = peer.sections[place].stream.phase,
      let slot = peer.sections[place].track.flatMap({ trackSlots[$0] })
    else { return false }
    guard peer.path != nil, !peer.isPaused else { return true }
    let chain = tracks[slot].encodings[Int(state.encoding)].chain(at: now)
    if let chain { peer.sections[place].stream.hasten(chain.layerRate) }
    while let next = peer.sections[place].stream.catchUpNext(at: now) {
      let encoding = Int(next.encoding)
      guard next.sequence <= tracks[slot].encodings[encoding].cache.newest ?? .min else {
        peer.sections[place].stream.finishCatchUp()
        return false
      }
      guard !tracks[slot].encodings[encoding].cache.isTooOld(next.sequence) else {
        peer.sections[place].stream.abandonCatchUp()
        return false
      }
      guard let info = tracks[slot].encodings[encoding].cache.info(next.sequence) else {
        peer.sections[place].stream.skipMissing()
        continue
      }
      if let chain, peer.sections[place].stream.skipCatchUp(to: chain.start, at: info) { continue }
      let patch = peer.sections[place].stream.catchUp(
        info, transportSequence: peer.transportSequence, at: now)
      guard let patch else { continue }
      reserve(1)
      send(patch, info, slot, peer, place, at: now)
    }
    return true
  }

  // MARK: Keyframes

  /// Asks for a keyframe for a viewer, if it has not asked within its patience.
  mutating func ask(
    _ peer: Peer, _ place: Int, _ slot: Int, _ encoding: UInt8, _ reason: KeyframeBudget.Reason,
    at now: Instant
  ) {
    guard tracks[slot].isActive(encoding, at: now) else { return }
    if let asked = peer.sections[place].stream.askedAt,
      now - asked < ForwardingLimits.keyframePatience
    {
      return
    }
    let isFirst = peer.sections[place].stream.askedAt == nil
    peer.sections[place].stream.askedAt = now
    requestKeyframe(
      tracks[slot].description.id, encoding, isFirst ? reason : .repair, at: now)
  }

  /// Asks a track's publisher for a keyframe, within the layer's budget.
  mutating func requestKeyframe(
    _ track: TrackID, _ encoding: UInt8, _ reason: KeyframeBudget.Reason, at now: Instant
  ) {
    switch sources[track] {
    case .worker(let owner):
      guard Int(encoding) < ForwardingLimits.encodingsMax else { return }
      let isDue = askedOwner[track, default: WorkerCore.noneAsked][Int(encoding)]
        .ask(reason, at: now)
      if isDue { port.perform(.note(.keyframe(track, encoding: encoding, reason), to: owner)) }
    case .peer(let id, let index):
      guard let peer = peers[id], let slot = trackSlots[track] else { return }
      // A worker that has just begun to follow asks before the chain has reached it.
      if reason == .refresh, Int(encoding) < tracks[slot].encodings.count,
        tracks[slot].encodings[Int(encoding)].chain(at: now) != nil
      {
        return
      }
      let isDue = peer.publisher.withEncoding(track: index, encoding: Int(encoding)) {
        $0.keyframes.ask(reason, at: now)
      }
      if isDue ?? false { sendKeyframeRequest(to: peer, track: index, encoding: Int(encoding)) }
    case nil:
      break
    }
  }

  private static var noneAsked: [KeyframeBudget] {
    Array(repeating: KeyframeBudget(), count: ForwardingLimits.encodingsMax)
  }

  /// Asks owners for the keyframes that were over budget when they were wished for.
  mutating func askOwnersOverdue(at now: Instant) {
    for track in Array(askedOwner.keys) {
      guard case .worker(let owner) = sources[track] else { continue }
      for encoding in 0..<ForwardingLimits.encodingsMax
      where askedOwner[track]?[encoding].takeOverdue(at: now) ?? false {
        port.perform(.note(.keyframe(track, encoding: UInt8(encoding), .repair), to: owner))
      }
    }
  }

  /// Takes a word from another worker.
  package mutating func take(_ note: WorkerNote, at now: Instant) {
    switch note {
    case .keyframe(let track, let encoding, let reason):
      requestKeyframe(track, encoding, reason, at: now)
    case .follow(let track, let worker, let isOn):
      passOn(track, to: worker, isOn, at: now)
    case .anchor(let track, let anchor):
      guard let slot = trackSlots[track], case .worker = sources[track] else { return }
      tracks[slot].anchor = anchor
      startLatecomers(slot, at: now)
    }
  }

  mutating func spreadAnchor(_ track: TrackID, _ slot: Int) {
    guard let anchor = tracks[slot].anchor else { return }
    for worker in followers[track] ?? [] { port.perform(.note(.anchor(track, anchor), to: worker)) }
  }
}
