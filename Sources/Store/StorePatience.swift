// How long a store on PostgreSQL waits for it.

package import Wire

/// The times of a store whose database is on another machine. Tests have shorter ones.
package struct StorePatience: Sendable {
  /// Until a connection whose server says nothing counts as lost.
  package var answer: TimeSpan
  /// Until a lost connection that can't be had again ends the process.
  package var reconnect: TimeSpan
  /// How long a room stays a process's that says nothing more.
  package var lease: TimeSpan

  package init(
    answer: TimeSpan = StoreLimits.answerLimit, reconnect: TimeSpan = StoreLimits.reconnectLimit,
    lease: TimeSpan = StoreLimits.leaseLife
  ) {
    self.answer = answer
    self.reconnect = reconnect
    self.lease = lease
  }
}
