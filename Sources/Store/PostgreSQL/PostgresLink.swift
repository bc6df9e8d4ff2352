// One connection to PostgreSQL: calls are sent together, and their answers read together.

import CPQ
import Glibc
import RoomLog
import Wire

/// A statement and its parameters.
struct PostgresCall {
  /// A constant of ours, parameters as `$1`: it is prepared once in each connection.
  let sql: String
  var parameters: PostgresParameters

  init(_ sql: String, _ parameters: PostgresParameters = PostgresParameters()) {
    self.sql = sql
    self.parameters = parameters
  }
}

/// A connection in libpq's pipeline mode, used by the thread that made it alone.
///
/// A class because libpq knows it by its address. Once a call has thrown `.disconnected` it is of no
/// more use.
@safe final class PostgresLink {
  private let handle: OpaquePointer
  private let answerLimit: TimeSpan
  private var names: [String: String] = [:]
  private var lastName = 0

  /// Connects and logs in.
  ///
  /// - Throws: `.disconnected` when that can't be done, `.unsafeSetting` when the server may lose what it
  ///   acknowledges.
  init(_ address: PostgresAddress, answerLimit: TimeSpan) throws(StoreError) {
    self.answerLimit = answerLimit
    guard let made = unsafe PostgresLink.connect(address) else { throw .disconnected("no memory") }
    unsafe handle = made
    guard unsafe PQstatus(made) == CONNECTION_OK else { throw lost() }
    unsafe PQsetNoticeProcessor(made, { _, _ in }, nil)
    try configure()
    guard unsafe PQsetnonblocking(made, 1) == 0, unsafe PQenterPipelineMode(made) == 1 else {
      throw lost()
    }
  }

  deinit { unsafe PQfinish(handle) }

  private static func connect(_ address: PostgresAddress) -> OpaquePointer? {
    // What the URL says itself wins: it comes last. Another server than a primary can't be written to,
    // and a dead one must be noticed in seconds.
    let settings = [
      ("application_name", "hawker"), ("client_encoding", "UTF8"), ("connect_timeout", "5"),
      ("keepalives_idle", "5"), ("keepalives_interval", "2"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "10000"), ("target_session_attrs", "read-write"),
      ("dbname", address.url),
    ]
    var keys = unsafe settings.map { unsafe UnsafePointer(strdup($0.0)) }
    var values = unsafe settings.map { unsafe UnsafePointer(strdup($0.1)) }
    defer {
      for index in settings.indices {
        unsafe free(UnsafeMutablePointer(mutating: keys[index]))
        unsafe free(UnsafeMutablePointer(mutating: values[index]))
      }
    }
    unsafe keys.append(nil)
    unsafe values.append(nil)
    return unsafe PQconnectdbParams(keys, values, 1)
  }

  // MARK: Settings

  /// The settings durability rests on, and those that end what a dead process left open.
  private func configure() throws(StoreError) {
    guard unsafe PQserverVersion(handle) >= PostgresLink.serverVersionMin else {
      throw .unsafeSetting(name: "server_version", value: try value("SHOW server_version"))
    }
    let commit = try value("SHOW synchronous_commit")
    if commit != "remote_apply" { _ = try value("SET synchronous_commit = on") }
    for name in ["fsync", "full_page_writes"] {
      let found = try value("SHOW \(name)")
      guard found == "on" else { throw .unsafeSetting(name: name, value: found) }
    }
    let now = try value("SHOW synchronous_commit")
    guard now == "on" || now == "remote_apply" else {
      throw .unsafeSetting(name: "synchronous_commit", value: now)
    }
    for setting in PostgresLink.sessionSettings { _ = try value("SET \(setting)") }
  }

  /// 13: what Debian and the clouds still keep up.
  private static let serverVersionMin: Int32 = 130_000
  /// Plans are ours to keep; a transaction whose process is gone must not hold its rooms.
  private static let sessionSettings = [
    "idle_in_transaction_session_timeout = '10s'", "tcp_keepalives_idle = 5",
    "tcp_keepalives_interval = 2", "tcp_keepalives_count = 3", "jit = off",
    "default_transaction_isolation = 'read committed'",
  ]

  /// What one simple statement says, before the pipeline is there.
  private func value(_ sql: String) throws(StoreError) -> String {
    guard let raw = unsafe PQexec(handle, sql) else { throw lost() }
    let result = unsafe PostgresResult(raw)
    switch result.status {
    case PGRES_TUPLES_OK: return result.rowCount > 0 ? result.row(0).string(0) : ""
    case PGRES_COMMAND_OK: return ""
    default: throw failure(result, sql)
    }
  }

  // MARK: Calls

  /// What an answer belongs to.
  private enum Expected {
    case preparation(of: String)
    case call(String)
  }

