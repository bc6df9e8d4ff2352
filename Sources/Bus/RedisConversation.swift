// What is said on one connection to Redis: sans-IO, so that a lying server is a test of a few lines.

import Nodes

/// One connection's words: who we are, then either listening or speaking.
struct RedisConversation {
  /// What it is for: a connection that listens can't speak.
  enum Role: Hashable, Sendable {
    case listening, speaking
  }

  enum Event: Hashable {
    /// Redis has let us in.
    case ready
    /// A message of the channel.
    case message([UInt8])
    /// Not to be used any more: why, for an operator.
    case failed(String)
  }

  private enum Stage {
    case authenticating, subscribing, ready
  }

  private let role: Role
  private let channel: [UInt8]
  private var stage: Stage
  /// Commands that are not answered: more are not sent.
  private(set) var unanswered = 0

  /// Hints on their way to a server that does not answer.
  static let unansweredMax = 64

  /// - Returns: with what is to be sent first.
  static func begin(
    _ role: Role, channel: String, address: RedisAddress
  ) -> (RedisConversation, [UInt8]) {
    var conversation = RedisConversation(role: role, channel: Array(channel.utf8))
    var bytes: [UInt8] = []
    if let password = address.password {
      bytes = RedisCommand.bytes(
        ["AUTH"].map { Array($0.utf8) } + (address.user.map { [Array($0.utf8)] } ?? [])
          + [Array(password.utf8)])
      return (conversation, bytes)
    }
    bytes = conversation.enter()
    return (conversation, bytes)
  }

  private init(role: Role, channel: [UInt8]) {
    self.role = role
    self.channel = channel
    stage = .authenticating
  }

  /// What is sent once we are let in: a speaker asks for an answer, so that it knows.
  private mutating func enter() -> [UInt8] {
    stage = .subscribing
    switch role {
    case .listening: return RedisCommand.bytes([Array("SUBSCRIBE".utf8), channel])
    case .speaking: return RedisCommand.bytes("PING")
    }
  }

  var isReady: Bool { stage == .ready }

  /// Whether a message may be sent now.
  var isTaking: Bool {
    stage == .ready && role == .speaking && unanswered < RedisConversation.unansweredMax
  }

  /// A message for the channel; nil while none may be sent.
  mutating func publish(_ message: [UInt8]) -> [UInt8]? {
    guard isTaking else { return nil }
    unanswered += 1
    return RedisCommand.bytes([Array("PUBLISH".utf8), channel, message])
  }

  /// Asks whether somebody is there.
  mutating func ping() -> [UInt8] {
    if role == .speaking { unanswered += 1 }
    return RedisCommand.bytes("PING")
  }

  /// Takes a reply; with what is to be sent then.
  mutating func take(_ reply: RedisReply) -> (Event?, [UInt8]) {
    switch (stage, reply) {
    // The words of an error may repeat what was sent: only its name is told.
    case (_, .error(let text)):
      return (.failed("Redis answers \(RedisConversation.name(of: text))"), [])
    case (.authenticating, .status("OK")): return (nil, enter())
    case (.subscribing, .status("PONG")) where role == .speaking: return become()
    case (.subscribing, .array(let words)) where role == .listening:
      guard words.first == .bytes(Array("subscribe".utf8)) else { return unexpected }
      return become()
    case (.ready, .array(let words)) where role == .listening: return heard(words)
    case (.ready, .integer), (.ready, .status):
      guard role == .speaking, unanswered > 0 else { return unexpected }
      unanswered -= 1
      return (nil, [])
    default: return unexpected
    }
  }

  private mutating func become() -> (Event?, [UInt8]) {
    stage = .ready
    return (.ready, [])
  }

  private func heard(_ words: [RedisReply]) -> (Event?, [UInt8]) {
    if words.first == .bytes(Array("pong".utf8)) { return (nil, []) }
    guard words.count == 3, words[0] == .bytes(Array("message".utf8)), words[1] == .bytes(channel),
      case .bytes(let message) = words[2]
    else { return unexpected }
    return (.message(message), [])
  }

  private var unexpected: (Event?, [UInt8]) {
    (.failed("what answers is not Redis, or does not keep to its protocol"), [])
  }

  private static func name(of error: String) -> String {
    let word = error.prefix { $0 != " " }
    let isName =
      !word.isEmpty && word.utf8.count <= 32
      && word.utf8.allSatisfy { (65...90).contains($0) }
    return isName ? String(word) : "an error"
  }
}
