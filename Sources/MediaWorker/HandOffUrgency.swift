// Which handed-over datagrams are worth waking another worker for.

import Wire

/// Decides how soon the owner must look at a datagram. SRTCP leaves the first header in clear (RFC 3711
/// section 3.4), so no key is needed for it.
enum HandOffUrgency {
  /// Whether the owner may find the datagram in its next turn, which comes within
  /// `WorkerLimits.feedbackInterval`: receiver reports and transport-wide feedback, on which nothing is
  /// sent at once. They are most of what viewers send.
  static func canWait(_ datagram: borrowing Span<UInt8>) -> Bool {
    guard datagram.count >= 2, datagram[0] >> 6 == 2 else { return false }
    let format = datagram[0] & 0x1F
    return datagram[1] == receiverReport
      || (datagram[1] == transportLayerFeedback && format == transportWideFeedback)
  }

  /// Datagrams that may wait at once: an eighth of a ring, so that a flood of them leaves it to others.
  static let waitingMax = 256

  private static let receiverReport: UInt8 = 201
  private static let transportLayerFeedback: UInt8 = 205
  private static let transportWideFeedback: UInt8 = 15
}
