// What a room holds about single members: roles, mutes, bans, the stage.

package import Access

/// Where a member stands when something about them is not as for everybody.
package struct Standing: Hashable, Sendable {
  /// The token's role, for those who are more than viewers.
  package internal(set) var tokenRole: Role?
  /// The role the host gave.
  package internal(set) var role: Role?
  package internal(set) var isMuted = false
  /// Milliseconds since 1970; 0 when there was no timeout.
  package internal(set) var timedOutUntilMs: Int64 = 0
  package internal(set) var isBanned = false

  /// Whether there is nothing to remember.
  var isPlain: Bool { self == Standing() }
}

extension Role {
  /// Who looks after the room.
  package var isStaff: Bool { self != .viewer }

  /// Who runs the room.
  package var isHost: Bool { self == .host || self == .service }

  /// Moderation works downwards only.
  var rank: Int {
    switch self {
    case .host, .service: 3
    case .cohost: 2
    case .moderator: 1
    case .viewer: 0
    }
  }
}

/// A guest of the host's.
package struct StageGuest: Hashable, Sendable {
  package let person: PersonID
  /// Whether the invitation was accepted: the guest may publish.
  package internal(set) var isOn: Bool
}

/// Everybody's standing.
package struct PeopleState: Hashable, Sendable {
  /// Those who differ from everybody.
  package internal(set) var standings: [PersonID: Standing] = [:]
  package internal(set) var bannedDevices: [DeviceHint: PersonID] = [:]
  /// By which the banned are known when nobody knows any more who they were.
  package internal(set) var bannedMarks: [IdentityMark: PersonID] = [:]
  /// The first with a host's token: whom one follows.
  package internal(set) var host: PersonID?
  package internal(set) var followers = PersonSet()

  /// The standing of anyone.
  package subscript(person: PersonID) -> Standing {
    get { standings[person] ?? Standing() }
    set { standings[person] = newValue.isPlain ? nil : newValue }
  }

  /// Guests on stage and invited, in the order of invitation.
  package internal(set) var guests: [StageGuest] = []

  /// Whether this member is on stage.
  package func isOnStage(_ person: PersonID) -> Bool {
    guests.contains { $0.person == person && $0.isOn }
  }

  /// The role that counts: the host's word above the token's, but never over a host.
  package func role(of person: PersonID, token: Role? = nil) -> Role {
    let standing = self[person]
    let token = token ?? standing.tokenRole ?? .viewer
    return token.isHost ? token : standing.role ?? token
  }
}
