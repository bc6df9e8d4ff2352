// A room's socket: connects, joins, and comes back for ever.

import ClientShell
import ClientTLS
import Crypto
import HLSFeed
import HTTP
import Loop
import Telemetry
import Wire

/// A service's WebSocket to a room, on the sidecar's loop. A class: the loop knows it by its token.
final class RoomSocket {
  /// What is on its way, or open.
  private enum State {
    /// Until when nothing is tried.
    case away(until: Instant)
    /// A thread looks the server's address up, which may take seconds.
    case resolving
    case connecting(ServerStream, host: String)
    /// With what came of the answer's head.
    case handshaking(ServerStream, head: [UInt8])
    case open(ServerStream)
  }

  private let context: RelayContext
  private var listener: RoomListener
  private var state = State.away(until: .zero)
  private var web: WebSocketConnection?
  /// Names the connection in the loop; never used again.
  private(set) var token: UInt64?
  private var heardAt = Instant.zero
  private var pingAt = Instant.zero
  private var pause = RoomSocket.backoff.first
  /// Who said to have the room, when the one we ask has not.
  private(set) var movedTo: String?
  private var fault = ""
  private var buffer = [UInt8](repeating: 0, count: 16_384)
  private var random = RandomSource.system

  /// PROTOCOL.md, "Reconnecting".
  private static let backoff = (first: TimeSpan.milliseconds(250), longest: TimeSpan.seconds(8))
  /// After a refusal, which will not be another one soon.
  private static let refusedPause = TimeSpan.seconds(30)
  /// From connecting to `joined`.
  private static let joinPatience = TimeSpan.seconds(10)
  /// Of the answer to the handshake: ours have 200.
  private static let headBytesMax = 8192
  /// Joins and pings.
  private static let queuedBytesMax = 65_536

  init(_ room: String, _ context: RelayContext) {
    self.context = context
    listener = RoomListener(room: room)
  }

  /// Connects when it is time, says `ping`, and notices what is dead. Gives what to tell the relay.
  func tick(at now: Instant) {
    switch state {
    case .away(let until):
      if now >= until { resolve() }
    case .resolving: break
    case .connecting, .handshaking:
      if now - heardAt > RoomSocket.joinPatience {
        lose("the room socket does not answer", at: now)
      }
    case .open(let stream):
      if now - heardAt > listener.pingInterval * 2 {
        lose("the room socket is silent", at: now)
      } else if now >= pingAt {
        pingAt = now + listener.pingInterval
        send(RoomListener.ping, on: stream)
      }
    }
  }

  // MARK: Connecting

  private func resolve() {
    let (inbox, room) = (context.inbox, listener.room)
    let origin = movedTo ?? context.settings.origin
    let thread = try? WorkerThread(name: "resolve", config: origin) { origin in
      let result: Result<ServerURL, ClientFault>
      do throws(ClientFault) {
        result = .success(try ServerURL(origin + "/ws"))
      } catch {
        result = .failure(error)
      }
      _ = inbox.post(.resolved(room, result), reserve: RelayContext.ownNewsMax)
    }
    if thread != nil { state = .resolving }
  }

  /// Takes where the server is.
  func take(_ result: Result<ServerURL, ClientFault>, at now: Instant) {
    guard case .resolving = state else { return }
    do {
      let url = try result.get()
      let stream = try ServerStream(
        connectingTo: url.address, tls: url.isSecure ? (context.tls, url.host) : nil,
        queuedBytesMax: RoomSocket.queuedBytesMax)
      let token = context.tokens.next()
      try context.clients.loop.add(stream.descriptor, token: token, interest: stream.interest)
      self.token = token
      heardAt = now
      state = .connecting(stream, host: url.authority)
    } catch let fault as ClientFault {
      lose(fault.text, at: now)
    } catch {
      lose("\(error)", at: now)
    }
  }

  /// The socket is over; another is tried after a pause.
  private func lose(_ reason: String, after wait: TimeSpan? = nil, at now: Instant) {
    if reason != fault { SidecarLog.write(.warning, reason, room: listener.room) }
    fault = reason
    close()
    // Somewhere else was no better: back to the one we were told of at first.
    if wait == nil { movedTo = nil }
    let jitter = Int64(random.next() % 100)
    state = .away(
      until: now + (wait ?? TimeSpan(nanoseconds: pause.nanoseconds / 100 * (50 + jitter))))
    pause = min(pause * 2, RoomSocket.backoff.longest)
  }

  /// Ends it.
  func close() {
    switch state {
    // A thread that is still looking must not be waited for; what it finds is passed over.
    case .away, .resolving: break
    case .connecting(let stream, _), .handshaking(let stream, _), .open(let stream):
      try? context.clients.loop.remove(stream.descriptor)
    }
    token = nil
    web = nil
    state = .away(until: .distantFuture)
  }

  // MARK: Bytes

