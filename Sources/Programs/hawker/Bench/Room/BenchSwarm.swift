// The clients of a room bench: all sockets on one loop of one thread.

import Access
import Config
import Loop
import Wire

/// Joins many sockets and times what they are told.
final class BenchSwarm {
  let loop: EventLoop
  private(set) var sockets: [BenchSocket] = []
  var waits = BenchWaits()
  private(set) var errors = 0
  private(set) var firstError: String?
  private(set) var closed = 0
  /// Messages with a `chatGap`, counted while they are looked for: it takes time.
  private(set) var gaps = 0
  var looksForGaps = false
  /// Snapshots that came after the first.
  private(set) var snapshots = 0
  private(set) var joined = 0
  /// Is shown everything that is no answer.
  var watch: (([UInt8], BenchSocket, Instant) -> Void)?
  private let address: SocketAddress
  private let access: AccessControl
  private var buffer = [UInt8](repeating: 0, count: 256 * 1024)
  private var connecting = 0

  /// Under way at once while joining: within a listener's backlog.
  private static let connectingMax = 200

  init(_ address: SocketAddress, data: String) throws {
    loop = try EventLoop()
    self.address = address
    let text = try Files.text(data + "/" + Keys.fileName)
    guard let keys = APIKey.parse(file: text) else { throw UsageError(text: "no keys in \(data)") }
    access = AccessControl(keys: keys)
  }

  // MARK: Joining

  /// Joins `count` sockets and waits until each was told its room whole.
  ///
  /// - Parameter place: room, role and identity of the socket with a number.
  func join(_ count: Int, _ place: (Int) -> (room: String, role: Role, identity: String)) throws {
    let first = sockets.count
    for number in first..<(first + count) {
      let (room, role, identity) = place(number)
      let minted = try access.mint(
        subject: identity, name: "Member \(number)", room: room, role: role,
        lifetime: .seconds(3600), wall: SystemClock.wallTime())
      let socket = try BenchSocket(number, room: room, token: minted.token, at: address)
      sockets.append(socket)
      try loop.add(socket.stream.descriptor, token: UInt64(number), interest: .writing)
      connecting += 1
      while connecting >= BenchSwarm.connectingMax { try turn(until: .distantFuture) }
    }
    let deadline = SystemClock.now() + .seconds(30)
    while joined < sockets.count, SystemClock.now() < deadline { try turn(until: deadline) }
    guard joined == sockets.count else {
      throw UsageError(text: "\(joined) of \(sockets.count) joined; \(firstError ?? "no error")")
    }
  }

  // MARK: Time

  /// Takes what comes until then.
  func run(until end: Instant) throws {
    while SystemClock.now() < end { try turn(until: end) }
  }

  /// Takes what comes until something holds, or a deadline.
  func run(until deadline: Instant, while isWanted: () -> Bool) throws {
    while isWanted(), SystemClock.now() < deadline { try turn(until: deadline) }
  }

  private func turn(until end: Instant) throws {
    loop.wait(until: end)
    for readiness in loop.readiness { try take(readiness) }
  }

  private func take(_ readiness: Readiness) throws {
    let socket = sockets[Int(readiness.token)]
    guard !socket.isClosed else { return }
    if readiness.writable {
      try socket.begin(host: "\(address)")
      try loop.modify(socket.stream.descriptor, token: readiness.token, interest: .reading)
    }
    guard readiness.readable || readiness.hangup else { return }
    try read(socket)
  }

  private func read(_ socket: BenchSocket) throws {
    var buffer = self.buffer
    self.buffer = []
    defer { self.buffer = buffer }
    var span = buffer.mutableSpan
    switch socket.stream.read(into: &span) {
    case .bytes(let count):
      let now = SystemClock.now()
      try socket.receive(buffer.span.extracting(0..<count)) { take($0, of: socket, at: now) }
    case .wouldBlock: return
    case .endOfStream, .failed: socket.isClosed = true
    }
    guard socket.isClosed else { return }
    closed += 1
    try? loop.remove(socket.stream.descriptor)
    if !socket.isJoined { throw UsageError(text: "a socket was closed; \(firstError ?? "")") }
  }

  /// Reads no more from a socket, or reads again.
  func stall(_ socket: BenchSocket, _ isStalled: Bool) throws {
    guard !socket.isClosed else { return }
    try loop.modify(
      socket.stream.descriptor, token: UInt64(socket.number), interest: isStalled ? [] : .reading)
  }

  // MARK: Messages

  private func take(_ text: [UInt8], of socket: BenchSocket, at now: Instant) {
    if text.starts(with: BenchSwarm.ok) {
      acknowledge(text, socket, at: now)
    } else if text.starts(with: BenchSwarm.snapshot) {
      if socket.isJoined { snapshots += 1 }
    } else if text.starts(with: BenchSwarm.me) {
      guard !socket.isJoined else { return }
      socket.isJoined = true
      joined += 1
      connecting -= 1
    } else if text.starts(with: BenchSwarm.error) {
      errors += 1
      if firstError == nil { firstError = String(decoding: text, as: UTF8.self) }
    } else {
      if looksForGaps, BenchSwarm.number(after: BenchSwarm.gap, in: text) != nil { gaps += 1 }
      if let watch { return watch(text, socket, now) }
      waits.look(text, at: now)
    }
  }

  private func acknowledge(_ text: [UInt8], _ socket: BenchSocket, at now: Instant) {
    var number = 0
    for byte in text.dropFirst(BenchSwarm.ok.count).prefix(while: { (48...57).contains($0) }) {
      number = number * 10 + Int(byte - 48)
    }
    waits.acknowledge(number, at: now)
    if let made = BenchSwarm.number(after: BenchSwarm.message, in: text) {
      socket.lastMessage = made
    }
    if let made = BenchSwarm.number(after: BenchSwarm.poll, in: text) { polls[socket.room] = made }
  }

  /// By room, the poll its sockets have opened.
  private(set) var polls: [String: Int] = [:]

  /// The number behind a name, in a short message.
  static func number(after name: [UInt8], in text: [UInt8]) -> Int? {
    guard text.count < 512 || name == gap, text.count >= name.count else { return nil }
    var index = 0
    while index + name.count < text.count {
      if text[index] == name[0], text[index..<(index + name.count)].elementsEqual(name) {
        let digits = text[(index + name.count)...].prefix { (48...57).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
      }
      index += 1
    }
    return nil
  }

  private static let ok = Array("{\"type\":\"ok\",\"ref\":\"".utf8)
  private static let snapshot = Array("{\"type\":\"snapshot\"".utf8)
  private static let me = Array("{\"type\":\"me\"".utf8)
  private static let error = Array("{\"type\":\"error\"".utf8)
  private static let message = Array("\"message\":".utf8)
  private static let poll = Array("\"poll\":".utf8)
  private static let gap = Array("{\"type\":\"chatGap\",\"from\":".utf8)
}
