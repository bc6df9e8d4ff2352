// Every bound of what is passed on between processes, with its reason.

package import Wire

/// What one process may have under way to others, and for how long.
package enum ForwardLimits {
  /// Requests under way at once: half of the connections a server takes from one address.
  package static let concurrentMax = 128
  /// Bytes of their bodies together: imports of products are the large ones, and are rare.
  package static let bytesMax = 8 << 20
  /// From connecting to a connection: the processes are near each other.
  package static let connectLimit = TimeSpan.seconds(2)
  /// From connecting to the answer's last byte: longer than any commit, shorter than a client waits
  /// (`WebLimits.answerTimeout`).
  package static let totalLimit = TimeSpan.seconds(12)
  /// The largest answer: a page of the log or of a person's data, of a thousand long rows.
  package static let answerMax = 16 << 20
  /// Bytes of the head of an answer.
  package static let answerHeadMax = 32 * 1024
  /// How far two machines' clocks may be apart, and how old a stamp may be: as for tokens.
  package static let stampAgeMs: Int64 = 30_000
  /// When who is refused may come again: a room of a process that died can be had after its lease.
  package static let retryMs: Int64 = 2000
  /// How long it is believed where a room is without asking the database again.
  package static let ownerLife = TimeSpan.seconds(1)
  /// Rooms of which that is remembered.
  package static let ownersMax = 10_000
}
