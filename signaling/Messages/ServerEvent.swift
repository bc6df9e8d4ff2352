// What the server tells without being asked (PROTOCOL.md, the messages marked "event").

package import MediaControl
package import RTP

/// An event; `encode()` writes it.
package enum ServerEvent: Hashable, Sendable {
  /// The whole list of tracks, replacing what the client knew.
  case tracks(cursor: Int, [TrackEntry])
  case trackAdded(cursor: Int, TrackEntry)
  case trackRemoved(cursor: Int, track: String, publication: String, MediaKind)
  /// New values of changing fields.
  case trackStatus([TrackStatusEntry])
  /// A section's track changed without the client's asking; `track` nil when it ended, `publication`
  /// nil when the section was mapped to a track that is gone for good.
  case assigned(connection: String, mid: String, publication: String?, track: String?)
  case layer(LayerEvent)
  case mediaTime(MediaTimeEvent)
  case health(HealthEvent)
  case roomState(cursor: Int, RoomEntry)
  case permissions(PermissionsEntry)
  /// Where this viewer gets its media from now on.
  case delivery(Delivery)
  /// How the viewers watch; for staff.
  case tiers(TiersEvent)
  case connectionEnded(connection: String, ConnectionEndReason)
  /// The socket is about to close; `retryAfterMs` nil: do not come back by yourself; `url`: the room
  /// is to be had at this origin.
  case bye(ByeReason, retryAfterMs: Int64?, url: String? = nil)
}

/// What a section carries from now on.
package struct LayerEvent: Hashable, Sendable {
  /// Why the layer changed; the raw value is on the wire.
  package enum Reason: String, Hashable, Sendable, CaseIterable {
    case asked, network, source, codec
  }

  package var connection: String
  package var mid: String
  package var track: String
  /// Nil when nothing comes any more; width and height are then not sent.
  package var layer: LayerRank?
  /// Pixels; 0 while unknown.
  package var width: Int
  package var height: Int
  package var reason: Reason

  package init(
    connection: String, mid: String, track: String, layer: LayerRank?, width: Int = 0,
    height: Int = 0, reason: Reason
  ) {
    self.connection = connection
    self.mid = mid
    self.track = track
    self.layer = layer
    self.width = width
    self.height = height
    self.reason = reason
  }
}

/// One point of a section's RTP clock in media time.
package struct MediaTimeEvent: Hashable, Sendable {
  package var connection: String
  package var mid: String
  /// The timestamp on the wire to this viewer.
  package var rtp: UInt32
  /// Ticks per second.
  package var clockRate: Int
  /// Milliseconds since 1970, UTC.
  package var wallclockMs: Double

  package init(
    connection: String, mid: String, rtp: UInt32, clockRate: Int, wallclockMs: Double
  ) {
    self.connection = connection
    self.mid = mid
    self.rtp = rtp
    self.clockRate = clockRate
    self.wallclockMs = wallclockMs
  }
}

/// Why a connection ended; the raw value is on the wire.
package enum ConnectionEndReason: String, Hashable, Sendable, CaseIterable {
  case consentExpired = "consent-expired"
  case closedByPeer = "closed-by-peer"
  case handshakeFailed = "handshake-failed"
  case fingerprintMismatch = "fingerprint-mismatch"
  case replaced
  case removed
  case overloaded

  /// What the media plane's reason is called on the wire.
  package init(_ end: PeerEnd) {
    switch end {
    case .removed: self = .removed
    case .closedByPeer: self = .closedByPeer
    case .consentExpired: self = .consentExpired
    case .handshakeFailed: self = .handshakeFailed
    case .fingerprintMismatch: self = .fingerprintMismatch
    case .overloaded: self = .overloaded
    }
  }
}

/// Why the server closes a socket; the raw value is on the wire.
package enum ByeReason: String, Hashable, Sendable, CaseIterable {
  case draining
  case overloaded
  /// Another server has the room.
  case moved
  case idle
  case slow
  case replaced
  case roomEnded = "room-ended"
  case tokenExpired = "token-expired"
  case revoked
  case banned
  case `protocol`
  case left

  /// The WebSocket close code that follows (RFC 6455 section 7.4; 4000 and up are ours).
  package var closeCode: UInt16 {
    switch self {
    case .draining, .idle: 1001
    case .overloaded, .moved, .slow: 1013
    case .replaced: 4000
    case .roomEnded: 4001
    case .tokenExpired, .revoked, .banned, .protocol: 1008
    case .left: 1000
    }
  }
}
