// Endpoints of webhooks that the configuration names, as rows.

import RoomLog

extension LogWriter {
  /// Makes the configured endpoints as the configuration has them; returns all.
  ///
  /// - Parameter configured: without topics where the configuration does not say: then those stay that
  ///   were chosen since, and a new endpoint has all that need not be named.
  func configureHooks(
    _ configured: [HookEndpointRow], atMs now: Int64
  ) throws(StoreError) -> [HookEndpointRow] {
    try connection.transaction { () throws(StoreError) in
      try connection.lock(table: "hook_endpoints")
      let known = try HookReading.endpoints(connection).filter(\.isConfigured)
      for row in configured {
        var row = row
        row.isConfigured = true
        let old = known.first { $0.merchant == row.merchant }
        if row.topics.isEmpty { row.topics = old?.topics ?? ["*"] }
        if let old {
          // Where it goes and how it is signed is the configuration's, and what it is told if it says so;
          // the rest was chosen since.
          row.id = old.id
          row.createdMs = old.createdMs
          row.deadlineMs = old.deadlineMs
          row.fallback = old.fallback
        }
        _ = try hooks.apply(.put(row))
      }
      for old in known where !configured.contains(where: { $0.merchant == old.merchant }) {
        _ = try hooks.apply(
          .disable(endpoint: old.id, why: "it is not in the configuration any more", atMs: now))
      }
      return try HookReading.endpoints(connection)
    }
  }
}
