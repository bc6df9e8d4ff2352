// A recorded session of HLS: what was asked for and what came, in order.

package import Wire

/// One request and its response.
package struct Exchange: Sendable {
  /// When the response came.
  package var at: Instant
  /// Below the room: `f/index.m3u8`.
  package var path: String
  /// Without the question mark; empty without one.
  package var query: String
  /// The HTTP status.
  package var status: Int
  package var body: [UInt8]

  package init(at: Instant, path: String, query: String = "", status: Int, body: [UInt8]) {
    self.at = at
    self.path = path
    self.query = query
    self.status = status
    self.body = body
  }

  /// The body as text.
  package var text: String { String(decoding: body, as: UTF8.self) }
  /// The folder of the path, with its slash; empty at the top.
  package var folder: String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }
}
