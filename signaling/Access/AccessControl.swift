// Who may do what: the keys of the server, and the tokens made and checked with them.

package import Wire

/// The server's keys and its rules about tokens.
package struct AccessControl: Sendable {
  private let keys: [APIKey]
  /// Tokens that are not accepted any more, by subject and room.
  private var revocations: Revocations

  /// What a request wants to do.
  package enum Wish: Hashable, Sendable {
    case watch, publish
  }

  /// A token just made.
  package struct Minted: Sendable {
    package let token: String
    package let expires: WallTime
  }

  /// How long an anonymous viewer's token lasts: a long show and its repeat.
  package static let viewerLifetime = TimeSpan.seconds(12 * 3600)

  /// The beginning of identities the server makes up; nobody else is to use it.
  package static let anonymousPrefix = "anon-"

  /// - Parameters:
  ///   - keys: one or two; the first signs.
  ///   - revocations: those made before.
  package init(keys: [APIKey], revocations: Revocations = Revocations()) {
    self.keys = keys
    self.revocations = revocations
  }

  /// The credential of `token`, if it allows `wish` in `room`.
  package func authorize(
    _ token: String?, room: String, _ wish: Wish, at now: WallTime
  ) throws(AccessRefusal) -> Credential {
    guard let token, !token.isEmpty else { throw .missing }
    let credential = try JSONWebToken.verify(token, keys: keys, at: now)
    guard credential.isFor(room: room) else { throw .wrongRoom }
    // By the room asked for: a service's token for every room is revoked in this one too.
    if isRevoked(credential.subject, in: room, at: now) { throw .revoked }
    if wish == .publish && !credential.role.mayPublish { throw .wrongRole }
    return credential
  }

  /// The credential of a token, whatever room it is for: for what is its bearer's own everywhere.
  package func authorize(_ token: String?, at now: WallTime) throws(AccessRefusal) -> Credential {
    guard let token, !token.isEmpty else { throw .missing }
    let credential = try JSONWebToken.verify(token, keys: keys, at: now)
    if isRevoked(credential.subject, in: credential.room, at: now) { throw .revoked }
    return credential
  }

  /// The credential of a service of all rooms: who may ask about people and erase them.
  ///
  /// - Throws: `.wrongRole` for everyone else.
  package func authorizeService(_ token: String?, at now: WallTime) throws(AccessRefusal)
    -> Credential
  {
    guard let token, !token.isEmpty else { throw .missing }
    let credential = try JSONWebToken.verify(token, keys: keys, at: now)
    guard credential.role == .service, credential.room == "*" else { throw .wrongRole }
    return credential
  }

  /// From now on no token of this subject for this room is accepted; or again.
  ///
  /// - Returns: false when there are too many revocations.
  package mutating func apply(_ change: RevocationChange, at now: WallTime) -> Bool {
    if revocations.count >= Revocations.entriesMax { revocations.expire(at: now) }
    return revocations.apply(change)
  }

  /// Whether one more revocation can be kept; lifting one always can.
  package mutating func hasRoom(for change: RevocationChange, at now: WallTime) -> Bool {
    if case .lift = change { return true }
    if revocations.count >= Revocations.entriesMax { revocations.expire(at: now) }
    return revocations.count < Revocations.entriesMax
  }

  /// Whether no token of `subject` counts in `room`.
  package func isRevoked(_ subject: String, in room: String, at now: WallTime) -> Bool {
    revocations.contains(subject: subject, room: room, at: now)
  }

  /// When the last token of `subject` that can be out ends, if that is known: the server's own
  /// anonymous viewers only.
  package func lastExpiry(of subject: String, at now: WallTime) -> WallTime? {
    subject.hasPrefix(AccessControl.anonymousPrefix) ? now + AccessControl.viewerLifetime : nil
  }

  /// A token for a viewer.
  package func mintViewer(
    identity: String, name: String?, room: String, isSubscriber: Bool = false, wall: WallTime
  ) throws(AccessRefusal) -> Minted {
    try mint(
      subject: identity, name: name, room: room, role: .viewer, isSubscriber: isSubscriber,
      lifetime: AccessControl.viewerLifetime, wall: wall)
  }

  /// A token signed with the first key.
  ///
  /// - Throws: `.malformed` for claims that no server would accept, `.unknownKey` without keys.
  package func mint(
    subject: String, name: String?, room: String, role: Role, isSubscriber: Bool = false,
    isBoundToHLS: Bool = false, lifetime: TimeSpan, wall: WallTime
  ) throws(AccessRefusal) -> Minted {
    guard let key = keys.first else { throw .unknownKey }
    let expires = wall + lifetime
    let credential = Credential(
      issuer: key.key, subject: subject, name: name, room: room, role: role, expires: expires,
      isSubscriber: isSubscriber, isBoundToHLS: isBoundToHLS)
    guard credential.isWellFormed else { throw .malformed }
    return Minted(token: JSONWebToken.mint(credential, key: key), expires: expires)
  }
}
