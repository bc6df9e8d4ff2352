// Signing on by WHEP: a thread that talks HTTP, so that serving never waits for it.

import Client
import ClientShell
import ClientTLS
import HLSFeed
import Loop
import MediaControl
import Negotiation
import RTP
import SDP
import Transcoding
import Web

/// What other threads tell the sidecar's loop.
enum SidecarNews: Sendable {
  case web(WebEvent)
  case joining(_ room: String, JoinOutcome)
  case resolved(_ room: String, Result<ServerURL, ClientFault>)
  case transcoded(_ room: String, TranscodeResult)
  case listed(Result<[ListedRoom], ClientFault>)
  case spool(_ room: String, SpoolNews)
}

/// How an attempt to play a room went.
enum JoinOutcome: Sendable {
  case joined(TransportParameters, PlayingParameters, SignalingSession)
  /// Another server on its database has the room: its origin.
  case moved(String)
  case failed(String)
}

/// One attempt to play a room with all its layers.
enum SidecarJoin {
  /// Encodings asked for: a browser's three.
  static let layers = ["low", "middle", "high"]
  /// H.264 first: only that needs no encoder of ours.
  static let codecs: [Codec] = [.h264, .vp8, .vp9, .av1]

  /// Signs on; blocking, for a thread of its own.
  static func run(
    _ url: String, token: String?, _ identity: ClientIdentity, _ tls: TLSClientContext
  ) -> JoinOutcome {
    do {
      var identity = identity
      var identifiers = ClientIdentifiers(identity.random)
      let sections =
        [OfferSection(.audio, .recvonly, codecs: [.opus])]
        + layers.map { _ in OfferSection(.video, .recvonly, codecs: codecs) }
      let offer = Negotiation.offer(
        sections, local: identity.makeSide(), identifiers: &identifiers)
      let session = try SignalingClient(tls: tls).post(
        offer.description, to: try ServerURL(url), token: token)
      let applied = try Negotiation.apply(session.answer, to: offer, identifiers: &identifiers)
      return .joined(applied.transport, PlayingParameters(applied.media), session)
    } catch ClientFault.moved(let place) {
      // The server that we were given has said so, as its room socket does.
      guard let origin = origin(of: place, from: url) else {
        return .failed(ClientFault.badURL(place).text)
      }
      return .moved(origin)
    } catch let fault as ClientFault {
      return .failed(fault.text)
    } catch let refusal as NegotiationRefusal {
      return .failed(refusal.text)
    } catch {
      return .failed("\(error)")
    }
  }

  /// `http(s)://HOST[:PORT]` of a URL; nil where it has none that we can talk to, or none by TLS where we have that:
  /// a token that was kept from others stays so.
  static func origin(of url: String, from ours: String) -> String? {
    let scheme = url.hasPrefix("https://") ? "https://" : "http://"
    guard url.hasPrefix(scheme), scheme == "https://" || !ours.hasPrefix("https://") else {
      return nil
    }
    let authority = url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
    return authority.isEmpty ? nil : scheme + authority
  }

  /// Ends a session at the server; blocking.
  static func leave(_ session: SignalingSession, _ tls: TLSClientContext) {
    try? SignalingClient(tls: tls).delete(session)
  }
}
