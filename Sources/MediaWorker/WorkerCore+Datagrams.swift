// From a datagram to its peer: classification (RFC 7983), ownership, ICE, DTLS and SRTP.

import ICE
package import MediaControl
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
  package mutating func receive(
    _ datagram: inout MutableSpan<UInt8>, length: Int, on path: TransportPath, workers: Int,
    at now: Instant, wall: WallTime
  ) {
    statistics.packetsReceived &+= 1
    statistics.bytesReceived &+= UInt64(length)
    let kind = DatagramKind(datagram.span.extracting(0..<length))
    switch kind {
    case .stun:
      receiveSTUN(datagram.span.extracting(0..<length), on: path, workers: workers, at: now)
    case .dtls, .rtp, .rtcp:
      guard let id = addresses[PathKey(path)], let peer = peers[id] else {
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
    guard let owner = elsewhere[PathKey(path)] else { return discard(.unknownSource) }
    handOver(datagram, on: path, to: owner)
  }

  private mutating func handOver(
    _ datagram: borrowing Span<UInt8>, on path: TransportPath, to owner: WorkerIndex
  ) {
    statistics.handedOver &+= 1
    if !port.handOff(.datagram(path), datagram, to: owner) { discard(.queueFull) }
  }

  // MARK: STUN

  private mutating func receiveSTUN(
    _ datagram: borrowing Span<UInt8>, on path: TransportPath, workers: Int, at now: Instant
  ) {
    guard let range = STUNRouting.localUfrag(in: datagram), let ufrag = datagram.slice(range),
      let owner = WorkerUfrag.owner(of: ufrag), let key = UfragKey(ufrag)
    else { return discard(.unexpectedSTUN) }
    guard owner == index else {
      guard Int(owner.rawValue) < workers else { return discard(.unknownUfrag) }
      remember(path, owner)
      return handOver(datagram, on: path, to: owner)
    }
    guard let id = ufrags[key], let peer = peers[id] else { return discard(.unknownUfrag) }
    let outcome = peer.ice.receive(datagram, on: path, at: now, reply: &reply)
    switch outcome {
    case .discarded(let refusal):
      return discard(refusal.discardReason)
    case .rejected(let refusal):
      discard(refusal.discardReason)
    case .answered:
      guard claim(path, for: peer, at: now) else { return }
      peer.lastHeard = now
    case .selected(let selected):
      guard claim(path, for: peer, at: now) else { return }
      peer.lastHeard = now
      select(selected, peer, at: now)
    }
    reserve(1)
    if batch.append(reply.bytes, to: path) { countSent(reply.count) }
  }

  /// Notes that `path` belongs to another worker. The note is only a hint for routing: the owner
  /// checks everything, so a forged one costs a hop and nothing else.
  private mutating func remember(_ path: TransportPath, _ owner: WorkerIndex) {
    if elsewhere.count >= WorkerLimits.elsewhereMax { elsewhere.removeAll(keepingCapacity: true) }
    elsewhere[PathKey(path)] = owner
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
      other.addresses.removeAll { PathKey($0) == key }
    }
    elsewhere[key] = nil
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
      guard let path = peers[id]?.path ?? peers[id]?.addresses.last else { return }
      reserve(1)
      if batch.append(bytes.span, to: path) { countSent(bytes.count) }
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
