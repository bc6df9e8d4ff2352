// Sides, identifiers and offers that the tests of this target share.

import DTLS
import Foundation
import ICE
import MediaControl
import Negotiation
import RTP
import SDP
import Wire

/// Counts: tracks from 1, SSRCs from 1001.
struct CountingSource: IdentifierSource {
  private var tracks: UInt32 = 0
  private var ssrcs: SSRC = 1000

  mutating func nextTrack() -> TrackID {
    tracks += 1
    return TrackID(tracks)
  }

  mutating func nextSSRC() -> SSRC {
    ssrcs += 1
    return ssrcs
  }
}

enum Samples {
  static let server = LocalSide(
    sessionID: 4_611_686_018_427_387_904,
    credentials: ICECredentials(ufrag: "serverUfrag1", password: "serverPassword0123456789"),
    fingerprint: CertificateFingerprint(algorithm: .sha256, digest: (0..<32).map { UInt8($0) }),
    candidates: HostCandidate.all(
      addresses: ["192.0.2.10", "2001:db8::10"].compactMap { IPAddress($0) }, udpPort: 7000,
      tcpPort: 7000),
    cname: "hawker-cname")

  static let restarted = LocalSide(
    sessionID: server.sessionID,
    credentials: ICECredentials(ufrag: "serverUfrag2", password: "otherPassword01234567890"),
    fingerprint: server.fingerprint, candidates: server.candidates, cname: server.cname)

  static let client = LocalSide(
    sessionID: 42,
    credentials: ICECredentials(ufrag: "client01", password: "clientPassword0123456789"),
    fingerprint: CertificateFingerprint(
      algorithm: .sha256, digest: (0..<32).map { 255 - UInt8($0) }),
    candidates: [], cname: "client-cname")

  private static var root: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  }

  static let names = [
    "chromium-156-offer", "chromium-156-offer-simulcast-vp8", "firefox-153-offer-simulcast",
  ]

  static func text(_ name: String) throws -> String {
    try String(
      decoding: Data(contentsOf: root.appending(path: "Vectors/\(name).sdp")), as: UTF8.self)
  }

  static func offer(_ name: String) throws -> SessionDescription { try parse(text(name)) }

  static func parse(_ text: String) throws -> SessionDescription {
    try SessionDescription.parse(Array(text.utf8))
  }

  /// The golden file; written instead of read where HAWKER_WRITE_GOLDEN is set.
  static func golden(_ name: String, written: String) throws -> String {
    let file = root.appending(path: "Golden/\(name).sdp")
    if ProcessInfo.processInfo.environment["HAWKER_WRITE_GOLDEN"] != nil {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(written.utf8).write(to: file)
    }
    return try String(decoding: Data(contentsOf: file), as: UTF8.self)
  }

  static func answer(
    _ offer: SessionDescription, _ role: AnswerPolicy.Role, prefer: Codec = .vp8,
    local: LocalSide = server, continuing state: NegotiationState? = nil
  ) throws(NegotiationRefusal) -> NegotiatedSession {
    var source = CountingSource()
    return try Negotiation.answer(
      offer, policy: AnswerPolicy(role: role, preferCodec: prefer), local: local,
      continuing: state, identifiers: &source)
  }

  /// The refusal an offer gets, nil when it is answered.
  static func refusal(
    _ offer: SessionDescription, _ role: AnswerPolicy.Role = .publisher,
    continuing state: NegotiationState? = nil
  ) -> NegotiationRefusal? {
    do throws(NegotiationRefusal) {
      _ = try answer(offer, role, continuing: state)
      return nil
    } catch {
      return error
    }
  }
}