  /// Takes what the loop says of the connection; gives what the room says.
  ///
  /// - Parameter serverTime: of the server's clock, for what has no time of its own.
  func serve(_ readiness: Readiness, serverTime: WallTime?, at now: Instant) -> [OnRoom] {
    switch state {
    case .away, .resolving: return []
    case .connecting(let stream, let host):
      do {
        try stream.advance(readiness)
        if stream.isOpen { try shake(stream, host) }
        watch(stream)
      } catch {
        lose("no room socket: \(error)", at: now)
      }
      return []
    case .handshaking(let stream, _), .open(let stream):
      var heard: [OnRoom] = []
      do {
        try stream.advance(readiness)
        watch(stream)
        // What is decrypted already makes nothing ready: until there is no more.
        while token == readiness.token, let count = try RoomSocket.read(stream, &buffer) {
          heardAt = now
          heard += take(count, stream, serverTime, at: now)
        }
      } catch {
        lose("the room socket was cut", at: now)
      }
      // What was said before the end counts.
      return heard
    }
  }

  private func shake(_ stream: ServerStream, _ host: String) throws {
    var key: [UInt8] = []
    for _ in 0..<16 { key.append(UInt8(truncatingIfNeeded: random.next())) }
    var bytes: [UInt8] = []
    WebSocketHandshake.request(try HTTPTarget("/ws"), key: key).write(into: &bytes, host: host)
    try stream.write(bytes)
    state = .handshaking(stream, head: [])
  }

  /// How many bytes have come; nil for none.
  private static func read(_ stream: ServerStream, _ buffer: inout [UInt8]) throws -> Int? {
    var span = buffer.mutableSpan
    switch try stream.read(into: &span) {
    case .wouldBlock: return nil
    case .endOfStream: throw ServerStreamFault("the end")
    case .bytes(let count): return count
    }
  }

  /// Takes bytes that have come: of the answer to the handshake, and of the conversation.
  private func take(
    _ count: Int, _ stream: ServerStream, _ serverTime: WallTime?, at now: Instant
  ) -> [OnRoom] {
    var start = 0
    if case .handshaking(_, var head) = state {
      while start < count, !head.hasSuffix(RoomSocket.headEnd) {
        head.append(buffer[start])
        start += 1
      }
      guard head.hasSuffix(RoomSocket.headEnd) else {
        state = .handshaking(stream, head: head)
        if head.count > RoomSocket.headBytesMax { lose("the server is no room socket", at: now) }
        return []
      }
      guard join(stream, head, at: now) else { return [] }
    }
    return take(start..<count, stream, serverTime, at: now)
  }

  private static let headEnd = Array("\r\n\r\n".utf8)

  private func join(_ stream: ServerStream, _ head: [UInt8], at now: Instant) -> Bool {
    guard head.starts(with: Array("HTTP/1.1 101 ".utf8)) else {
      let line = head.split(separator: 13, maxSplits: 1).first ?? []
      lose("no room socket: \(String(decoding: line.prefix(80), as: UTF8.self))", at: now)
      return false
    }
    state = .open(stream)
    web = WebSocketConnection(clientMaskingKeys: .system, limits: WebSocketLimits())
    pingAt = now + listener.pingInterval
    send(listener.join(token: context.settings.token.read() ?? ""), on: stream)
    return true
  }

  private func take(
    _ range: Range<Int>, _ stream: ServerStream, _ serverTime: WallTime?, at now: Instant
  ) -> [OnRoom] {
    guard var web else { return [] }
    var output = WebSocketConnection.Output()
    web.receive(buffer.span.extracting(range), output: &output)
    self.web = web
    let answer = output.bytes
    if !answer.isEmpty { try? stream.write(answer) }
    watch(stream)
    var heard: [OnRoom] = []
    for case .text(let text) in output.messages {
      heard += listener.receive(text, at: serverTime)
    }
    for each in heard { note(each, at: now) }
    if case .open = state, output.closure != nil { lose("the room socket was closed", at: now) }
    return heard
  }

  /// What the room says about the socket itself.
  private func note(_ heard: OnRoom, at now: Instant) {
    switch heard {
    case .joined:
      pause = RoomSocket.backoff.first
      fault = ""
    case .bye(let reason, let wait, let url):
      // Another server's origin, which the page would take for its next socket, too.
      // "ws" and "wss" begin as "http" and "https" do.
      let place = url.flatMap { $0.hasPrefix("ws") ? "http" + $0.dropFirst(2) : nil }
      if let place, let origin = SidecarJoin.origin(of: place, from: context.settings.origin) {
        movedTo = origin
        lose("the room has moved", after: max(wait ?? .zero, RoomSocket.backoff.first), at: now)
      } else {
        lose("the server says bye: \(reason)", after: wait ?? RoomSocket.refusedPause, at: now)
      }
    case .refused(let code):
      guard case .open = state else { return }
      lose("the room socket is refused: \(code)", after: RoomSocket.refusedPause, at: now)
    case .ended, .event, .caption, .pictureChanged: break
    }
  }

  private func send(_ text: [UInt8], on stream: ServerStream) {
    guard var web else { return }
    var bytes: [UInt8] = []
    web.send(.text(text), into: &bytes)
    self.web = web
    try? stream.write(bytes)
    watch(stream)
  }

  private func watch(_ stream: ServerStream) {
    guard let token else { return }
    try? context.clients.loop.modify(stream.descriptor, token: token, interest: stream.interest)
  }
}

extension [UInt8] {
  fileprivate func hasSuffix(_ end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }
}
