// How much an open room keeps beside its state, and how often its members may do things.

/// The bounds of one open room.
package enum HouseLimits {
  // MARK: Resuming

  /// Events whose frames are kept for members who come back: a minute of a lively room.
  package static let recentEventsMax = 1000
  /// Bytes of those frames: large texts must not make a room large.
  package static let recentBytesMax = 1024 * 1024
  /// Bytes of one part of a snapshot: half of what one message may have, so that one item more fits.
  package static let snapshotPartBytesMax = 32 * 1024
  /// Bytes of the entries of one page of a query: with what stands around them, one message of the
  /// room socket.
  package static let pageBytesMax = 48 * 1024

  /// Counters whose last telling is remembered before those of things that are gone are forgotten: more
  /// than a room has things.
  package static let countersToldMax = 1024

  // MARK: Idempotency

  /// Keys of one generation; two are kept, so a key is good for the room's last half million at least.
  package static let keysMax = 500_000
  /// Replies kept in memory: repeats come within seconds. Older ones are read from the store.
  package static let repliesMax = 1024
  /// Characters of a key, as Stripe takes them.
  package static let keyMax = 255

  // MARK: Admission

  /// Members whose recent doings are remembered; the idlest half goes when there are more.
  package static let membersMax = 20_000
  /// Messages at once, and milliseconds for each more: as fast as people type and no faster.
  package static let chatBurst = 5.0
  package static let chatMs = 2000.0
  /// Staff answer many.
  package static let staffFactor = 4.0
  /// Reactions a second: a finger on a phone makes ten.
  package static let reactionsPerSecond = 20.0
  /// Votes and upvotes a second.
  package static let votesPerSecond = 5.0
  /// Claims and bids a second: who is quicker is a program, and gains nothing by it.
  package static let claimsPerSecond = 5.0
  /// Checkouts at once, and the time until one more: each is remembered as long as the room.
  package static let orderBurst = 5.0
  package static let orderMs = 2000.0
  /// Changes of a cart and looks at pins a second.
  package static let cartsPerSecond = 10.0
  /// Captions at once and a second of one member: a service that refines two in four languages. Everyone is told of each.
  package static let captionBurst = 20.0
  package static let captionsPerSecond = 8.0
  /// Languages of a room's captions: each is a rendition of its HLS.
  package static let captionLanguagesMax = 4
  /// Own messages that a new one must differ from, and for how long.
  package static let duplicatesMax = 3
  package static let duplicateMs: Int64 = 30_000

  // MARK: The shop

  /// Bytes of a listing's texts: it is told in one message, and is one item of a snapshot.
  package static let listingBytesMax = 32 * 1024
  /// Decisions of the shop's clock in one turn of the room; each ends hundreds of holds.
  package static let shopDecisionsMax = 20
  /// Gifts and purchases whose keys are remembered: repeats come within seconds.
  static let transferKeysMax = 4096
  /// Members remembered as having seen a pin.
  package static let seenMax = 100_000

  // MARK: Counting

  /// Milliseconds between two events that count reactions: the log must not grow with fingers.
  package static let reactionsCountedMs: Int64 = 10_000
}
