// The body of a message: what happened, when, and to what.

package import JSON
import Wire

/// Writes bodies as Standard Webhooks suggests: `{"type", "timestamp", "data"}`.
package enum HookPayload {
  /// A body.
  ///
  /// - Parameters:
  ///   - atMs: when it happened, milliseconds since 1970.
  ///   - data: begins with `room` and, for what a room's log holds, `sequence`: deliveries may overtake
  ///     each other, the sequence says what came first.
  package static func body(type: String, atMs: Int64, data: JSONObject) -> [UInt8] {
    JSONValue.object([
      "type": .string(type), "timestamp": .string(timestamp(atMs)), "data": .object(data),
    ]).write()
  }

  /// RFC 3339, UTC, with milliseconds.
  package static func timestamp(_ atMs: Int64) -> String {
    let (nanoseconds, overflow) = atMs.multipliedReportingOverflow(by: 1_000_000)
    return CalendarDate(WallTime(nanoseconds: overflow ? 0 : nanoseconds)).rfc3339
  }
}
