// What a client asks for over the room socket (PROTOCOL.md); decoded by ClientMessage+Decoding.

package import JSON
package import MediaControl

/// One request and the `id` its reply is to name.
package struct ClientMessage: Hashable, Sendable {
  /// 1–64 characters of the client's; nil when it wants no reply to a bare `ok`.
  package let id: String?
  package let request: ClientRequest

  package init(id: String?, request: ClientRequest) {
    self.id = id
    self.request = request
  }
}

/// A request whose fields have been checked; names have not been looked up.
package enum ClientRequest: Hashable, Sendable {
  case join(JoinRequest)
  case publish(PublishRequest)
  /// Ends a publication, by its connection.
  case unpublish(connection: String)
  case subscribe(SubscribeRequest)
  case assign(AssignRequest)
  case layer(LayerRequest)
  case trickle(CandidatesRequest)
  case watching(WatchingRequest)
  /// A fresh token of the same member; not checked here, never to be logged.
  case token(String)
  case leave
  /// The client's clock, an integer or a double; `null` when it sent none.
  case ping(time: JSONValue)
  /// A command of the catalogue.
  case command(RoomRequest)
  /// A query of the catalogue.
  case query(RoomQuery)
}

/// Takes part in a room.
package struct JoinRequest: Hashable, Sendable {
  /// `[A-Za-z0-9_-]{1,64}`.
  package var room: String
  /// Not checked here; never to be logged.
  package var token: String
  /// The session of an earlier `joined`.
  package var resume: String?
  /// The room cursor the client stands at: it gets what it missed instead of everything.
  package var cursor: Int64?
  /// What the page keeps for its browser, so that a ban can hold for the device.
  package var device: String?

  /// The version of the protocol this server speaks.
  package static let version: Int64 = 1
}

/// Offers a publication.
package struct PublishRequest: Hashable, Sendable {
  /// `[A-Za-z0-9_-]{1,64}`; nil means `main`, or what `connection` publishes already.
  package var stream: String?
  package var sdp: String
  /// Nil for a new connection, else the one that is renegotiated.
  package var connection: String?
}

/// Offers sections to watch in.
package struct SubscribeRequest: Hashable, Sendable {
  package var sdp: String
  /// By mid. A mid that is not here keeps what it has.
  package var map: [String: TrackReference]
  /// By mid. A mid that is not here keeps what it has, a new one is automatic.
  package var layers: [String: LayerSelection]
  /// Nil for a new connection, else the one that is renegotiated.
  package var connection: String?
}

/// Maps a section to something else.
package struct AssignRequest: Hashable, Sendable {
  package var connection: String
  package var mid: String
  package var track: TrackReference
}

/// Asks for a layer in a section.
package struct LayerRequest: Hashable, Sendable {
  package var connection: String
  package var mid: String
  package var layer: LayerSelection
}

/// Tells more candidates.
package struct CandidatesRequest: Hashable, Sendable {
  package var connection: String
  /// The text of an `application/trickle-ice-sdpfrag` (RFC 8840) with at most 32 candidates.
  package var candidates: String
}
