// One WebRTC transport of the server: ICE and SRTP state, what it sends us and what we send it.

package import DTLS
package import Forwarding
package import ICE
package import MediaControl
package import RTP
package import SRTP
package import Wire

/// A peer as its owning worker holds it. A class: it is one identity that lives over many turns.
package final class Peer {
  package let id: PeerID
  package let transport: TransportParameters
  package private(set) var media: MediaParameters
  package var ice: ICELiteAgent
  /// Where datagrams go; nil until a check has nominated a path.
  package var path: TransportPath?
  /// Remote addresses that lead here, newest last.
  package var addresses: [TransportPath] = []
  package var publisher = PublisherSide()
  package var sections: [ViewerSection] = []
  package let createdAt: Instant
  /// When an authenticated packet last came.
  package var lastHeard: Instant
  /// Whether media to the peer is paused: it has not been heard for 5 s (DESIGN 7.1).
  package var isPaused = false
  package var handshakeStarted: Instant?
  package var handshakeBudget: Budget
  /// The number of the next packet in the transport-wide count.
  package var transportSequence: UInt16 = 0
  /// Our SSRC in feedback to the peer: never one of a media stream.
  package let feedbackSSRC: SSRC

  private var sender: SRTPSender?
  private var receiver: SRTPReceiver?
  private var seed: UInt64

  /// A peer that waits for its first check. `seed` is random: first numbers come of it.
  package init(
    id: PeerID, transport: TransportParameters, media: MediaParameters, handshakeBudget: Budget,
    seed: UInt64, at now: Instant
  ) {
    self.id = id
    self.transport = transport
    self.media = media
    self.handshakeBudget = handshakeBudget
    self.seed = seed
    feedbackSSRC = SSRC(truncatingIfNeeded: seed >> 13) | 1
    ice = ICELiteAgent(local: transport.local, remote: transport.remote, at: now)
    createdAt = now
    lastHeard = now
    apply(media, at: now)
  }

  /// Whether keys are there: only then is anything sent or taken.
  package var isSecure: Bool { sender != nil }

  // MARK: Sections

  /// Takes the sections of a renegotiation; those that stay keep their state.
  package func update(_ media: MediaParameters, at now: Instant) {
    let sameExtensions = media.extensions == self.media.extensions
    self.media = media
    apply(media, at: now)
    guard !sameExtensions else { return }
    for index in sections.indices {
      sections[index].extensions.ids = media.extensions
      sections[index].stream.forbidRepeats()
    }
  }

  private func apply(_ media: MediaParameters, at now: Instant) {
    publisher.update(media)
    let old = sections
    sections = media.sends.map { section in
      old.first { $0.section == section }
        ?? ViewerSection(section, ids: media.extensions, seed: nextSeed(), at: now)
    }
  }

  private func nextSeed() -> UInt64 {
    // Odd constant of Knuth's MMIX generator: only to spread one random seed over sections.
    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return seed ^ seed >> 29
  }

  // MARK: Keys

  /// The handshake has ended and the certificate matched: media may flow.
  package func secure(_ keys: KeyingMaterial) -> Bool {
    guard
      let sender = try? SRTPSender(profile: keys.profile, key: keys.local),
      let receiver = try? SRTPReceiver(profile: keys.profile, key: keys.remote)
    else { return false }
    self.sender = sender
    self.receiver = receiver
    return true
  }

  /// Unprotects RTP or RTCP in place.
  ///
  /// - Returns: the length in clear, or why it was refused.
  package func unprotect(
    _ packet: inout MutableSpan<UInt8>, length: Int, isRTCP: Bool, at now: Instant
  ) -> Result<Int, UnprotectRefusal> {
    guard receiver != nil else { return .failure(UnprotectRefusal(reason: .mediaBeforeDTLS)) }
    do throws(SRTPError) {
      let plain =
        isRTCP
        ? try receiver?.unprotectRTCP(&packet, length: length)
        : try receiver?.unprotectRTP(&packet, length: length)
      lastHeard = now
      return .success(plain ?? 0)
    } catch {
      switch error {
      case .replayed: return .failure(UnprotectRefusal(reason: .replayed))
      case .tooManyStreams: return .failure(UnprotectRefusal(reason: .tooManyEncodings))
      case .badAuthentication, .unknown, .keyExhausted:
        return .failure(UnprotectRefusal(reason: .badAuthentication))
      case .tooShort, .noSpace: return .failure(UnprotectRefusal(reason: .malformedRTP))
      }
    }
  }

  /// Why a packet was not unprotected.
  package struct UnprotectRefusal: Error {
    package var reason: DiscardReason
  }

  // MARK: Sending

  /// Writes, protects and queues one media packet.
  ///
  /// - Returns: the datagram's length; 0 when it was not queued.
  package func send(
    _ patch: HeaderPatch, _ info: PacketInfo, stored: borrowing Span<UInt8>, section: Int,
    into batch: inout DatagramBatch
  ) -> Int {
    guard let path, sender != nil else { return 0 }
    var length = 0
    batch.append(to: path) { slot in
      guard
        let written = try? PacketWriter.write(
          patch, info, stored: stored, extensions: sections[section].extensions, to: &slot),
        let total = try? sender?.protectRTP(
          &slot, length: written.length, headerLength: written.headerLength,
          rolloverCounter: patch.rolloverCounter)
      else { return 0 }
      length = total
      return total
    }
    return length
  }

  /// Protects and queues one RTCP packet.
  package func sendRTCP(_ packet: borrowing Span<UInt8>, into batch: inout DatagramBatch) -> Int {
    guard let path, sender != nil, !packet.isEmpty else { return 0 }
    var length = 0
    batch.append(to: path) { slot in
      guard slot.copy(packet, at: 0),
        let total = try? sender?.protectRTCP(&slot, length: packet.count)
      else { return 0 }
      length = total
      return total
    }
    return length
  }
}
