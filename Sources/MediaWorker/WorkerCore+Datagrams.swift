// From a datagram to its peer: classification (RFC 7983), ownership, ICE, DTLS and SRTP.

import DTLS
import ICE
import MediaControl
import Peer
import RTP
import STUN
package import Wire

extension WorkerCore {
  /// Takes one datagram as it came; SRTP is unprotected in place.
  ///
  /// - Parameters:
  ///   - datagram: the whole receive slot; the datagram is its first `length` bytes.
  ///   - workers: how many workers there are.
  ///   - isHandedOver: whether another worker passed it on. It goes no further then: two workers
  ///     that take each other for the owner would pass it to and fro for ever.
  package mutating func receive(
    _ datagram: inout MutableSpan<UInt8>, length: Int, on path: TransportPath, workers: Int,
    isHandedOver: Bool = false, at now: Instant, wall: WallTime
  ) {
    statistics.packetsReceived &+= 1
    statistics.bytesReceived &+= UInt64(length)
    let kind = DatagramKind(datagram.span.extracting(0..<length))
    switch kind {
    case .stun:
      receiveSTUN(
        datagram.span.extracting(0..<length), on: path, workers: isHandedOver ? 0 : workers, at: now
      )
    case .dtls, .rtp, .rtcp:
      guard let id = addresses[PathKey(path)], let peer = peers[id] else {
        guard !isHandedOver else { return discard(.unknownSource) }
        return passElsewhere(datagram.span.extracting(0..<length), on: path)
      }
      guard peer.ice.isValidated(path, at: now) else { return discard(.unknownSource) }
      if kind == .dtls {
        receiveDTLS(datagram.span.extracting(0..<length), peer, at: now)
      } else {
        receiveMedia(&datagram, length, isRTCP: kind == .rtcp, peer, at: now, wall: wall)
      }
    default:
      discard(.unknownProtocol)
    }
  }

  /// A datagram from an address that is no peer's here: another worker's, or nobody's.
  private mutating func passElsewhere(_ datagram: borrowing Span<UInt8>, on path: TransportPath) {
    guard let owner = elsewhere.owner(of: PathKey(path)) else { return discard(.unknownSource) }
    handOver(datagram, on: path, to: owner)
  }

  private mutating func handOver(
    _ datagram: borrowing Span<UInt8>, on path: TransportPath, to owner: WorkerIndex
  ) {
    statistics.handedOver &+= 1
    if !port.handOff(.datagram(path), datagram, to: owner) { discard(.queueFull) }
  }

  // MARK: STUN

  /// Takes a STUN datagram; `workers` is 0 when it may not be handed over.
  private mutating func receiveSTUN(
    _ datagram: borrowing Span<UInt8>, on path: TransportPath, workers: Int, at now: Instant
  ) {
    guard let range = STUNRouting.localUfrag(in: datagram), let ufrag = datagram.slice(range),
      let owner = WorkerUfrag.owner(of: ufrag), let key = UfragKey(ufrag)
    else { return discard(.unexpectedSTUN) }
    guard owner == index else {
      guard Int(owner.rawValue) < workers else { return discard(.unknownUfrag) }
      // A TCP connection moves as a whole, and with it everything on its path.
      if path.channel == .udp { elsewhere.remember(PathKey(path), owner) }
      return handOver(datagram, on: path, to: owner)
    }
    guard let id = ufrags[key], let peer = peers[id] else { return discard(.unknownUfrag) }
    let outcome = peer.ice.receive(datagram, on: path, at: now, reply: &reply)
    switch outcome {
    case .discarded(let refusal):
      return discard(refusal.discardReason)
    case .rejected(let refusal):
      discard(refusal.discardReason)
    case .answered, .selected:
      guard claim(path, for: peer, at: now) else { return }
      peer.lastHeard = now
      // Not only when it is news to the agent: the nomination may have come while the address still
      // spoke for another peer.
      if peer.ice.selected == path, peer.path != path || peer.handshakeStarted == nil {
        select(path, peer, at: now)
      }
    }
    reserve(1)
    let isQueued = batch.append(contentsOf: reply, to: path)
    if isQueued { countSent(reply.count) }
  }

