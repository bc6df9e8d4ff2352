// What a room bench has sent, and how long each of it took to come back.

import ClientShell
import JSON
import Wire

/// Numbers what is sent: as the request's `id`, and as a mark in its text, `~17~`.
struct BenchWaits {
  /// What is timed on its own.
  enum Kind: Int, CaseIterable { case chat, state, other }

  /// The number of the first one: numbers, and keys made of them, are never used again.
  private let first: Int
  private var sentAt: [Instant] = []
  private var kinds: [Kind] = []
  private(set) var acknowledged = LatencyHistogram()
  private(set) var seen: [LatencyHistogram] = Kind.allCases.map { _ in LatencyHistogram() }
  /// Of the newest one sent.
  private(set) var newestSeen = 0
  private(set) var newestAcknowledged = false
  var lastAcknowledgedAt = Instant.zero

  init(after earlier: BenchWaits? = nil) { first = earlier.map { $0.first + $0.count } ?? 0 }

  var count: Int { sentAt.count }

  /// Its number.
  mutating func send(_ kind: Kind, at now: Instant) -> Int {
    sentAt.append(now)
    kinds.append(kind)
    newestSeen = 0
    newestAcknowledged = false
    return first + sentAt.count - 1
  }

  mutating func acknowledge(_ sent: Int, at now: Instant) {
    let number = sent - first
    guard sentAt.indices.contains(number) else { return }
    acknowledged.record(now - sentAt[number])
    lastAcknowledgedAt = now
    if number == sentAt.count - 1 { newestAcknowledged = true }
  }

  mutating func see(_ sent: Int, at now: Instant) {
    let number = sent - first
    guard sentAt.indices.contains(number) else { return }
    seen[kinds[number].rawValue].record(now - sentAt[number])
    if number == sentAt.count - 1 { newestSeen += 1 }
  }

  /// Finds the marks in a message.
  mutating func look(_ text: [UInt8], at now: Instant) {
    var index = 0
    while index < text.count {
      guard text[index] == UInt8(ascii: "~") else {
        index += 1
        continue
      }
      index += 1
      var number = 0
      let start = index
      while index < text.count, (48...57).contains(text[index]) {
        number = number &* 10 &+ Int(text[index] - 48)
        index += 1
      }
      if index > start { see(number, at: now) }
      index += 1
    }
  }

  func seen(_ kind: Kind) -> LatencyHistogram { seen[kind.rawValue] }

  static func milliseconds(_ histogram: LatencyHistogram, _ share: Double) -> JSONValue {
    guard let span = histogram.percentile(share) else { return .null }
    return .double((span.milliseconds * 100).rounded() / 100)
  }
}
