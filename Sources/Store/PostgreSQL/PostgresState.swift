// What PostgreSQL's error codes mean to the store.

/// SQLSTATE codes, https://www.postgresql.org/docs/current/errcodes-appendix.html, and our own (class HW).
enum PostgresState {
  static let diskFull = "53100"
  /// Raised by `hawker_journal`: another process has taken this one's name.
  static let superseded = "HW001"
  /// Raised by `hawker_fence`: a room is not this process's; the detail is its number.
  static let notOwned = "HW002"
  /// Raised by `hawker_fence`: the detail is room, sequence due, sequence found.
  static let sequenceGap = "HW003"

  /// Whether the same transaction may succeed when it runs again.
  static func isPassing(_ state: String) -> Bool { ["40001", "40P01", "55P03"].contains(state) }

  /// Whether the server has gone or is going: another connection may find it again.
  static func isDisconnection(_ state: String) -> Bool {
    // No code at all is libpq's own; 57P0x are shutdowns; 25006 is a server that became a standby.
    state.isEmpty || state.hasPrefix("08") || state.hasPrefix("57P") || state == "25006"
      || state == "53300"
  }

  /// How far the failure of a statement reaches.
  static func reach(of state: String) -> StoreError.Reach {
    if isPassing(state) || state.hasPrefix("53") { return .group }
    // Data exceptions, constraints, a row touched twice, something too long for an index.
    return ["22", "23", "21", "54"].contains { state.hasPrefix($0) } ? .entry : .process
  }
}
