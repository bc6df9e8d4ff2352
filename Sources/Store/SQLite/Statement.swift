// One compiled statement: parameters in, rows out.

import CSQLite

/// A compiled statement of one connection, used by that connection's thread alone.
///
/// A class because SQLite knows it by its address. Parameters and columns are numbered as in SQLite:
/// parameters from 1, columns from 0.
@safe final class Statement: SQLRow {
  private let handle: OpaquePointer
  // Binding fails only for a value that is too long, or our own bug: `step` reports it.
  private var bindFailure: Int32 = SQLITE_OK

  /// Compiles `sql`, which must be one statement.
  ///
  /// - Parameter isKept: SQLite is told that it will live long.
  init(_ sql: String, of database: Database, isKept: Bool) throws(StoreError) {
    var made: OpaquePointer?
    let flags = isKept ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
    let code = unsafe sqlite3_prepare_v3(database.handle, sql, -1, flags, &made, nil)
    guard code == SQLITE_OK, let made = unsafe made else { throw database.failure(code, sql) }
    unsafe handle = made
  }

  deinit { unsafe sqlite3_finalize(handle) }

  // MARK: Parameters

  func bind(_ index: Int32, _ number: Int64) {
    note(unsafe sqlite3_bind_int64(handle, index, number))
  }

  func bind(_ index: Int32, _ text: String) {
    var text = text
    let code = text.withUTF8 { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
        unsafe shim_sqlite3_bind_text(
          handle, index, characters.baseAddress, length(characters.count))
      }
    }
    note(code)
  }

  func bind(_ index: Int32, _ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return note(unsafe sqlite3_bind_zeroblob(handle, index, 0)) }
    let code = unsafe bytes.withUnsafeBytes { raw in
      unsafe shim_sqlite3_bind_blob(handle, index, raw.baseAddress, length(raw.count))
    }
    note(code)
  }

  func bindNull(_ index: Int32) { note(unsafe sqlite3_bind_null(handle, index)) }

  func bind(_ index: Int32, _ number: Int64?) {
    if let number { bind(index, number) } else { bindNull(index) }
  }

  func bind(_ index: Int32, _ text: String?) {
    if let text { bind(index, text) } else { bindNull(index) }
  }

  func bind(_ values: [SQLValue]) {
    for (index, value) in zip(Int32(1)..., values) {
      switch value {
      case .null: bindNull(index)
      case .integer(let number): bind(index, number)
      case .text(let text): bind(index, text)
      case .bytes(let bytes): bind(index, bytes)
      }
    }
  }

  /// SQLite refuses more than a gigabyte by itself, and says so.
  private func length(_ count: Int) -> Int32 { Int32(clamping: count) }

  private func note(_ code: Int32) { if bindFailure == SQLITE_OK { bindFailure = code } }

  // MARK: Running

  /// Goes to the next row; false after the last one. `reset` is due in both cases before the next run.
  func step() throws(StoreError) -> Bool {
    if bindFailure != SQLITE_OK {
      defer { reset() }
      throw failure(bindFailure)
    }
    switch unsafe sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let error = failure(code)
      reset()
      throw error
    }
  }

  /// Runs to the end and makes the statement ready for the next run.
  func run() throws(StoreError) {
    while try step() {}
    reset()
  }

  /// Ends a run: the rows' locks go, the parameters stay.
  func reset() {
    unsafe sqlite3_reset(handle)
    bindFailure = SQLITE_OK
  }

  // MARK: Columns

  func isNull(_ column: Int32) -> Bool {
    unsafe sqlite3_column_type(handle, column) == SQLITE_NULL
  }

  func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

  func string(_ column: Int32) -> String {
    String(decoding: bytes(column), as: UTF8.self)
  }

  func bytes(_ column: Int32) -> [UInt8] {
    // The address first: SQLite may convert the value, and the length is then the converted one's.
    guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
    let count = unsafe Int(sqlite3_column_bytes(handle, column))
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }

  private func failure(_ code: Int32) -> StoreError {
    let text = unsafe String(cString: sqlite3_errmsg(sqlite3_db_handle(handle)))
    let sql = unsafe sqlite3_sql(handle).map { unsafe String(cString: $0) }
    return .sqlite(code: code, text: text, during: sql ?? "")
  }
}
