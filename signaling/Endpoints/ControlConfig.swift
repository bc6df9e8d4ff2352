// What the control plane is told once, at start-up.

package import Access
package import Commerce
package import DTLS
package import Negotiation
package import Nodes
package import RTP
package import Room
package import RoomLog
package import Wire

/// The settings of a `ControlCore`.
package struct ControlConfig: Sendable {
  /// Media workers, 1...36.
  package var workers: Int
  /// The fingerprint of the process's certificate.
  package var fingerprint: CertificateFingerprint
  /// Where media reaches us, best first.
  package var candidates: [HostCandidate]
  /// The video codec publishers are asked for first.
  package var preferCodec: Codec
  /// Origins that may use the API from a page; empty means: any may use WHIP and WHEP, whose tokens
  /// no browser sends by itself, and only our own pages may open the room socket.
  package var allowedOrigins: [String]
  /// Proxies whose word on who their client is counts.
  package var trustedProxies: [AddressRange]
  /// Seeds identifiers: random in production, fixed in tests.
  package var seed: UInt64
  /// Whether rooms live in a store; without one they are new each time.
  package var isDurable: Bool
  /// What identities and browsers are marked with in bans: the same after a restart.
  package var markKey: IdentityMark.Key
  /// The endpoints of webhooks as they are on the disk.
  package var hookEndpoints: [HookEndpointRow]
  /// Addresses webhooks may be sent to although they are not public.
  package var hookAllowed: Set<SocketAddress>
  /// What can be given, and what a host gets of it.
  package var gifts: GiftCatalogue
  /// Where rooms' HLS is; nil without an HLS tier.
  package var hls: HLSPlace?
  /// Who gives the key of protected HLS, told to viewers with its address.
  package var hlsLicences: [LicencePlace]
  /// What addresses of HLS are signed with; nil: anybody may load it.
  package var streamAccess: StreamAccess?
  /// Viewers over WebRTC; nil: all. Counts with an HLS tier only.
  package var webRTCViewers: Int?
  /// What this process is among those on its database; nil without others.
  package var membership: NodeMembership?
  package init(
    workers: Int, fingerprint: CertificateFingerprint, candidates: [HostCandidate],
    preferCodec: Codec, allowedOrigins: [String], trustedProxies: [AddressRange] = [],
    seed: UInt64, isDurable: Bool = false, markKey: IdentityMark.Key = .none,
    hookEndpoints: [HookEndpointRow] = [], hookAllowed: Set<SocketAddress> = [],
    gifts: GiftCatalogue = .standard, hls: HLSPlace? = nil,
    hlsLicences: [LicencePlace] = [],
    streamAccess: StreamAccess? = nil, webRTCViewers: Int? = nil,
    membership: NodeMembership? = nil
  ) {
    self.workers = workers
    self.fingerprint = fingerprint
    self.candidates = candidates
    self.preferCodec = preferCodec
    self.allowedOrigins = allowedOrigins
    self.trustedProxies = trustedProxies
    self.seed = seed
    self.isDurable = isDurable
    self.markKey = markKey
    self.hookEndpoints = hookEndpoints
    self.hookAllowed = hookAllowed
    self.gifts = gifts
    self.hls = hls
    self.hlsLicences = hlsLicences
    self.streamAccess = streamAccess
    self.webRTCViewers = webRTCViewers
    self.membership = membership
  }
}

/// The named limits of the control plane.
package enum ControlLimits {
  /// Rooms in memory.
  package static let roomsMax = 10_000
  /// Transports of one process: the workers' own limit is per worker.
  package static let transportsMax = 100_000
  /// Transports of one identity in one room: pages, reconnects in flight, a screen.
  package static let transportsPerMemberMax = 16
  /// How often rooms are looked through for what has expired.
  package static let sweepInterval = TimeSpan.seconds(1)
  /// Addresses (IPv6: networks) whose budget of anonymous tokens is remembered; the oldest goes.
  package static let mintAddressesMax = 100_000
  /// Anonymous tokens per second and address, and at once.
  package static let mintsPerSecond = 5
  package static let mintsBurst = 100
  /// Members whose budget of REST requests is remembered; the oldest goes.
  package static let requestersMax = 100_000
  /// Lists of rooms per second and address, and at once: a front page asks every twenty seconds.
  package static let listsPerSecond = 10
  package static let listsBurst = 100
  /// Callbacks of shops per second and address, and at once: a drop's orders are paid within seconds.
  package static let callbacksPerSecond = 100
  package static let callbacksBurst = 1000
  /// Changes of revocations on their way to the disk: a moderator makes a few a minute.
  package static let pendingChangesMax = 1024
  /// How long media goes on when a token is over, beyond the leeway all tokens have: time to renew
  /// it. A room socket's session has the same, by living on without its socket.
  package static let expiryGrace = RoomSocketLimits.resumeLimit
  /// What a publisher may send above the room's cap: encoders overshoot after a change of scene.
  package static let bitrateTolerance = 1.25
  /// How long a publisher may send more than that before it is ended: a browser that was told the cap
  /// is below it again long before.
  package static let bitrateLimit = TimeSpan.seconds(10)
  /// How long a transport may take to connect before it is given up.
  package static let connectLimit = TimeSpan.seconds(30)
}
