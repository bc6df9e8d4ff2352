// Sessions that ended by DTLS before their DELETE came: a page closes its connection, then deletes.

import Room

/// The last sessions whose clients closed their transports; their DELETE is answered like any other.
struct Farewells: Sendable {
  private var records: [String: TransportRecord] = [:]
  private var order: [String] = []

  /// More than leave in the second between a close and its DELETE.
  static let recordsMax = 4096

  /// Remembers a session; forgets the oldest beyond the limit.
  mutating func add(_ record: TransportRecord) {
    records[record.urlToken] = record
    order.append(record.urlToken)
    if order.count > Farewells.recordsMax { records[order.removeFirst()] = nil }
  }

  /// Takes the session with this URL, if it was this member's.
  mutating func take(_ urlToken: String, of identity: String) -> TransportRecord? {
    guard records[urlToken]?.member.identity == identity else { return nil }
    return records.removeValue(forKey: urlToken)
  }
}
