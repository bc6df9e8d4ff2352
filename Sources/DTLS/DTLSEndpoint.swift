// One transport's DTLS association: datagrams in, datagrams and keying material out (RFC 5764, 6347, 8842).

package import SRTP
package import Wire

/// A DTLS 1.2 endpoint of either role, sans-IO, in the caller's time.
///
/// Used by one thread, off the packet path: it allocates, and a handshake costs about 2 ms of CPU.
///
/// | state \ input | start | receive | advance | close |
/// |---|---|---|---|---|
/// | idle | handshaking | discards | nothing | ended |
/// | handshaking | nothing | goes on, established, ended | retransmits, ended at the limit | ended |
/// | established | nothing | closed by an authenticated alert, or nothing | nothing | close_notify, ended |
/// | ended | nothing | discards | nothing | nothing |
///
/// A peer whose certificate matches no fingerprint gets a fatal alert in the midst of the handshake;
/// its keys are never exported.
package final class DTLSEndpoint {
  private enum State { case idle, handshaking, established, ended }

  private let session: OpenSSLSession
  private let role: DTLSRole
  private var filter: RecordFilter
  private var state = State.idle
  private var retransmission = RetransmissionTimer()
  private var giveUp = Instant.distantFuture
  private var outgoing: [[UInt8]] = []

  /// Records, or what should have been records, that changed nothing: malformed, in clear where they
  /// must not be, forged, replayed, application data.
  package private(set) var discards: UInt64 = 0

  /// An endpoint that has not started.
  ///
  /// - Parameter fingerprints: any one match admits the peer's certificate; empty admits nobody.
  /// - Parameter profiles: in the order of preference; as a server our order decides.
  /// - Throws: `.noCommonProfile` for no profiles, `.libraryFailure`.
  package init(
    identity: DTLSIdentity, role: DTLSRole, fingerprints: [CertificateFingerprint],
    profiles: [SRTPProfile] = SRTPProfile.preferred
  ) throws(DTLSFailure) {
    guard !profiles.isEmpty else { throw .noCommonProfile }
    session = try OpenSSLSession(
      identity: identity, role: role, fingerprints: fingerprints, profiles: profiles)
    self.role = role
    filter = RecordFilter(role: role)
  }

  /// Starts the clock of the handshake; a client queues its ClientHello.
  package func start(at now: Instant) -> OnDTLS {
    guard state == .idle else { return .inProgress }
    state = .handshaking
    giveUp = now + DTLSEndpoint.handshakeTimeMax
    return role == .client ? settle(continueHandshake(at: now)) : .inProgress
  }

  /// Takes a datagram that was classified as DTLS (first byte 20...63, RFC 7983).
  ///
  /// - Parameter datagram: borrowed for the call; more than `datagramBytesMax` is discarded.
  package func receive(_ datagram: borrowing Span<UInt8>, at now: Instant) -> OnDTLS {
    guard state == .handshaking || state == .established,
      datagram.count <= DTLSEndpoint.datagramBytesMax
    else {
      discards += 1
      return .inProgress
    }
    let admitted = filter.admit(datagram)
    discards += UInt64(admitted.discards)
    var outcome = OnDTLS.inProgress
    for range in admitted.records {
      switch state {
      case .handshaking:
        session.feed(datagram.extracting(range))
        outcome = continueHandshake(at: now)
      case .established:
        // In clear: a tail of the flight that has just been answered.
        guard datagram.byte(at: range.lowerBound + 4) == 1 else { continue }
        session.feed(datagram.extracting(range))
        if readEstablished() == .closedByPeer { outcome = .closedByPeer }
      case .idle, .ended:
        discards += 1
      }
    }
    return settle(outcome)
  }

  /// Does what is due at `now`: sends a flight again, or gives up.
  package func advance(at now: Instant) -> OnDTLS {
    guard state == .handshaking else { return .inProgress }
    if now >= giveUp { return settle(end(.timedOut)) }
    guard let deadline = retransmission.deadline, now >= deadline else { return .inProgress }
    guard session.retransmit() else { return settle(end(.timedOut)) }
    retransmission.backOff(at: now)
    return settle(.inProgress)
  }

  /// Ends the association. An established one queues a close_notify.
  package func close() {
    if state == .established {
      session.shutDown()
      collectOutput()
    }
    state = .ended
  }

  /// When `advance` must be called next; nil when it need not be.
  package var nextDeadline: Instant? {
    guard state == .handshaking else { return nil }
    return min(retransmission.deadline ?? giveUp, giveUp)
  }

  /// The datagrams to send now, in order, each at most 1200 bytes; they are forgotten here.
  package func takeDatagrams() -> [[UInt8]] {
    defer { outgoing.removeAll() }
    return outgoing
  }

  private func continueHandshake(at now: Instant) -> OnDTLS {
    let step = session.handshake()
    switch session.takeTimerChange() {
    case .started: retransmission.start(at: now)
    case .stopped: retransmission.stop()
    case .none: break
    }
    switch step {
    case .wantsMore: return .inProgress
    case .done: return establish()
    case .closed, .alerted: return end(.rejectedByPeer)
    case .failed:
      return end(session.isPeerVerified == false ? .fingerprintMismatch : .protocolViolation)
    }
  }

  private func establish() -> OnDTLS {
    // OpenSSL has refused any other certificate already; keys are too precious to rely on it.
    guard session.isPeerVerified == true else { return end(.fingerprintMismatch) }
    guard let profile = session.selectedProfile else { return end(.noCommonProfile) }
    guard
      let exported = session.exportKeyingMaterial(KeyingMaterial.byteCount(of: profile)),
      let material = KeyingMaterial(profile: profile, exported: exported, role: role)
    else { return end(.libraryFailure) }
    state = .established
    filter.isEstablished = true
    retransmission.stop()
    return .established(material)
  }

  private func readEstablished() -> OnDTLS {
    let outputBefore = outgoing.count
    switch session.read() {
    case .closed:
      session.shutDown()
      state = .ended
      return .closedByPeer
    // An authenticated fatal alert ends the association as well (RFC 5246 section 7.2.2).
    case .alerted:
      state = .ended
      return .closedByPeer
    case .wantsMore, .done, .failed:
      collectOutput()
      // A repeated Finished is answered with our last flight; anything else that said nothing is counted.
      if outgoing.count == outputBefore { discards += 1 }
      return .inProgress
    }
  }

  private func end(_ failure: DTLSFailure) -> OnDTLS {
    state = .ended
    return .failed(failure)
  }

  private func settle(_ outcome: OnDTLS) -> OnDTLS {
    collectOutput()
    return outcome
  }

  private func collectOutput() {
    outgoing += DatagramPacker.pack(session.takeOutput())
  }

  /// From start to keys. Browsers give up later, people earlier.
  package static let handshakeTimeMax = TimeSpan.milliseconds(10_000)
  /// A datagram larger than any path's MTU is not from a WebRTC peer.
  package static let datagramBytesMax = 2048
}
