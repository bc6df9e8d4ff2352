// One buyer of a crowd: what they want, what they have asked for and what they were told.

import Crypto
import JSON
import Loop
import Wire

/// A person who claims units of a drop, and goes on until every command was answered.
struct DropBuyer {
  /// One command; the same key for ever.
  struct Command {
    let key: String
    /// Its members but `id` and `key`.
    let members: String
    /// The units a claim asks for; 0 for other commands.
    var quantity = 0
    var notBefore = Instant.zero
    /// Whether it is under way on the connection of now.
    var isSent = false
    var sentAt: Instant?
    /// The whole accepted reply.
    var reply: [UInt8]?
    /// The code it was refused with for good.
    var refusal: String?

    var isAnswered: Bool { reply != nil || refusal != nil }
  }

  /// How far the end has come.
  enum Ending {
    /// Goes on buying.
    case none
    /// Comes back, to be told where it stands.
    case returning
    /// Repeats its commands: so many replies are still to come.
    case repeating(Int)
    case done
  }

  let number: Int
  let identity: String
  let token: String
  var random: RandomSource
  /// Which server it tries next.
  var server: Int
  var connection: UInt64?
  var isIn = false
  /// When to connect again.
  var connectAt: Instant
  var lastSentAt = Instant.zero
  var commands: [Command] = []
  /// What it will do with a hold, and when.
  var plans: [(at: Instant, members: String)] = []
  /// Holds it has made up its mind about.
  private var holdsSeen: Set<Int64> = []
  var ending = Ending.none
  /// What it was told at the end: the room's `me`.
  var sight: [UInt8]?
  /// How often it asks the same at once: some people push a button again and again.
  let impatience: Int
  private let onlyPays: Bool

  init(_ number: Int, token: String, settings: DropLoadSettings, opensAt: Instant) {
    self.number = number
    identity = DropBuyer.identity(number)
    self.token = token
    random = .seeded(settings.seed &* 1_000_003 &+ UInt64(number))
    server = number % settings.servers.count
    connectAt = .zero
    onlyPays = settings.onlyPays
    impatience = random.unitInterval() < 0.1 ? 3 : 1
    guard !onlyPays else { return }
    let at = opensAt + .milliseconds(Int64(random.unitInterval() * Double(settings.spreadMs)))
    add("claim", claim(settings), quantity: lastQuantity, at: at)
    // Some want more, some of them more than there is for each.
    if random.unitInterval() < 0.2 {
      let later = at + .milliseconds(Int64(random.unitInterval() * Double(settings.thinkMs)))
      add("more", claim(settings), quantity: lastQuantity, at: later)
    }
    if random.unitInterval() < 0.03 {
      let later = at + .milliseconds(Int64(random.unitInterval() * Double(settings.thinkMs)))
      plans.append((later, "\"type\":\"leaveDrop\",\"drop\":\(settings.drop)"))
    }
  }

  static func identity(_ number: Int) -> String { "buyer-\(number)" }

  private var lastQuantity = 0

  private mutating func claim(_ settings: DropLoadSettings) -> String {
    lastQuantity = 1 + Int(random.unitInterval() * Double(settings.perBuyer))
    return "\"type\":\"claim\",\"drop\":\(settings.drop),\"quantity\":\(lastQuantity)"
  }

  private mutating func add(_ name: String, _ members: String, quantity: Int, at time: Instant) {
    commands.append(
      Command(
        key: "\(name)-\(number)-\(commands.count)", members: members, quantity: quantity,
        notBefore: time))
  }

  /// Whether every command was answered.
  var isAnswered: Bool { commands.allSatisfy(\.isAnswered) }

  // MARK: What it is told

  /// It holds units: it pays, gives them back, or waits until they are lost.
  mutating func notice(hold id: Int64, at now: Instant, thinkMs: Int) {
    guard holdsSeen.insert(id).inserted, case .none = ending else { return }
    let at = now + .milliseconds(Int64(random.unitInterval() * Double(thinkMs)))
    switch onlyPays ? 0.5 : random.unitInterval() {
    case ..<0.45: plans.append((at, "\"type\":\"releaseHold\",\"hold\":\(id)"))
    case ..<0.85: plans.append((at, "\"type\":\"checkout\",\"hold\":\(id)"))
    default: break
    }
  }

  /// The connection is gone: what was under way is asked again on the next one.
  mutating func disconnect() {
    connection = nil
    isIn = false
    for index in commands.indices where !commands[index].isAnswered {
      commands[index].isSent = false
    }
    if case .repeating = ending { ending = .returning }
  }

  /// Plans whose time has come become commands.
  mutating func takePlans(at now: Instant) {
    guard plans.contains(where: { $0.at <= now }) else { return }
    for plan in plans where plan.at <= now {
      add("act", plan.members, quantity: 0, at: now)
    }
    plans.removeAll { $0.at <= now }
  }
}
