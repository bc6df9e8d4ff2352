// How much one message of the room socket may hold (PROTOCOL.md, "Limits").

package import JSON

/// The bounds of one message; whatever exceeds them is refused by name.
package enum MessageLimits {
  /// Bytes of one message, both ways: an SDP offer of 64 sections has about 40 KiB.
  package static let messageBytesMax = 64 * 1024
  /// Sections of one offer, so entries of `map` and `layers`.
  package static let sectionsMax = 64
  /// Candidates of one `trickle`: a machine with many interfaces has about twenty.
  package static let candidatesMax = 32
  /// Characters of a request's `id`: it is the client's own and comes back with the reply.
  package static let requestIDMax = 64
  /// Bytes of a mid: RFC 8843 sets no limit, browsers use one or two.
  package static let midMax = 64
  /// Bytes of a connection's name; ours have two to five.
  package static let connectionMax = 32
  /// Characters of a track's id.
  package static let trackIDMax = 32
  /// Characters of an identity, a token's `sub`.
  package static let identityMax = 128
  /// Characters of a room's or a stream's name.
  package static let nameMax = 64
  /// Bytes of a session's name; ours have 24. A longer `resume` can't be one of ours.
  package static let sessionMax = 64
  /// Bytes of a page's device hint: a UUID has 36.
  package static let deviceMax = 64
  /// Milliseconds a viewer may say its picture is late: a minute, beyond which nobody calls it live.
  package static let delayMsMax: Int64 = 60_000
  /// Characters of the client's that an error quotes: enough to recognise, too few to flood a log.
  package static let quotedMax = 32

  /// What the reader of a message accepts. 4,096 values: `map` and `layers` of 64 sections have 260.
  package static let json = JSONLimits(
    bytesMax: messageBytesMax, depthMax: 16, elementsMax: 4096, membersMax: 256)
}
