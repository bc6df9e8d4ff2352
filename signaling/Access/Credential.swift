// Who a token says its bearer is: verified claims.

package import Wire

/// The claims of a token whose signature and times have been checked.
package struct Credential: Hashable, Sendable {
  /// The API key that signed it.
  package let issuer: String
  /// The identity, 1...128 Unicode scalars without control characters.
  package let subject: String
  /// For display; nil when the token has none.
  package let name: String?
  /// A room's name, or `*` in a service token.
  package let room: String
  package let role: Role
  package let expires: WallTime
  /// Whether who made the token says that its bearer subscribes to the room's host.
  package let isSubscriber: Bool
  /// Whether who made the token says that its bearer watches over HLS.
  package let isBoundToHLS: Bool

  package init(
    issuer: String, subject: String, name: String?, room: String, role: Role, expires: WallTime,
    isSubscriber: Bool = false, isBoundToHLS: Bool = false
  ) {
    self.issuer = issuer
    self.subject = subject
    self.name = name
    self.room = room
    self.role = role
    self.expires = expires
    self.isSubscriber = isSubscriber
    self.isBoundToHLS = isBoundToHLS
  }

  /// Whether the token is for `room`. Every role may watch there.
  ///
  /// What cannot name a room is nobody's: strings that only look alike compare equal in Swift.
  package func isFor(room: String) -> Bool {
    Credential.isRoomName(room) && (self.room == room || (self.room == "*" && role == .service))
  }

  /// Whether every claim is of its form: the rules for tokens we take are those for tokens we make.
  package var isWellFormed: Bool {
    Credential.isText(subject, max: Credential.subjectMax) && !subject.isEmpty
      && name.map { Credential.isText($0, max: Credential.nameMax) } ?? true
      && (Credential.isRoomName(room) || (room == "*" && role == .service))
  }

  /// Whether `text` has at most `max` Unicode scalars and no control character. Scalars, because one
  /// visible character may be made of any number of them.
  package static func isText(_ text: String, max: Int) -> Bool {
    text.unicodeScalars.count <= max
      && text.unicodeScalars.allSatisfy { $0.value >= 32 && !(127...159).contains($0.value) }
  }

  /// Whether `text` can name a room: `[A-Za-z0-9_-]{1,64}`.
  package static func isRoomName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || byte == 45 || byte == 95
      }
  }

  /// Unicode scalars of an identity: it stands in URLs, logs and tables.
  package static let subjectMax = 128
  /// Unicode scalars of a display name.
  package static let nameMax = 128
}

/// Why a token is not accepted.
package enum AccessRefusal: Error, Hashable, Sendable {
  case missing
  case malformed
  case unknownKey
  case badSignature
  case expired
  case notYetValid
  case wrongRoom
  case wrongRole
  case revoked

  /// 401 where another token may help, 403 where this one is understood and not enough.
  package var status: Int {
    switch self {
    case .wrongRoom, .wrongRole: 403
    case .missing, .malformed, .unknownKey, .badSignature, .expired, .notYetValid, .revoked: 401
    }
  }

  /// A sentence for the client; it never quotes the token.
  package var text: String {
    switch self {
    case .missing: "a token is required: Authorization: Bearer ..."
    case .malformed: "the token is not a JWT signed with HS256, or lacks a claim"
    case .unknownKey: "the token's issuer is not a key of this server"
    case .badSignature: "the token's signature is wrong"
    case .expired: "the token has expired"
    case .notYetValid: "the token is not valid yet"
    case .wrongRoom: "the token is for another room"
    case .wrongRole: "the token's role may not do this"
    case .revoked: "the token has been revoked"
    }
  }
}
