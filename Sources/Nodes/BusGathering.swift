// Hints that wait, to be sent or to be acted on: each once, and not too often.

package import Wire

/// Gathers hints. Pure: times are arguments.
package struct BusGathering: Sendable {
  private var waiting: [BusHint] = []
  private var known: Set<BusHint> = []
  private var walletCount = 0
  private var notBefore = Instant.zero
  /// Hints that found no room.
  package private(set) var discarded: UInt64 = 0

  /// Hints that wait: rooms that are taken within a pause when one of several servers dies.
  package static let waitingMax = 1024
  /// Wallets among them: a rush of gifts leaves room for what is more urgent.
  package static let walletsMax = 512
  /// Between two rounds of acting on hints: what the database is asked by them, however many come.
  package static let pause = TimeSpan.milliseconds(100)

  package init() {}

  package var isEmpty: Bool { waiting.isEmpty }

  /// Takes a hint; one that waits already is not taken twice.
  package mutating func add(_ hint: BusHint) {
    guard !known.contains(hint) else { return }
    guard waiting.count < BusGathering.waitingMax,
      !hint.isWallet || walletCount < BusGathering.walletsMax
    else {
      discarded += 1
      return
    }
    if hint.isWallet { walletCount += 1 }
    known.insert(hint)
    waiting.append(hint)
  }

  /// When `take` may give something; nil: not until something is added.
  package var nextTake: Instant? { waiting.isEmpty ? nil : notBefore }

  /// All that waits, if the pause since the last time is over.
  package mutating func take(at now: Instant) -> [BusHint] {
    guard !waiting.isEmpty, now >= notBefore else { return [] }
    notBefore = now + BusGathering.pause
    defer {
      waiting = []
      known = []
      walletCount = 0
    }
    return waiting
  }

  /// The oldest that waits.
  package mutating func popFirst() -> BusHint? {
    guard let first = waiting.first else { return nil }
    waiting.removeFirst()
    known.remove(first)
    if first.isWallet { walletCount -= 1 }
    return first
  }
}

extension BusHint {
  fileprivate var isWallet: Bool {
    if case .wallet = self { true } else { false }
  }
}

/// What became of hints, and of the connection.
package struct BusCounters: Hashable, Sendable {
  /// Whether Redis takes and brings hints now.
  package var isConnected = false
  package var connections: UInt64 = 0
  /// Connections that ended, or that could not be made.
  package var failures: UInt64 = 0
  package var sent: UInt64 = 0
  package var received: UInt64 = 0
  /// What came and was no message of ours.
  package var garbage: UInt64 = 0
  /// Hints that found no room, on their way out or in.
  package var discarded: UInt64 = 0
  package init() {}
}