  /// Makes `path` lead to `peer` after a valid check on it.
  ///
  /// - Returns: false when the address still speaks for another peer.
  private mutating func claim(_ path: TransportPath, for peer: Peer, at now: Instant) -> Bool {
    let key = PathKey(path)
    if addresses[key] == peer.id { return true }
    if let other = addresses[key].flatMap({ peers[$0] }) {
      guard now - other.lastHeard >= WorkerLimits.addressReuse else {
        discard(.tooManyPaths)
        return false
      }
      other.lose(key)
    }
    elsewhere.forget(key)
    addresses[key] = peer.id
    peer.addresses.append(path)
    if peer.addresses.count > ICELiteAgent.pathsMax {
      let oldest = peer.addresses.firstIndex { $0 != peer.path } ?? 0
      addresses[PathKey(peer.addresses.remove(at: oldest))] = nil
    }
    return true
  }

  private mutating func select(_ path: TransportPath, _ peer: Peer, at now: Instant) {
    peer.path = path
    guard peer.handshakeStarted == nil else { return }
    peer.handshakeStarted = now
    port.perform(
      .handshake(.open(peer.id, peer.transport.dtlsRole, peer.transport.fingerprints)))
  }

  // MARK: DTLS and SRTP

  private mutating func receiveDTLS(
    _ datagram: borrowing Span<UInt8>, _ peer: Peer, at now: Instant
  ) {
    if peer.handshakeStarted == nil {
      // Firefox sends its ClientHello on a checked path before it nominates (RFC 8842 section 5.6).
      peer.handshakeStarted = now
      port.perform(
        .handshake(.open(peer.id, peer.transport.dtlsRole, peer.transport.fingerprints)))
    }
    guard peer.handshakeBudget.take(at: now) else { return discard(.overBudget) }
    port.perform(.handshake(.datagram(peer.id, datagram.toArray())))
  }

  private mutating func receiveMedia(
    _ datagram: inout MutableSpan<UInt8>, _ length: Int, isRTCP: Bool, _ peer: Peer,
    at now: Instant, wall: WallTime
  ) {
    switch peer.unprotect(&datagram, length: length, isRTCP: isRTCP, at: now) {
    case .failure(let refusal):
      discard(refusal.reason)
    case .success(let plain):
      if isRTCP {
        receiveRTCP(datagram.span.extracting(0..<plain), peer, at: now, wall: wall)
      } else {
        receiveRTP(datagram.span.extracting(0..<plain), peer, at: now, wall: wall)
      }
    }
  }

  // MARK: News of handshakes

  /// Takes what the handshake threads answer.
  package mutating func take(_ news: HandshakeNews, at now: Instant) {
    switch news {
    case .send(let id, let bytes):
      guard let path = peers[id]?.path ?? peers[id]?.addresses.last ?? departed.farewell(of: id)
      else { return }
      reserve(1)
      let isQueued = batch.append(bytes.span, to: path)
      if isQueued { countSent(bytes.count) }
    case .established(let id, let keys):
      guard let peer = peers[id], !peer.isSecure else { return }
      guard peer.secure(keys) else { return end(id, .handshakeFailed) }
      report(.connected(id))
      startSections(of: peer, at: now)
    case .failed(let id, let failure):
      end(id, failure == .fingerprintMismatch ? .fingerprintMismatch : .handshakeFailed)
    case .closed(let id):
      end(id, .closedByPeer)
    }
  }
}

extension Peer {
  /// Another peer speaks from the address now: nothing of ours goes there any more.
  fileprivate func lose(_ key: PathKey) {
    for lost in addresses where PathKey(lost) == key { ice.remove(lost) }
    addresses.removeAll { PathKey($0) == key }
    if let path, PathKey(path) == key { self.path = nil }
  }
}

extension ICERefusal {
  /// The counter a refused check belongs to.
  fileprivate var discardReason: DiscardReason {
    switch self {
    case .malformed, .wrongFingerprint: .malformedSTUN
    case .unexpected, .wrongPath, .expired, .unknownAttribute, .roleConflict: .unexpectedSTUN
    case .missingIntegrity, .wrongIntegrity: .badIntegrity
    case .wrongUsername: .unknownUfrag
    }
  }
}
