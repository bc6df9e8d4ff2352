// What a token lets its bearer do (DESIGN section 6, "Tokens").

/// The role a token names.
package enum Role: String, Hashable, Sendable, CaseIterable {
  case host, cohost, moderator, viewer, service

  /// Whether the role publishes without a stage grant.
  package var mayPublish: Bool {
    switch self {
    case .host, .cohost, .service: true
    case .moderator, .viewer: false
    }
  }
}
