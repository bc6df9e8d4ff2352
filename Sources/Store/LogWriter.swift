// What the writing thread needs of a database.

import RoomLog
import Wire

/// The one connection that writes. A class because it owns that connection.
///
/// What its functions throw ends the process: nobody knows what is stored then. What is wrong with one
/// item is an outcome.
protocol LogWriter: AnyObject {
  /// For jobs that run between groups, on the same connection.
  var connection: any SQLDatabase { get }

  /// Writes `items` in one transaction, durable when this returns; one outcome each, in order.
  func write(_ items: [WriteItem]) throws(StoreError) -> [WriteOutcome]

  /// What is written about webhooks, on the same connection, inside a transaction.
  var hooks: HookStatements { get }

  /// Something was erased: what the database still holds of it is to go as soon as that disturbs nobody.
  func noteErasure()

  /// Does what is due between two groups.
  ///
  /// - Parameter isIdle: nothing waits to be written.
  /// - Returns: when to come again at the latest.
  func tend(_ board: StoreBoard, isIdle: Bool, at now: Instant) throws(StoreError) -> Instant

  /// Everything is written: gives up what others may want.
  func close()

  /// What this process is among those on its database; nil where there are no others.
  func membership() throws(StoreError) -> NodeMembership?

  /// The revoked tokens that processes on the database share.
  func revocations() throws(StoreError) -> [RevocationRow]
}

extension LogWriter {
  func membership() throws(StoreError) -> NodeMembership? { nil }
  func revocations() throws(StoreError) -> [RevocationRow] { [] }
}
