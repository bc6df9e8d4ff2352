// A crowd that claims the units of a drop, whatever happens to the servers meanwhile.

import Access
import ClientShell
import Crypto
import Glibc
import JSON
import Loop
import Wire

/// Runs all buyers on one thread. A class for the loop's identity.
///
/// Nobody gives up: a buyer whose connection ends comes back, follows `moved`, and asks what was not
/// answered again with the same key. When its input ends the crowd comes to an end: all is answered, each
/// joins once more, is told where it stands, and repeats its commands, whose replies must be the same.
final class DropLoad {
  private let settings: DropLoadSettings
  private let loop: EventLoop
  private let input: FileDescriptor
  private var buyers: [DropBuyer] = []
  private var sockets: [UInt64: (buyer: Int, socket: BenchSocket, since: Instant)] = [:]
  private var nextToken: UInt64 = 1
  private var connecting = 0
  private var isEnding = false
  private var doneCount = 0
  private var buffer = [UInt8](repeating: 0, count: 256 * 1024)
  private var counters = Counters()

  /// What happened, for the report.
  private struct Counters {
    var everIn = 0
    var connections = 0
    var lost = 0
    var moved = 0
    var accepted = 0
    var repeated = 0
    var otherReplies = 0
    var retried: [String: Int] = [:]
    var refused: [String: Int] = [:]
    var byes: [String: Int] = [:]
    var acknowledged = LatencyHistogram()
  }

  /// Under way at once while joining: within a listener's backlog.
  private static let connectingMax = 200
  private static let joinLimit = TimeSpan.seconds(10)
  private static let turn = TimeSpan.milliseconds(10)
  private static let pingInterval = TimeSpan.seconds(15)
  private static let inputToken: UInt64 = 0
  /// How often it says how many commands were accepted, for who kills servers at bad moments.
  private static let toldEach = 50

  init(_ settings: DropLoadSettings) throws {
    self.settings = settings
    loop = try EventLoop()
    input = FileDescriptor(owning: 0)
    try loop.add(input, token: DropLoad.inputToken, interest: .reading)
    let wall = SystemClock.wallTime()
    let opensAt =
      SystemClock.now() + .milliseconds(max(0, settings.opensAtMs - wall.milliseconds))
    for number in 0..<settings.buyers {
      let identity = DropBuyer.identity(number)
      let minted = try settings.access.mint(
        subject: identity, name: identity, room: settings.room, role: .viewer,
        lifetime: .seconds(3600), wall: wall)
      buyers.append(
        DropBuyer(number, token: minted.token, settings: settings, opensAt: opensAt))
    }
  }

  /// Runs to the end; the report.
  func run() throws -> JSONValue {
    let deadline = SystemClock.now() + settings.limit
    var saidJoined = false
    while doneCount < buyers.count, SystemClock.now() < deadline {
      loop.wait(until: loop.now + DropLoad.turn)
      for readiness in loop.readiness { try take(readiness) }
      let now = SystemClock.now()
      for index in buyers.indices { try act(index, at: now) }
      if !saidJoined, counters.everIn == buyers.count {
        saidJoined = true
        Terminal.write("joined \(buyers.count)\n", to: 1)
      }
    }
    try writeSights()
    return report()
  }

  // MARK: Acting

  private func act(_ index: Int, at now: Instant) throws {
    if buyers[index].connection == nil {
      guard now >= buyers[index].connectAt, connecting < DropLoad.connectingMax else { return }
      if case .done = buyers[index].ending { return }
      return try connect(index, at: now)
    }
    guard buyers[index].isIn else { return giveUp(index, at: now) }
    if !isEnding { buyers[index].takePlans(at: now) }
    for position in buyers[index].commands.indices {
      let command = buyers[index].commands[position]
      if !command.isAnswered, !command.isSent, command.notBefore <= now {
        send(index, position, at: now)
      }
    }
    if isEnding, case .none = buyers[index].ending, buyers[index].isAnswered {
      buyers[index].ending = .returning
      close(index, again: now)
    }
    if now - buyers[index].lastSentAt > DropLoad.pingInterval {
      say("{\"type\":\"ping\"}", index, at: now)
    }
  }

