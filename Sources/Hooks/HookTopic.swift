// The names of what shops are told and asked.

/// A topic: `family.event`.
package enum HookTopic {
  /// An endpoint with this one gets every event that need not be asked for by name.
  package static let all = "*"
  package static let roomLive = "room.live"
  package static let roomEnded = "room.ended"
  /// Only by name: they tell of people, and there are many.
  package static let viewerJoined = "viewer.joined"
  package static let viewerLeft = "viewer.left"
  /// Units asked of a merchant, and given back: only where a merchant keeps its stock so.
  package static let stockReserve = "stock.reserve"
  package static let stockReturn = "stock.return"
  /// What a test sends.
  package static let test = "hook.test"

  /// Topics that `*` does not hold: personal events, questions that change what people say or pay, and
  /// units that somebody has to answer for.
  package static let onRequest: Set<String> = [
    viewerJoined, viewerLeft, stockReserve, stockReturn, SyncHookKind.reviewChat.rawValue,
    SyncHookKind.priceCheck.rawValue,
  ]

  /// Every topic of events and questions, by families (docs/hooks.md): what a configuration may name.
  package static let known: [String] = [
    roomLive, roomEnded, viewerJoined, viewerLeft,
    "order.created", "order.awaiting_payment", "order.paid", "order.failed", "order.cancelled",
    "order.expired", "order.shipped", "order.refund_requested", "order.refunded",
    "hold.created", "hold.ended", "drop.scheduled", "drop.opened", "drop.ended",
    "auction.opened", "auction.won", "auction.closed", "gift.given", stockReserve, stockReturn,
    SyncHookKind.createCheckout.rawValue, SyncHookKind.priceCheck.rawValue,
    SyncHookKind.reviewChat.rawValue,
  ]

  /// The topics that a word of the configuration stands for: `*`, one topic, or `FAMILY.*` for all of a
  /// family, those that must be named among them; nil for what is none of these.
  package static func topics(named word: String) -> [String]? {
    if word == all || known.contains(word) { return [word] }
    guard word.hasSuffix(".*") else { return nil }
    let family = known.filter { $0.hasPrefix(word.dropLast()) }
    return family.isEmpty ? nil : family
  }

  /// Whether `text` may be a topic: `*`, or words of [a-z0-9_] joined by dots, 1 to 64 characters.
  package static func isTopic(_ text: String) -> Bool {
    if text == all { return true }
    let words = text.split(separator: ".", omittingEmptySubsequences: false)
    return text.utf8.count <= 64
      && words.allSatisfy { word in
        !word.isEmpty
          && word.utf8.allSatisfy {
            (97...122).contains($0) || (48...57).contains($0) || $0 == 95
          }
      }
  }

  /// Whether an endpoint with these topics gets `topic`.
  package static func matches(_ topics: [String], _ topic: String) -> Bool {
    topics.contains(topic) || (topics.contains(all) && !onRequest.contains(topic))
  }
}
