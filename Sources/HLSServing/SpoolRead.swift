// Requests for old segments, which are in files: read on a thread of their own, answered like what is in memory.

package import HLS
package import HTTP

/// A request that waits for a file of the spool.
package struct SpoolRead: Hashable, Sendable {
  /// Its path is below the room's folder.
  package let name: SpoolName
  let content: LibraryContent
  package let ticket: RequestTicket

  /// The response with the file's bytes, the same as while the segment was in memory.
  package func response(_ bytes: [UInt8]) -> HTTPResponse {
    var content = content
    content.chunks = [bytes]
    return RequestDesk.media(content, ticket)
  }

  /// The file is there no longer.
  package static let gone = AnswerHeaders.refusal(.notFound)
  /// Too many wait for the disk.
  package static let busy = AnswerHeaders.refusal(
    503, "too-many-waiting", "too many wait for files")
}
