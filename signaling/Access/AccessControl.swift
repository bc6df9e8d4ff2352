// Who may do what: the keys of the server, and the tokens made and checked with them.

package import Wire

/// The server's keys and its rules about tokens.
package struct AccessControl: Sendable {
  private let keys: [APIKey]
  /// Tokens that are not accepted any more, by subject and room.
  private var revoked: Set<Revocation> = []

  private struct Revocation: Hashable, Sendable {
    let subject: String
    let room: String
  }

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

  /// - Parameter keys: one or two; the first signs.
  package init(keys: [APIKey]) { self.keys = keys }

  /// The credential of `token`, if it allows `wish` in `room`.
  package func authorize(
    _ token: String?, room: String, _ wish: Wish, at now: WallTime
  ) throws(AccessRefusal) -> Credential {
    guard let token, !token.isEmpty else { throw .missing }
    let credential = try JSONWebToken.verify(token, keys: keys, at: now)
    guard credential.isFor(room: room) else { throw .wrongRoom }
    // By the room asked for: a service's token for every room is revoked in this one too.
    if revoked.contains(Revocation(subject: credential.subject, room: room)) { throw .revoked }
    if wish == .publish && !credential.role.mayPublish { throw .wrongRole }
    return credential
  }

  /// From now on no token of this subject for this room is accepted.
  package mutating func revoke(subject: String, room: String) {
    revoked.insert(Revocation(subject: subject, room: room))
  }

  /// A token for an anonymous viewer.
  package func mintViewer(identity: String, room: String, wall: WallTime)
    throws(AccessRefusal) -> Minted
  {
    try mint(
      subject: identity, name: nil, room: room, role: .viewer,
      lifetime: AccessControl.viewerLifetime, wall: wall)
  }

  /// A token signed with the first key.
  ///
  /// - Throws: `.malformed` for claims that no server would accept, `.unknownKey` without keys.
  package func mint(
    subject: String, name: String?, room: String, role: Role, lifetime: TimeSpan, wall: WallTime
  ) throws(AccessRefusal) -> Minted {
    guard let key = keys.first else { throw .unknownKey }
    let expires = wall + lifetime
    let credential = Credential(
      issuer: key.key, subject: subject, name: name, room: room, role: role, expires: expires)
    guard credential.isWellFormed else { throw .malformed }
    return Minted(token: JSONWebToken.mint(credential, key: key), expires: expires)
  }
}
