// What the server answers to requests (PROTOCOL.md): every reply but `error` names a success.

package import JSON
package import Room

/// A reply; `encode(ref:)` writes it.
package enum ServerReply: Hashable, Sendable {
  case joined(JoinedReply)
  case answer(AnswerReply)
  /// Done. `map` is set for `assign` only: the track the section has now.
  case ok(map: [String: String?]?)
  /// A command was carried out and is on the disk: the members of its `ok`, a JSON object.
  case done([UInt8])
  /// The room refused a command.
  case refused(CommandRefusal)
  /// The client's `time` as it came, `null` when it sent none.
  case pong(time: JSONValue, serverTimeMs: Double)
  case error(MessageRefusal)

  /// Whether it is sent for a request without `id` too: when it carries data or bad news.
  package var needsNoID: Bool {
    switch self {
    case .joined, .answer, .pong, .error, .refused: true
    case .ok, .done: false
    }
  }
}

/// The reply to `join`.
package struct JoinedReply: Hashable, Sendable {
  /// The session's name: a secret of the page it is sent to.
  package var session: String
  package var isResumed: Bool
  package var member: MemberEntry
  package var permissions: PermissionsEntry
  /// When the token ends; a fresh one is due before.
  package var expiresAtMs: Int64
  package var serverTimeMs: Double
  package var pingIntervalMs: Int64
  package var cursor: Int
  package var room: RoomEntry
  package var tracks: [TrackEntry]
  package var connections: [ConnectionEntry]
  package var iceServers: [ICEServerEntry]
  /// Nil: WebRTC.
  package var delivery: Delivery?

  package init(
    session: String, isResumed: Bool, member: MemberEntry, permissions: PermissionsEntry,
    expiresAtMs: Int64, serverTimeMs: Double, pingIntervalMs: Int64, cursor: Int, room: RoomEntry,
    tracks: [TrackEntry], connections: [ConnectionEntry], iceServers: [ICEServerEntry],
    delivery: Delivery? = nil
  ) {
    self.session = session
    self.isResumed = isResumed
    self.member = member
    self.permissions = permissions
    self.expiresAtMs = expiresAtMs
    self.serverTimeMs = serverTimeMs
    self.pingIntervalMs = pingIntervalMs
    self.cursor = cursor
    self.room = room
    self.tracks = tracks
    self.connections = connections
    self.iceServers = iceServers
    self.delivery = delivery
  }
}

/// The reply to `publish` and `subscribe`.
package struct AnswerReply: Hashable, Sendable {
  package var connection: String
  /// Counts the answers of the connection, from 1.
  package var generation: Int
  package var sdp: String
  /// By mid, for `subscribe` only: the track each section has now.
  package var map: [String: String?]?

  package init(connection: String, generation: Int, sdp: String, map: [String: String?]? = nil) {
    self.connection = connection
    self.generation = generation
    self.sdp = sdp
    self.map = map
  }
}