  private func connect(_ index: Int, at now: Instant) throws {
    let server = settings.servers[buyers[index].server]
    guard
      let socket = try? BenchSocket(
        index, room: settings.room, token: buyers[index].token, at: server.address)
    else { return retry(index, at: now) }
    let token = nextToken
    nextToken += 1
    try loop.add(socket.stream.descriptor, token: token, interest: .writing)
    sockets[token] = (index, socket, now)
    buyers[index].connection = token
    connecting += 1
    counters.connections += 1
  }

  /// A connection that leads nowhere is ended.
  private func giveUp(_ index: Int, at now: Instant) {
    guard let token = buyers[index].connection, let since = sockets[token]?.since,
      now - since > DropLoad.joinLimit
    else { return }
    counters.byes["join took too long", default: 0] += 1
    close(index, again: now)
  }

  private func send(_ index: Int, _ position: Int, at now: Instant) {
    let times = buyers[index].commands[position].sentAt == nil ? buyers[index].impatience : 1
    buyers[index].commands[position].isSent = true
    if buyers[index].commands[position].sentAt == nil {
      buyers[index].commands[position].sentAt = now
    }
    for _ in 0..<times { ask(index, position, at: now) }
  }

  private func ask(_ index: Int, _ position: Int, at now: Instant) {
    let command = buyers[index].commands[position]
    say("{\"id\":\"\(position)\",\"key\":\"\(command.key)\",\(command.members)}", index, at: now)
  }

  private func say(_ text: String, _ index: Int, at now: Instant) {
    guard let token = buyers[index].connection else { return }
    buyers[index].lastSentAt = now
    sockets[token]?.socket.send(text)
  }

  // MARK: Connections

  private func take(_ readiness: Readiness) throws {
    if readiness.token == DropLoad.inputToken {
      isEnding = true
      try loop.remove(input)
      return
    }
    guard let (index, socket, _) = sockets[readiness.token] else { return }
    let now = SystemClock.now()
    if readiness.writable, !readiness.hangup {
      guard (try? socket.begin(host: "\(settings.servers[buyers[index].server].address)")) != nil
      else { return lose(index, at: now) }
      try loop.modify(
        socket.stream.descriptor, token: readiness.token, interest: .reading)
    }
    guard readiness.readable || readiness.hangup else { return }
    read(socket, index, at: now)
  }

  private func read(_ socket: BenchSocket, _ index: Int, at now: Instant) {
    var buffer = self.buffer
    self.buffer = []
    defer { self.buffer = buffer }
    var span = buffer.mutableSpan
    switch socket.stream.read(into: &span) {
    case .bytes(let count):
      var messages: [[UInt8]] = []
      var isSound = true
      do {
        try socket.receive(buffer.span.extracting(0..<count)) { messages.append($0) }
      } catch {
        isSound = false
      }
      for message in messages { take(message, index, at: now) }
      // A `bye` has said already when to come again.
      if !isSound || socket.isClosed { lose(index, at: now) }
    case .wouldBlock: return
    case .endOfStream, .failed: lose(index, at: now)
    }
  }

  /// The server ended it, or the server ended.
  private func lose(_ index: Int, at now: Instant) {
    guard buyers[index].connection != nil else { return }
    counters.lost += 1
    retry(index, at: now)
  }

  /// Comes again soon, perhaps to another server.
  private func retry(_ index: Int, at now: Instant) {
    let wasIn = buyers[index].isIn
    if !wasIn { buyers[index].server = (buyers[index].server + 1) % settings.servers.count }
    let wait = 100 + Int64(buyers[index].random.unitInterval() * 400)
    close(index, again: now + .milliseconds(wait))
  }

  private func close(_ index: Int, again: Instant) {
    buyers[index].connectAt = max(buyers[index].connectAt, again)
    guard let token = buyers[index].connection else { return }
    if !buyers[index].isIn { connecting -= 1 }
    buyers[index].disconnect()
    if let socket = sockets.removeValue(forKey: token)?.socket {
      try? loop.remove(socket.stream.descriptor)
    }
  }

