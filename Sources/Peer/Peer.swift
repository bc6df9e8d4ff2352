// One WebRTC transport of the server: ICE and SRTP state, what it sends us and what we send it.

package import Congestion
package import DTLS
package import Forwarding
package import ICE
package import MediaControl
package import RTP
import SRTP
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
  /// Our ufrag of the newest ICE generation, as its worker files it, and of the one before a restart
  /// that is still under way.
  package var newestUfrag: UInt64 = 0
  package var settledUfrag: UInt64 = 0
  package var handshakeBudget: Budget
  /// What was sent, by transport-wide number, and what the peer says arrived.
  package var transportReader = TransportFeedbackReader()
  private var arrivals: [TransportFeedbackReader.Arrival] = []
  /// Whether the path carries what we send, as far as feedback tells.
  package private(set) var delivery = DeliveryMeter()
  private var remb: (bitrate: Bitrate, at: Instant)?
  /// Our SSRC in feedback to the peer: never one of a media stream.
  package let feedbackSSRC: SSRC

  /// Timestamps of a track's packets = its ticks + this, one for all sections that carry the track.
  private var trackOffsets: [(track: TrackID, offset: Int64)] = []
  private let timestampSeed: Int64
  /// Numbers of sections that were negotiated away.
  private var retired: [ViewerStream.Numbers] = []
  private let epoch: WallTime
  var sender: SRTPSender?
  private var receiver: SRTPReceiver?
  private var watchesNonces = false
  private var seed: UInt64

  /// A peer that waits for its first check. `seed` is random: first numbers come of it.
  package init(
    id: PeerID, transport: TransportParameters, media: MediaParameters, handshakeBudget: Budget,
    seed: UInt64, at now: Instant, wall: WallTime
  ) {
    self.id = id
    epoch = wall
    timestampSeed = Int64(seed >> 33)
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
      let same = old.first { $0.section.ssrc == section.ssrc && $0.section.kind == section.kind }
      if var kept = same {
        kept.renegotiate(section)
        return kept
      }
      var new = ViewerSection(section, ids: media.extensions, seed: nextSeed(), at: now)
      let used = old.first { $0.section.ssrc == section.ssrc }?.stream.numbers
      if let numbers = used ?? retired.first(where: { $0.ssrc == section.ssrc }) {
        new.stream.resume(numbers)
      }
      return new
    }
    retire(old)
  }

  /// Remembers the numbers of sections that are gone: should one come back under its SSRC, the key is
  /// still the same, so its numbers must go on (DESIGN section 3).
  private func retire(_ old: [ViewerSection]) {
    let living = Set(sections.map(\.section.ssrc))
    retired.removeAll { living.contains($0.ssrc) }
    retired += old.map(\.stream.numbers).filter { !living.contains($0.ssrc) }
    retired.removeFirst(max(0, retired.count - Peer.retiredMax))
  }

  /// SSRCs of ours remembered after their sections ended: more than a session description has sections.
  static let retiredMax = 64

  private func nextSeed() -> UInt64 {
    // Odd constant of Knuth's MMIX generator: only to spread one random seed over sections.
    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return seed ^ seed >> 29
  }

  /// The constant between a track's ticks and our timestamps to this peer.
  ///
  /// Timestamps run with media time from the peer's creation on, so whatever track comes, they go on
  /// as far as time went on; all sections that carry one track share the constant.
  package func ticksOffset(
    of track: TrackID, anchor: TrackClock.Anchor, clockRate: Int
  ) -> Int64 {
    if let known = trackOffsets.first(where: { $0.track == track }) { return known.offset }
    let elapsed = (anchor.mediaTime - epoch).seconds * Double(clockRate)
    let offset = timestampSeed + Int64(elapsed) - anchor.ticks
    trackOffsets.removeAll { old in !sections.contains { $0.track == old.track } }
    trackOffsets.append((track, offset))
    return offset
  }

  // MARK: Keys

  /// The handshake has ended and the certificate matched: media may flow.
  package func secure(_ keys: KeyingMaterial) -> Bool {
    do throws(SRTPError) {
      sender = try SRTPSender(profile: keys.profile, key: keys.local)
      receiver = try SRTPReceiver(profile: keys.profile, key: keys.remote)
      if watchesNonces { sender?.nonceGuard = NonceGuard() }
      return true
    } catch {
      sender = nil
      return false
    }
  }

  /// Watches every packet sent from now on for a packet index used twice (tests and simulation).
  package func watchNonces() {
    watchesNonces = true
    if isSecure && sender?.nonceGuard == nil { sender?.nonceGuard = NonceGuard() }
  }

  /// Packet indexes used for two different packets, as far as they were watched.
  package var nonceViolations: Int { sender?.nonceGuard?.violations.count ?? 0 }

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

  // MARK: Transport-wide feedback

  /// The transport-wide number the next packet takes.
  package var transportSequence: UInt16 { transportReader.history.nextNumber.rawValue }

  /// Notes that a packet went out under `transportSequence`.
  package func countTransport(bytes: Int, at now: Instant) {
    _ = transportReader.history.record(byteCount: bytes, at: now)
  }

  /// Takes a feedback message of the peer's.
  package func receive(
    _ feedback: TransportFeedback, in datagram: borrowing Span<UInt8>, at now: Instant
  ) {
    if arrivals.capacity == 0 { arrivals.reserveCapacity(Peer.arrivalsMax) }
    arrivals.removeAll(keepingCapacity: true)
    transportReader.receive(feedback, in: datagram, at: now, arrivals: &arrivals)
    for arrival in arrivals { delivery.record(arrival, at: now) }
  }

  /// Takes the peer's estimate (REMB) of what its transport can receive.
  package func observeEstimate(_ bitrate: Bitrate, at now: Instant) { remb = (bitrate, now) }

  /// The part of `rate` that the transport carries, when all its sections together use `total`; nil when
  /// nothing says that it carries less than all. An estimate is for the transport: each section has a
  /// part of it as large as its part of what is sent.
  package func receivable(of rate: Bitrate, total: Bitrate, at now: Instant) -> Bitrate? {
    guard total > .zero else { return nil }
    let change = sections.reduce(createdAt) { max($0, $1.steppedAt) }
    var share = delivery.share(since: change, at: now)
    if let remb, now - remb.at < ViewerSection.reportAge {
      share = min(
        share ?? .infinity, Double(remb.bitrate.bitsPerSecond) / Double(total.bitsPerSecond))
    }
    guard let share, share < 1 else { return nil }
    return Bitrate(bitsPerSecond: Int64(Double(rate.bitsPerSecond) * share))
  }

  /// Arrivals of one message that congestion control will look at; the loss counts all.
  static let arrivalsMax = 256
}
