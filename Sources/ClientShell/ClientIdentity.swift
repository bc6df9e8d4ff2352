// What every client of a process shares: its certificate, its randomness, its identifiers.

package import Crypto
package import DTLS
import ICE
package import MediaControl
package import Negotiation
package import RTP

import Loop

/// A client process's side of all its transports. One certificate for all: making one costs more than a
/// handshake.
package struct ClientIdentity: Sendable {
  package let certificate: DTLSIdentity
  package var random: RandomSource

  package init() throws(ClientFault) {
    do {
      certificate = try DTLSIdentity(now: SystemClock.wallTime())
    } catch {
      throw .connection("no certificate could be made")
    }
    random = .system
  }

  /// A new side for one transport. Without candidates: what we serve learns our address from checks.
  package mutating func makeSide() -> LocalSide {
    LocalSide(
      sessionID: random.next() >> 2, credentials: ICECredentials.random(from: &random),
      fingerprint: certificate.fingerprint, candidates: [], cname: random.iceCharacters(16))
  }
}

/// Random SSRCs, and tracks by number.
package struct ClientIdentifiers: IdentifierSource {
  private var random: RandomSource
  private var tracks: UInt32 = 0

  package init(_ random: RandomSource) { self.random = random }

  package mutating func nextTrack() -> TrackID {
    tracks &+= 1
    return TrackID(tracks)
  }

  package mutating func nextSSRC() -> SSRC { SSRC(truncatingIfNeeded: random.next()) }
}