  /// Sends all calls, then reads all answers: one way there and back.
  ///
  /// - Throws: the first failure; the server has skipped the calls after it. `.disconnected` when the
  ///   answers did not come: whether the calls were carried out is not known.
  func exchange(_ calls: [PostgresCall]) throws(StoreError) -> [PostgresResult] {
    var expected: [Expected] = []
    for call in calls { try send(call, &expected) }
    guard unsafe PQpipelineSync(handle) == 1 else { throw lost() }
    var results: [PostgresResult] = []
    var failed: StoreError?
    for item in expected {
      let result = try next()
      guard try optional() == nil else {
        throw .disconnected("more than one result")
      }
      switch (item, result.status) {
      case (.call, PGRES_COMMAND_OK), (.call, PGRES_TUPLES_OK): results.append(result)
      case (.preparation, PGRES_COMMAND_OK): break
      case (.preparation(let sql), _):
        names[sql] = nil
        failed = failed ?? failure(result, sql)
      case (.call(let sql), _): failed = failed ?? failure(result, sql)
      }
    }
    guard try next().status == PGRES_PIPELINE_SYNC else {
      throw .disconnected("the end of the answers is missing")
    }
    if let failed { throw failed }
    return results
  }

  private func send(_ call: PostgresCall, _ expected: inout [Expected]) throws(StoreError) {
    let name: String
    if let known = names[call.sql] {
      name = known
    } else {
      lastName += 1
      name = "s\(lastName)"
      names[call.sql] = name
      let types = call.parameters.types
      guard unsafe PQsendPrepare(handle, name, call.sql, Int32(types.count), types) == 1 else {
        throw lost()
      }
      expected.append(.preparation(of: call.sql))
    }
    guard send(call.parameters, to: name) else { throw lost() }
    expected.append(.call(call.sql))
  }

  private func send(_ parameters: PostgresParameters, to name: String) -> Bool {
    let lengths = parameters.places.map { Int32(clamping: $0?.count ?? 0) }
    let formats = [Int32](repeating: 1, count: lengths.count)
    return unsafe parameters.bytes.withUnsafeBytes { raw -> Bool in
      let base = unsafe raw.bindMemory(to: CChar.self).baseAddress
      let values = unsafe parameters.places.map { place -> UnsafePointer<CChar>? in
        guard let place else { return nil }
        return unsafe base.map { unsafe $0 + place.lowerBound }
      }
      return unsafe PQsendQueryPrepared(
        handle, name, Int32(values.count), values, lengths, formats, 1) == 1
    }
  }

  // MARK: Answers

  private func next() throws(StoreError) -> PostgresResult {
    guard let result = try optional() else { throw lost() }
    return result
  }

  private func optional() throws(StoreError) -> PostgresResult? {
    while true {
      let isSent = unsafe PQflush(handle)
      guard isSent >= 0 else { throw lost() }
      guard unsafe PQisBusy(handle) == 1 else { break }
      try wait(alsoToSend: isSent == 1)
      guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
    }
    guard let raw = unsafe PQgetResult(handle) else { return nil }
    let result = unsafe PostgresResult(raw)
    if unsafe PQstatus(handle) == CONNECTION_BAD { throw lost() }
    return result
  }

  /// Waits until something moves: an answer may be long, but not silent.
  private func wait(alsoToSend: Bool) throws(StoreError) {
    let events = Int16(POLLIN) | (alsoToSend ? Int16(POLLOUT) : 0)
    var waited = pollfd(fd: unsafe PQsocket(handle), events: events, revents: 0)
    let count = unsafe poll(&waited, 1, Int32(answerLimit.milliseconds.rounded(.up)))
    if count == 0 { throw .disconnected("no answer in time") }
  }

  // MARK: Errors

  /// The connection is of no more use.
  private func lost() -> StoreError {
    .disconnected(PostgresLink.oneLine(unsafe String(cString: PQerrorMessage(handle))))
  }

  private func failure(_ result: PostgresResult, _ sql: String) -> StoreError {
    let (state, text) = (result.errorField(.state), result.errorField(.message))
    let detail = result.errorField(.detail)
    if result.status == PGRES_PIPELINE_ABORTED {
      return .postgres(state: "", text: "not carried out", during: sql)
    }
    let numbers = detail.split(separator: " ").compactMap { Int64($0) }
    switch state {
    case PostgresState.superseded: return .inUse(path: "this server's name in the database")
    case PostgresState.notOwned where numbers.count == 1:
      return .ownershipLost(room: RoomKey(rawValue: numbers[0]))
    case PostgresState.sequenceGap where numbers.count == 3:
      return .sequenceGap(
        room: RoomKey(rawValue: numbers[0]), expected: numbers[1], found: numbers[2])
    default:
      if PostgresState.isDisconnection(state) { return .disconnected(PostgresLink.oneLine(text)) }
      return .postgres(state: state, text: text, during: sql)
    }
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: "; ")
  }
}
