// The STUN error responses Hawker sends or understands (RFC 8489 section 14.8, RFC 8445 section 16.1).

/// An error code with the reason phrase it is sent with.
package enum STUNErrorCode: UInt16, Hashable, Sendable, CaseIterable {
  case badRequest = 400
  case unauthenticated = 401
  case unknownAttribute = 420
  /// Both sides think they have the same role.
  case roleConflict = 487

  /// ASCII, for people reading captures.
  package var reason: StaticString {
    switch self {
    case .badRequest: "Bad Request"
    case .unauthenticated: "Unauthenticated"
    case .unknownAttribute: "Unknown Attribute"
    case .roleConflict: "Role Conflict"
    }
  }
}