  // MARK: Messages

  private func take(_ text: [UInt8], _ index: Int, at now: Instant) {
    guard buyers[index].connection != nil else { return }
    if text.starts(with: DropLoad.ok) {
      accept(text, index, at: now)
    } else if text.starts(with: DropLoad.me) {
      enter(text, index, at: now)
    } else if text.starts(with: DropLoad.error) {
      refuse(text, index, at: now)
    } else if text.starts(with: DropLoad.bye) {
      part(text, index, at: now)
    } else if let at = RoomBench.find(DropLoad.hold, in: text, from: 0) {
      let digits = text[(at + DropLoad.hold.count)...].prefix { (48...57).contains($0) }
      if let id = Int64(String(decoding: digits, as: UTF8.self)) {
        buyers[index].notice(hold: id, at: now, thinkMs: settings.thinkMs)
      }
    }
  }

  private func fields(_ text: [UInt8]) -> JSONFields? {
    guard case .object(let object)? = try? JSONValue.parse(text) else { return nil }
    return JSONFields(object)
  }

  /// The number of the command an answer is to.
  private func position(_ text: [UInt8]) -> Int? {
    let digits = text.dropFirst(DropLoad.ok.count).prefix { (48...57).contains($0) }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private func accept(_ text: [UInt8], _ index: Int, at now: Instant) {
    guard let position = position(text), buyers[index].commands.indices.contains(position) else {
      return
    }
    let command = buyers[index].commands[position]
    guard let first = command.reply else {
      buyers[index].commands[position].reply = text
      counters.accepted += 1
      if counters.accepted % DropLoad.toldEach == 0 {
        Terminal.write("accepted \(counters.accepted)\n", to: 1)
      }
      if let sentAt = command.sentAt { counters.acknowledged.record(now - sentAt) }
      return
    }
    counters.repeated += 1
    if first != text { counters.otherReplies += 1 }
    if case .repeating(let left) = buyers[index].ending { settle(index, left - 1, at: now) }
  }

  private func enter(_ text: [UInt8], _ index: Int, at now: Instant) {
    if !buyers[index].isIn {
      buyers[index].isIn = true
      connecting -= 1
      if buyers[index].lastSentAt == .zero { counters.everIn += 1 }
      buyers[index].lastSentAt = now
    }
    if let shop = try? fields(text)?.fields("shop"), let holds = try? shop.fieldsArray("holds") {
      for hold in holds {
        guard let id = try? hold.int("id") else { continue }
        buyers[index].notice(hold: id, at: now, thinkMs: settings.thinkMs)
      }
    }
    if case .returning = buyers[index].ending {
      buyers[index].sight = text
      let accepted = buyers[index].commands.indices.filter {
        buyers[index].commands[$0].reply != nil
      }
      for position in accepted { ask(index, position, at: now) }
      settle(index, accepted.count, at: now)
    }
  }

  private func settle(_ index: Int, _ left: Int, at now: Instant) {
    buyers[index].ending = .repeating(left)
    guard left == 0 else { return }
    buyers[index].ending = .done
    doneCount += 1
    close(index, again: now)
  }

  private func refuse(_ text: [UInt8], _ index: Int, at now: Instant) {
    guard let fields = fields(text), let code = try? fields.string("code") else { return }
    let wait = ((try? fields.optionalInt("retryAfterMs")) ?? nil) ?? 250
    guard let reference = (try? fields.optionalString("ref")) ?? nil,
      let position = Int(reference), buyers[index].commands.indices.contains(position)
    else {
      counters.byes["error \(code)", default: 0] += 1
      return
    }
    let at = now + .milliseconds(wait)
    if case .repeating(let left) = buyers[index].ending {
      counters.retried["repeat \(code)", default: 0] += 1
      // What was accepted once is never refused.
      if !DropLoad.passing.contains(code) {
        counters.otherReplies += 1
        return settle(index, left - 1, at: now)
      }
      return close(index, again: at)
    }
    guard !buyers[index].commands[position].isAnswered else { return }
    let isEarly = code == "wrong-state" && buyers[index].commands[position].quantity > 0
    if DropLoad.passing.contains(code) || isEarly {
      counters.retried[code, default: 0] += 1
      buyers[index].commands[position].isSent = false
      buyers[index].commands[position].notBefore = at
    } else {
      counters.refused[code, default: 0] += 1
      buyers[index].commands[position].refusal = code
    }
  }

  private func part(_ text: [UInt8], _ index: Int, at now: Instant) {
    guard let fields = fields(text), let reason = try? fields.string("reason") else { return }
    counters.byes[reason, default: 0] += 1
    let wait = ((try? fields.optionalInt("retryAfterMs")) ?? nil) ?? 1000
    if reason == "moved", let url = (try? fields.optionalString("url")) ?? nil,
      let origin = ServerOrigin(url), let server = settings.servers.firstIndex(of: origin)
    {
      counters.moved += 1
      buyers[index].server = server
      close(index, again: now)
      return
    }
    close(index, again: now + .milliseconds(wait))
  }

  private static let ok = Array("{\"type\":\"ok\",\"ref\":\"".utf8)
  private static let me = Array("{\"type\":\"me\"".utf8)
  private static let error = Array("{\"type\":\"error\"".utf8)
  private static let bye = Array("{\"type\":\"bye\"".utf8)
  /// Of `claimed` and `holdMade`: the buyer's own.
  private static let hold = Array("\"hold\":{\"id\":".utf8)
  /// Refusals that only say: later.
  private static let passing: Set = ["overloaded", "rate"]

  // MARK: The end

  private func writeSights() throws {
    let descriptor = unsafe open(
      settings.sightsPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw UsageError(text: "\(settings.sightsPath): \(Files.errorText())")
    }
    defer { Glibc.close(descriptor) }
    var lines = ""
    for buyer in buyers {
      guard case .done = buyer.ending, let text = buyer.sight, let me = fields(text),
        let shop = try? me.fields("shop")
      else { continue }
      let claimed = buyer.commands.compactMap { command -> JSONValue? in
        guard command.quantity > 0, let reply = command.reply,
          let claim = BenchSwarm.number(after: Array("\"claim\":".utf8), in: reply)
        else { return nil }
        return [
          "claim": .integer(Int64(claim)), "quantity": .integer(Int64(command.quantity)),
        ]
      }
      let line = JSONObject([
        ("identity", .string(buyer.identity)), ("claimed", .array(claimed)),
        ("cursor", me.object["cursor"] ?? .null), ("holds", shop.object["holds"] ?? .null),
        ("claims", shop.object["claims"] ?? .null),
      ])
      lines += JSONValue.object(line).text + "\n"
    }
    guard Files.append(lines, to: descriptor) else {
      throw UsageError(text: "\(settings.sightsPath): \(Files.errorText())")
    }
  }

  private func report() -> JSONValue {
    func counts(_ table: [String: Int]) -> JSONValue {
      .object(
        JSONObject(table.sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) }))
    }
    let open = buyers.flatMap(\.commands).count { !$0.isAnswered }
    let claims = buyers.flatMap(\.commands).count { $0.quantity > 0 && $0.reply != nil }
    return [
      "buyers": .integer(Int64(buyers.count)), "done": .integer(Int64(doneCount)),
      "joined": .integer(Int64(counters.everIn)),
      "connections": .integer(Int64(counters.connections)),
      "lost": .integer(Int64(counters.lost)), "moved": .integer(Int64(counters.moved)),
      "accepted": .integer(Int64(counters.accepted)), "claims": .integer(Int64(claims)),
      "unanswered": .integer(Int64(open)), "repeated": .integer(Int64(counters.repeated)),
      "other_replies": .integer(Int64(counters.otherReplies)),
      "retried": counts(counters.retried), "refused": counts(counters.refused),
      "byes": counts(counters.byes),
      "acknowledged_p50_ms": BenchWaits.milliseconds(counters.acknowledged, 0.5),
      "acknowledged_p99_ms": BenchWaits.milliseconds(counters.acknowledged, 0.99),
    ]
  }
}
