// One connection to a database as jobs and reads see it: the same statements run on every database.

/// A connection, used by the thread that made it alone.
///
/// Statements are written so that each database understands them: parameters are `?` or `?1`, whole
/// numbers are 64 bits wide (`CAST(sum(x) AS BIGINT)`), conflicts are named (`ON CONFLICT DO NOTHING`),
/// a table in FROM made of a query has a name.
protocol SQLDatabase: AnyObject {
  /// Runs a statement that gives no rows, or whose rows nobody wants.
  func execute(_ sql: String, _ values: [SQLValue]) throws(StoreError)

  /// All rows of a statement.
  func rows<Row>(
    _ sql: String, _ values: [SQLValue], _ row: (any SQLRow) -> Row
  ) throws(StoreError) -> [Row]

  /// Rows changed, inserted or deleted by the last statement.
  var changes: Int { get }

  /// What makes a FROM clause use an index, for a database that must be told.
  func using(index: String) -> String

  /// Keeps other processes from writing to a table until the transaction ends; where there are none,
  /// nothing.
  func lock(table: String) throws(StoreError)

  /// Takes a name that one process at a time may have, until it is let go or the connection ends; where
  /// there are no others, always. Outside of transactions.
  ///
  /// - Returns: whether it is this one's now.
  func tryHold(_ name: String) throws(StoreError) -> Bool

  /// Lets go of all names.
  func letGo() throws(StoreError)

  /// Runs `body` in a transaction that may write; what it throws undoes everything.
  ///
  /// `body` may run again when a connection was lost before anything was committed: it changes nothing
  /// outside.
  func transaction<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result

  /// Runs `body` on one unchanging view of the database.
  func reading<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result
}

extension SQLDatabase {
  /// Runs a statement that gives no rows, or whose rows nobody wants.
  func run(_ sql: String, _ values: SQLValue...) throws(StoreError) { try execute(sql, values) }

  /// All rows of a statement without parameters.
  func rows<Row>(_ sql: String, _ row: (any SQLRow) -> Row) throws(StoreError) -> [Row] {
    try rows(sql, [], row)
  }

  /// The first row of a statement, which gives few; nil when there is none.
  func first<Row>(
    _ sql: String, _ values: [SQLValue] = [], _ row: (any SQLRow) -> Row
  ) throws(StoreError) -> Row? {
    try rows(sql, values, row).first
  }

  /// The number a statement gives; nil when it gives no row, or null.
  func integer(_ sql: String, _ values: SQLValue...) throws(StoreError) -> Int64? {
    try first(sql, values) { $0.optionalInteger(0) } ?? nil
  }

  /// The text a statement gives; nil when it gives no row, or null.
  func string(_ sql: String, _ values: SQLValue...) throws(StoreError) -> String? {
    try first(sql, values) { $0.optionalString(0) } ?? nil
  }
}

/// One row of a result; columns are numbered from 0.
protocol SQLRow {
  func isNull(_ column: Int32) -> Bool
  func integer(_ column: Int32) -> Int64
  func string(_ column: Int32) -> String
  func bytes(_ column: Int32) -> [UInt8]
}

extension SQLRow {
  func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

  func optionalString(_ column: Int32) -> String? { isNull(column) ? nil : string(column) }
}
