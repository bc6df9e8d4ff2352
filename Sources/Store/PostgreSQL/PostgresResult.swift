// What a statement gave: rows, read in binary.

import CPQ

/// The result of one call. A class because libpq knows it by its address, and frees it once.
@safe final class PostgresResult {
  private let handle: OpaquePointer

  /// Takes over `handle`.
  init(_ handle: OpaquePointer) { unsafe self.handle = handle }

  deinit { unsafe PQclear(handle) }

  var status: ExecStatusType { unsafe PQresultStatus(handle) }

  var rowCount: Int { unsafe Int(PQntuples(handle)) }

  /// Rows changed, inserted or deleted.
  var changes: Int {
    guard let text = unsafe PQcmdTuples(handle) else { return 0 }
    return Int(unsafe String(cString: text)) ?? 0
  }

  func row(_ index: Int) -> PostgresRow { PostgresRow(result: self, index: Int32(index)) }

  /// The first column of all rows.
  var integers: [Int64] { (0..<rowCount).map { row($0).integer(0) } }

  /// A field of the server's error; empty when it has none.
  func errorField(_ field: PostgresErrorField) -> String {
    guard let text = unsafe PQresultErrorField(handle, field.rawValue) else { return "" }
    return unsafe String(cString: text)
  }

  fileprivate func isNull(_ row: Int32, _ column: Int32) -> Bool {
    unsafe PQgetisnull(handle, row, column) == 1
  }

  fileprivate func bytes(_ row: Int32, _ column: Int32) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(
      start: PQgetvalue(handle, row, column), count: Int(PQgetlength(handle, row, column)))
  }
}

/// Fields of an error, as libpq numbers them (postgres_ext.h).
enum PostgresErrorField: Int32 {
  case state = 67  // 'C'
  case message = 77  // 'M'
  case detail = 68  // 'D'
}

/// One row of a result.
@safe struct PostgresRow: SQLRow {
  fileprivate let result: PostgresResult
  fileprivate let index: Int32

  func isNull(_ column: Int32) -> Bool { result.isNull(index, column) }

  /// Whole numbers of any width; 0 for null.
  func integer(_ column: Int32) -> Int64 {
    let bytes = unsafe result.bytes(index, column)
    guard let first = unsafe bytes.first else { return 0 }
    var number: Int64 = bytes.count > 1 && first & 0x80 != 0 ? -1 : 0
    for index in bytes.indices { number = unsafe number << 8 | Int64(bytes[index]) }
    return number
  }

  func string(_ column: Int32) -> String {
    unsafe String(decoding: result.bytes(index, column), as: UTF8.self)
  }

  func bytes(_ column: Int32) -> [UInt8] { unsafe [UInt8](result.bytes(index, column)) }
}
