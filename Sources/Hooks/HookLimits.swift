// Every bound of webhooks, with its reason.

package import Wire

/// The bounds of webhooks.
package enum HookLimits {
  /// How far a signature's time may be from ours, either way: what the reference libraries allow.
  package static let toleranceSeconds: Int64 = 300
  /// Bytes of a secret after decoding: Standard Webhooks asks for 24 to 64.
  package static let secretBytes = 24...64
  /// Live keys of one endpoint: the new one, and the old one until the receiver has changed over; one
  /// pair of each kind.
  package static let keysMax = 4
  /// Signatures looked at in one header: rotation of both kinds needs four.
  static let signaturesMax = 8
  /// Characters of an id; our own have 38.
  package static let idMax = 256
  /// Characters of a URL.
  package static let urlMax = 2048
  /// Bytes of a body we send or take: an order of fifty lines is 10 KiB.
  package static let bodyMax = 64 * 1024
  /// Endpoints of one server: shops of a large marketplace; all are in memory.
  package static let endpointsMax = 1000
  /// Topics of one endpoint.
  package static let topicsMax = 64
  /// Tries that are under way to one endpoint at once.
  package static let underWayPerEndpoint = 4
  /// Tries under way at once in all, beyond the first of each endpoint: descriptors.
  package static let underWayMax = 256
  /// Deliveries of one endpoint in memory; the others wait on the disk.
  package static let laneMax = 128
  /// The longest wait a Retry-After is granted: longer than the longest of our own.
  package static let retryAfterMsMax: Int64 = 86_400_000
  /// How long making a connection may take.
  package static let connectLimit = TimeSpan.seconds(5)
  /// How long one try may take; the receiver is to answer first and work afterwards.
  package static let totalLimit = TimeSpan.seconds(15)
  /// Bytes of an answer's head and body that are read: pages of some web frameworks fit, nothing of them
  /// is kept.
  package static let answerHeadMax = 16 * 1024
  package static let answerBodyMax = 1 << 20
  /// Characters of an error that are kept with a delivery.
  package static let errorMax = 200
  /// How long a synchronous hook may take where nobody says.
  package static let syncDeadlineMs: Int64 = 3000
  /// How long one may be told to take.
  package static let syncDeadlineMsRange: ClosedRange<Int64> = 200...10_000
  /// Synchronous hooks under way at once; more are answered by their fallback.
  package static let syncMax = 512
  /// Of them those to one endpoint: a slow shop is no other shop's trouble.
  package static let syncEachMax = 64
  /// Of those, the prices of new holds: a drop's opening must not keep buyers from their payment pages.
  package static let syncHoldsMax = 32
  /// Of those for a payment page, those of one buyer at one shop.
  package static let syncBuyerMax = 2
  /// Payment pages that wait to be asked for.
  package static let syncWaitingMax = 10_000
}
