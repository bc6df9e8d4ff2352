// Endpoints of webhooks that the configuration names, as rows.

import RoomLog

extension LogWriter {
  /// Makes the configured endpoints as the configuration has them; returns all.
  func configureHooks(
    _ configured: [HookEndpointRow], atMs now: Int64
  ) throws(StoreError) -> [HookEndpointRow] {
    try connection.transaction { () throws(StoreError) in
      try connection.lock(table: "hook_endpoints")
      let known = try HookReading.endpoints(connection).filter(\.isConfigured)
      for row in configured {
        var row = row
        row.isConfigured = true
        if let old = known.first(where: { $0.merchant == row.merchant }) {
          // Where it goes and how it is signed is the configuration's; the rest was chosen since.
          row.id = old.id
          row.createdMs = old.createdMs
          row.topics = old.topics
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
