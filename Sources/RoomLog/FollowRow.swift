// Who follows whom, across rooms.

/// A change of one person's following of a host, both by identity.
package struct FollowRow: Hashable, Sendable {
  package var host: String
  package var follower: String
  /// False ends the following.
  package var isOn: Bool
  /// Milliseconds since 1970 by the server's clock.
  package var atMs: Int64

  package init(host: String, follower: String, isOn: Bool, atMs: Int64) {
    self.host = host
    self.follower = follower
    self.isOn = isOn
    self.atMs = atMs
  }
}
