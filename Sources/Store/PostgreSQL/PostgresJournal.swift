// Which of this process's transactions the database has: the answer to a COMMIT that was never answered.

import RoomLog
import Wire

/// This process's row in the database, as far as it is known here.
///
/// Each transaction adds one to `batch`. Each connection adds one to `session`, which waits for a
/// transaction of the connection before and ends what it may still send: what the row then says of
/// `batch` is final.
struct PostgresJournal {
  /// The name in the data folder: the same after a restart, so that its rooms are its own at once.
  let name: String
  /// Where this process is reached.
  let place: NodePlace
  /// Drawn at each start: another process that has the name by mistake is told from this one.
  let incarnation: Int64
  private(set) var node: Int64 = 0
  private var session: Int64 = 0
  /// The number of the last transaction known to be committed.
  var batch: Int64 = 0
  private var isOpen = false

  init(name: String, place: NodePlace = NodePlace(), incarnation: Int64) {
    self.name = name
    self.place = place
    self.incarnation = incarnation
  }

  /// Takes the row over for `link`.
  ///
  /// - Throws: `.inUse` when another process has taken it meanwhile.
  mutating func open(_ link: PostgresLink) throws(StoreError) {
    var parameters = PostgresParameters()
    parameters.add(name)
    parameters.add(incarnation)
    if !isOpen {
      parameters.add(place.publicURL)
      parameters.add(place.nodeURL)
    }
    let sql = isOpen ? PostgresJournal.again : PostgresJournal.first
    guard let result = try link.exchange([PostgresCall(sql, parameters)]).first,
      result.rowCount == 1
    else { throw .inUse(path: "this server's name in the database") }
    let row = result.row(0)
    (node, session, batch) = (row.integer(0), row.integer(1), row.integer(2))
    isOpen = true
  }

  private static let first = """
    INSERT INTO nodes(name, incarnation, session, batch, address, door) VALUES ($1, $2, 1, 0, $3, $4)
    ON CONFLICT (name) DO UPDATE SET incarnation = excluded.incarnation, session = nodes.session + 1,
      address = excluded.address, door = excluded.door, seen = clock_timestamp()
    RETURNING node, session, batch
    """
  private static let again = """
    UPDATE nodes SET session = session + 1, seen = clock_timestamp()
    WHERE name = $1 AND incarnation = $2 RETURNING node, session, batch
    """

  /// The statement that gives a transaction its number; it fails in a connection that was replaced.
  var call: PostgresCall {
    var parameters = PostgresParameters()
    for number in [node, session, batch + 1] { parameters.add(number) }
    return PostgresCall("SELECT hawker_journal($1, $2, $3)", parameters)
  }
}
