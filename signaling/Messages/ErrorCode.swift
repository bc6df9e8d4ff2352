// The codes of `error` messages, and what each does to the socket (PROTOCOL.md, "Errors").

/// What an `error` is about; the raw value is on the wire.
package enum ErrorCode: String, Hashable, Sendable, CaseIterable {
  case badMessage = "bad-message"
  case unknownType = "unknown-type"
  case notJoined = "not-joined"
  case alreadyJoined = "already-joined"
  case unsupportedVersion = "unsupported-version"
  case unauthorized
  case forbidden
  case badRoom = "bad-room"
  case roomEnded = "room-ended"
  case badSDP = "bad-sdp"
  case noCommonCodec = "no-common-codec"
  case unknownConnection = "unknown-connection"
  case unknownMID = "unknown-mid"
  case unknownTrack = "unknown-track"
  case wrongKind = "wrong-kind"
  case codecUnsupported = "codec-unsupported"
  case stale
  case limit
  case rate
  case overloaded
  case banned
  case full
  case viewersFull = "viewers-full"
  case `internal`

  /// When an error closes the socket it was sent on.
  package enum Closing: Hashable, Sendable {
    case never
    /// At once.
    case always
    /// When the refused request was a `join`.
    case atJoin
    /// When it has happened often; the socket's gate counts.
    case whenRepeated
  }

  /// When this error closes the socket.
  package var closing: Closing {
    switch self {
    case .notJoined, .unsupportedVersion, .badRoom: .always
    case .unauthorized, .forbidden, .roomEnded, .banned, .full: .atJoin
    case .badMessage, .unknownType, .rate: .whenRepeated
    case .alreadyJoined, .badSDP, .noCommonCodec, .unknownConnection, .unknownMID, .unknownTrack,
      .wrongKind, .codecUnsupported, .stale, .limit, .overloaded, .viewersFull, .internal:
      .never
    }
  }
}
