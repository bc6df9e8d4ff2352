// A connection that is had again when it was lost, and knows what of its transactions was committed.

import Glibc
import Loop
import Wire

/// Statements on one connection to PostgreSQL. A class because it owns that connection.
///
/// With a journal (`PostgresJournal`) each transaction leaves its number in this process's row, so that
/// after a connection lost at COMMIT the next one can tell whether it was committed.
final class PostgresSession: SQLDatabase {
  private let address: PostgresAddress
  private let patience: StorePatience
  private var link: PostgresLink?
  private(set) var journal: PostgresJournal?
  private(set) var changes = 0
  /// Called again and again while there is no connection.
  var onAway: (Instant) -> Void = { _ in }
  private var translated: [String: String] = [:]

  /// Connects; a server that is not there yet is waited for.
  ///
  /// - Parameter journal: for the session that writes.
  init(
    _ address: PostgresAddress, journal: PostgresJournal?,
    patience: StorePatience = StorePatience()
  ) throws(StoreError) {
    self.address = address
    self.journal = journal
    self.patience = patience
    try connect()
  }

  // MARK: Statements

  /// Sends all calls and reads all answers.
  ///
  /// - Throws: `.disconnected`, after which the connection is not used again, or the first failure.
  func exchange(_ calls: [PostgresCall]) throws(StoreError) -> [PostgresResult] {
    guard let link else { throw .disconnected("not connected") }
    do throws(StoreError) {
      return try link.exchange(calls)
    } catch {
      if case .disconnected = error { self.link = nil }
      throw error
    }
  }

  func execute(_ sql: String, _ values: [SQLValue]) throws(StoreError) {
    _ = try call(sql, values)
  }

  func rows<Row>(
    _ sql: String, _ values: [SQLValue], _ row: (any SQLRow) -> Row
  ) throws(StoreError) -> [Row] {
    let result = try call(sql, values)
    return (0..<result.rowCount).map { row(result.row($0)) }
  }

  /// PostgreSQL finds the index itself.
  func using(index: String) -> String { "" }

  func lock(table: String) throws(StoreError) {
    try run("LOCK TABLE \(table) IN SHARE ROW EXCLUSIVE MODE")
  }

  func tryHold(_ name: String) throws(StoreError) -> Bool {
    var parameters = PostgresParameters()
    parameters.add("hawker \(name):")
    let answers = try repeatable([
      PostgresCall(
        """
        SELECT CASE WHEN pg_try_advisory_lock(hashtextextended($1::text || current_schema(), 0))
          THEN 1 ELSE 0 END::bigint
        """, parameters)
    ])
    return answers.first?.integers.first == 1
  }

  func letGo() throws(StoreError) {
    _ = try repeatable([PostgresCall("SELECT pg_advisory_unlock_all()")])
  }

  private func call(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> PostgresResult {
    let call = PostgresCall(translate(sql), PostgresParameters(values))
    guard let result = try exchange([call]).first else { throw .disconnected("no result") }
    changes = result.changes
    return result
  }

  private func translate(_ sql: String) -> String {
    if let known = translated[sql] { return known }
    let made = PostgresSession.numbered(sql)
    translated[sql] = made
    return made
  }

  /// `?` and `?2` as PostgreSQL writes them: `$1`, `$2`.
  static func numbered(_ sql: String) -> String {
    var (made, count, isAfterMark) = ("", 0, false)
    for character in sql {
      if isAfterMark, !character.isNumber {
        count += 1
        made += "\(count)"
      }
      isAfterMark = character == "?"
      made.append(isAfterMark ? "$" : character)
    }
    return isAfterMark ? made + "\(count + 1)" : made
  }

  // MARK: Transactions

  func reading<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
    let begin = PostgresCall("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    do throws(StoreError) {
      _ = try exchange([begin])
    } catch {
      guard case .disconnected = error else { throw error }
      try connect()
      _ = try exchange([begin])
    }
    // A connection lost in `body` has ended the transaction, and the next one gets a new one.
    defer { _ = try? exchange([PostgresCall("ROLLBACK")]) }
    return try body()
  }

  func transaction<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
    try transact { (session) throws(StoreError) in
      _ = try session.exchange(session.opening)
      return (try body(), session.ending)
    }.0
  }

  /// Runs a transaction whose last exchange `body` leaves to this function: the one that may be carried
  /// out without an answer.
  ///
  /// - Returns: what `body` gave and the answers; nil answers when the transaction was committed, but
  ///   the connection was lost before they came.
  func transact<Result>(
    _ body: (PostgresSession) throws(StoreError) -> (Result, [PostgresCall])
  ) throws(StoreError) -> (Result, answers: [PostgresResult]?) {
    var tries = 0
    while true {
      tries += 1
      var sent: Result?
      do throws(StoreError) {
        let (result, calls) = try body(self)
        sent = result
        let answers = try exchange(calls)
        journal?.batch += 1
        return (result, answers)
      } catch {
        if case .disconnected = error {
          let batch = journal?.batch
          try connect()
          // The one question there is: is the number that was written under way there?
          if let sent, let batch, let found = journal?.batch, found > batch { return (sent, nil) }
          continue
        }
        _ = try? exchange([PostgresCall("ROLLBACK")])
        guard case .postgres(let state, _, _) = error, PostgresState.isPassing(state),
          tries < StoreLimits.deadlockTries
        else { throw error }
      }
    }
  }

  /// What begins a transaction.
  var opening: [PostgresCall] {
    [PostgresCall("BEGIN")] + (journal.map { [$0.call] } ?? [])
  }

  /// What ends one.
  var ending: [PostgresCall] { [PostgresCall("COMMIT")] }

  /// Calls that may be carried out twice, outside of a transaction.
  func repeatable(_ calls: [PostgresCall]) throws(StoreError) -> [PostgresResult] {
    while true {
      do throws(StoreError) {
        return try exchange(calls)
      } catch {
        guard case .disconnected = error else { throw error }
        try connect()
      }
    }
  }

  // MARK: Connecting

  /// Has a connection, trying until the patience is at its end.
  private func connect() throws(StoreError) {
    link = nil
    let deadline = SystemClock.now() + patience.reconnect
    while true {
      do throws(StoreError) {
        let made = try PostgresLink(address, answerLimit: patience.answer)
        try journal?.open(made)
        link = made
        return
      } catch {
        let now = SystemClock.now()
        guard case .disconnected = error, now < deadline else { throw error }
        onAway(now)
        usleep(StoreLimits.reconnectPauseMicroseconds)
      }
    }
  }
}
