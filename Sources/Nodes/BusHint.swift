// What processes on one database tell each other by Redis: that it is worth looking.

/// A hint. It carries nothing that is believed: who gets one reads the database sooner than it would have.
package enum BusHint: Hashable, Sendable {
  /// Rooms were given back: each may be anybody's soon.
  case rooms
  /// A room was taken.
  case room(String)
  /// Endpoints of webhooks changed, or a process left deliveries to the others.
  case hooks
  /// People were erased.
  case erasures
  /// Tokens were revoked or restored.
  case revocations
  /// The wallet with this account holds something else: whose it is, and how much, says the database.
  case wallet(Int64)

  /// What a new connection is told: what was said meanwhile is not known. Not of wallets: whose changed
  /// nobody knows, and each page asks for its own when it comes back.
  package static let all: [BusHint] = [.rooms, .hooks, .erasures, .revocations]
}

/// A hint as it is sent, with who says it: everybody hears their own words again.
package struct BusMessage: Hashable, Sendable {
  /// Drawn by each process when it starts.
  package let sender: UInt64
  package let hint: BusHint

  /// The longest message: some words and the name of a room.
  package static let bytesMax = 256

  package init(sender: UInt64, hint: BusHint) {
    self.sender = sender
    self.hint = hint
  }

  /// Reads a message; nil for anything else.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count <= BusMessage.bytesMax, let text = String(validating: bytes, as: UTF8.self)
    else { return nil }
    let words = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
    guard words.count >= 3, words[0] == "1", let sender = UInt64(words[1], radix: 16) else {
      return nil
    }
    self.sender = sender
    switch (words[2], words.count) {
    case ("rooms", 3): hint = .rooms
    case ("hooks", 3): hint = .hooks
    case ("erasures", 3): hint = .erasures
    case ("revocations", 3): hint = .revocations
    case ("room", 4) where !words[3].isEmpty: hint = .room(String(words[3]))
    case ("wallet", 4):
      guard let account = Int64(words[3]), account > 0, "\(account)" == words[3] else { return nil }
      hint = .wallet(account)
    default: return nil
    }
  }

  /// The message; nil when it is longer than one may be.
  package var bytes: [UInt8]? {
    let words =
      switch hint {
      case .rooms: "rooms"
      case .hooks: "hooks"
      case .erasures: "erasures"
      case .revocations: "revocations"
      case .room(let name): "room \(name)"
      case .wallet(let account): "wallet \(account)"
      }
    let bytes = Array("1 \(String(sender, radix: 16)) \(words)".utf8)
    return bytes.count <= BusMessage.bytesMax ? bytes : nil
  }
}
