// One transport of ours towards a server: controlling ICE, DTLS and SRTP (RFC 8445, 5764, 3711). Sans-IO.

package import Crypto
package import DTLS
package import ICE
package import MediaControl
import SRTP
import STUN
package import Wire

/// A client's transport. A class: it is one identity that lives over many turns of its caller's loop.
///
/// The caller sends what is appended to the batch, calls `advance` at `nextDeadline`, and opens the TCP
/// connections `nextConnection` asks for. Handshakes are done inline: about 2 ms of CPU each.
package final class ClientTransport {
  private let dtls: DTLSEndpoint
  private var ice: ICEControllingAgent
  private var sender: SRTPSender?
  private var receiver: SRTPReceiver?
  private var hasStartedDTLS = false
  private var watchesNonces = false
  /// Why the transport is over; nil while it lives.
  package private(set) var end: ClientEnd?
  /// When keys were there; nil before.
  package private(set) var connectedAt: Instant?
  /// Datagrams that changed nothing: unknown, forged, replayed, too early.
  package private(set) var discards: UInt64 = 0
  package private(set) var packetsSent: UInt64 = 0
  package private(set) var bytesSent: UInt64 = 0

  /// A transport that starts its checks at `now`.
  ///
  /// - Throws: `.libraryFailure` when OpenSSL refuses.
  package init(
    _ parameters: TransportParameters, identity: DTLSIdentity, random: RandomSource,
    timing: ICETiming = ICETiming(), at now: Instant
  ) throws(DTLSFailure) {
    dtls = try DTLSEndpoint(
      identity: identity, role: parameters.dtlsRole, fingerprints: parameters.fingerprints)
    ice = ICEControllingAgent(
      local: parameters.local, remote: parameters.remote, timing: timing, random: random, at: now)
    ice.add(parameters.candidates)
  }

  /// Whether media may be sent and taken.
  package var isConnected: Bool { sender != nil && end == nil }
  /// Where datagrams go; nil until a pair was nominated.
  package var path: TransportPath? { ice.selected }

  // MARK: ICE

  /// Adds remote candidates to check.
  package func add(_ candidates: [RemoteCandidate]) { ice.add(candidates) }

  /// ICE restart; the old path stays in use until a pair of the new generation is nominated.
  package func restart(
    local: ICECredentials, remote: ICECredentials, candidates: [RemoteCandidate], at now: Instant
  ) {
    ice.restart(local: local, remote: remote, candidates: candidates, at: now)
  }

  /// The next address to open a TCP connection to; nil when there is none. Each is named once.
  package func nextConnection() -> SocketAddress? { ice.nextConnection() }

  /// The connection asked for is open and is `path`.
  package func opened(_ path: TransportPath) { ice.opened(path) }

  /// A connection could not be opened, or has closed.
  package func closed(_ remote: SocketAddress) { ice.closed(remote) }

  // MARK: Time

  /// When `advance` must be called next.
  package var nextDeadline: Instant {
    guard end == nil else { return .distantFuture }
    return min(ice.nextDeadline, dtls.nextDeadline ?? .distantFuture)
  }

  /// Does what is due at `now`.
  ///
  /// - Returns: why the transport ended, if it did so now.
  package func advance(at now: Instant, into batch: inout DatagramBatch) -> ClientEnd? {
    guard end == nil else { return nil }
    if ice.isExpired(at: now) { return finish(.consentExpired) }
    ice.advance(at: now, into: &batch)
    guard hasStartedDTLS else { return nil }
    if case .ended(let reason) = settle(dtls.advance(at: now), at: now, into: &batch) {
      return reason
    }
    return nil
  }

  // MARK: Receiving

  /// Takes one datagram; SRTP is unprotected in place.
  ///
  /// - Parameter datagram: the whole receiving slot; the datagram is its first `length` bytes.
  package func receive(
    _ datagram: inout MutableSpan<UInt8>, length: Int, on path: TransportPath, at now: Instant,
    into batch: inout DatagramBatch
  ) -> OnClientDatagram {
    guard end == nil, length >= 0, length <= datagram.count else { return discard() }
    switch DatagramKind(datagram.span.extracting(0..<length)) {
    case .stun:
      return receiveSTUN(datagram.span.extracting(0..<length), on: path, at: now, into: &batch)
    case .dtls:
      startDTLS(at: now)
      let outcome = dtls.receive(datagram.span.extracting(0..<length), at: now)
      return settle(outcome, at: now, into: &batch)
    case .rtp:
      guard let plain = try? receiver?.unprotectRTP(&datagram, length: length) else {
        return discard()
      }
      return .rtp(length: plain)
    case .rtcp:
      guard let plain = try? receiver?.unprotectRTCP(&datagram, length: length) else {
        return discard()
      }
      return .rtcp(length: plain)
    case .zrtp, .turnChannel, .unknown:
      return discard()
    }
  }

  private func discard() -> OnClientDatagram {
    discards &+= 1
    return .nothing
  }

  private func receiveSTUN(
    _ datagram: borrowing Span<UInt8>, on path: TransportPath, at now: Instant,
    into batch: inout DatagramBatch
  ) -> OnClientDatagram {
    switch ice.receive(datagram, on: path, at: now, into: &batch) {
    case .discarded: return discard()
    case .rejected, .handled: return .nothing
    case .selected:
      let outcome = startDTLS(at: now)
      return settle(outcome, at: now, into: &batch)
    }
  }

  // MARK: DTLS

  @discardableResult
  private func startDTLS(at now: Instant) -> OnDTLS {
    guard !hasStartedDTLS else { return .inProgress }
    hasStartedDTLS = true
    return dtls.start(at: now)
  }

  private func settle(_ outcome: OnDTLS, at now: Instant, into batch: inout DatagramBatch)
    -> OnClientDatagram
  {
    flushDTLS(into: &batch)
    switch outcome {
    case .inProgress: return .nothing
    case .established(let keys): return secure(keys, at: now)
    case .closedByPeer: return .ended(finish(.closedByServer))
    case .failed(let failure): return .ended(finish(.handshakeFailed(failure)))
    }
  }

  private func flushDTLS(into batch: inout DatagramBatch) {
    let datagrams = dtls.takeDatagrams()
    guard let path else { return }  // Retransmission makes up for it.
    for datagram in datagrams { batch.append(datagram.span, to: path) }
  }

  private func secure(_ keys: KeyingMaterial, at now: Instant) -> OnClientDatagram {
    do throws(SRTPError) {
      sender = try SRTPSender(profile: keys.profile, key: keys.local)
      receiver = try SRTPReceiver(profile: keys.profile, key: keys.remote)
    } catch {
      return .ended(finish(.handshakeFailed(.libraryFailure)))
    }
    if watchesNonces { sender?.nonceGuard = NonceGuard() }
    connectedAt = now
    return .connected
  }

  private func finish(_ reason: ClientEnd) -> ClientEnd {
    end = reason
    return reason
  }

  /// Ends the transport; an established one says close_notify.
  package func close(into batch: inout DatagramBatch) {
    guard end == nil else { return }
    dtls.close()
    flushDTLS(into: &batch)
    end = .closed
  }

  // MARK: Sending

  /// Protects and queues a copy of one RTP packet in clear.
  ///
  /// - Parameter rolloverCounter: the high 32 bits of the packet index; the caller never lets two
  ///   different packets share an index.
  /// - Returns: the datagram's length; 0 when it was not queued.
  @discardableResult
  package func sendRTP(
    _ packet: borrowing Span<UInt8>, headerLength: Int, rolloverCounter: UInt32,
    into batch: inout DatagramBatch
  ) -> Int {
    guard isConnected, let path else { return 0 }
    var total = 0
    batch.append(to: path) { slot in
      guard slot.copy(packet, at: 0) else { return 0 }
      total =
        (try? sender?.protectRTP(
          &slot, length: packet.count, headerLength: headerLength,
          rolloverCounter: rolloverCounter)) ?? 0
      return total
    }
    return countSent(total)
  }

  /// Protects and queues a copy of one RTCP packet in clear; returns the datagram's length, or 0.
  @discardableResult
  package func sendRTCP(_ packet: borrowing WireBuffer, into batch: inout DatagramBatch) -> Int {
    guard isConnected, packet.count > 0, let path else { return 0 }
    var total = 0
    batch.append(to: path) { slot in
      guard slot.copy(packet.bytes, at: 0) else { return 0 }
      total = (try? sender?.protectRTCP(&slot, length: packet.count)) ?? 0
      return total
    }
    return countSent(total)
  }

  private func countSent(_ length: Int) -> Int {
    guard length > 0 else { return 0 }
    packetsSent &+= 1
    bytesSent &+= UInt64(length)
    return length
  }

  // MARK: Watching

  /// Watches every RTP packet for a packet index used twice. For tests and simulation; it allocates.
  package func watchNonces() {
    watchesNonces = true
    if sender != nil && sender?.nonceGuard == nil { sender?.nonceGuard = NonceGuard() }
  }

  /// Packet indexes used for two different packets, as far as they were watched.
  package var nonceViolations: Int { sender?.nonceGuard?.violations.count ?? 0 }
}
