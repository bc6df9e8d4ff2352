// The thread of the web server: accepts, reads, hands out, answers and sends.

import HTTP
import Loop
import Synchronization
import Wire

/// One socket loop: its connections live and die here. Used by the thread that made it only.
final class WebLoop {
  /// What the thread is given.
  struct Parts: Sendable {
    let config: WebConfig
    var tls: TLSContext?
    let board: WebBoard
    let emit: @Sendable (WebEvent) -> Void
  }

  let parts: Parts
  let limits: WebLimits
  let loop: EventLoop
  var tls: TLSContext?
  var counters = WebCounters()
  var connections: [UInt64: WebConnection] = [:]
  var timers = TimerQueue()
  private var publishedCounters = WebCounters()
  private var budget: ConnectionBudget
  private var refusals = 0
  private var lastID: UInt64 = 0
  /// Closed, by being forgotten, when a drain begins.
  private var listener: TCPListener?
  private var isListening = false
  private var commands: [WebCommand] = []
  private var touched: [WebConnection] = []
  /// The end of the drain under way; nil when there is none.
  private(set) var drainDeadline: Instant?
  private var input = [UInt8](repeating: 0, count: WebLoop.readBytesMax)
  private var plaintext = [UInt8](repeating: 0, count: WebLoop.readBytesMax)

  init(_ parts: Parts, loop: EventLoop) {
    self.parts = parts
    self.loop = loop
    tls = parts.tls
    listener = parts.board.takeListener()
    limits = parts.config.limits
    budget = ConnectionBudget(limits: limits, proxies: parts.config.trustedProxies)
  }

  /// Serves until told to end.
  func run() {
    listen()
    while !isOver {
      loop.wait(until: min(timers.nextDeadline, drainDeadline ?? .distantFuture))
      if parts.board.ending == .stop { break }
      if parts.board.ending == .drain && drainDeadline == nil { drain() }
      takeCommands()
      for readiness in loop.readiness { take(readiness) }
      while let token = timers.popExpired(at: loop.now) { timeOut(token) }
      publish()
    }
    for connection in Array(connections.values) { close(connection) }
    publish()
  }

  private var isOver: Bool {
    guard let drainDeadline else { return false }
    return connections.isEmpty || loop.now >= drainDeadline
  }

  private func publish() {
    counters.connections = connections.count
    guard counters != publishedCounters else { return }
    publishedCounters = counters
    parts.board.counters.withLock { $0 = counters }
  }

  // MARK: Accepting

  private func listen() {
    guard !isListening, let listener else { return }
    let added: Void? = try? loop.add(
      listener.descriptor, token: WebLoop.listenerToken, interest: .reading)
    isListening = added != nil
    if !isListening { timers.schedule(WebLoop.listenerToken, at: loop.now + limits.acceptPause) }
  }

  private func stopListening() {
    guard isListening, let listener else { return }
    isListening = false
    try? loop.remove(listener.descriptor)
  }

  private func accept() {
    for _ in 0..<limits.acceptsPerTurnMax {
      do throws(SystemError) {
        guard let arrival = try listener?.accept() else { return }
        admit(arrival)
      } catch {
        // The connection waits and the listener stays readable: asking again at once would spin.
        stopListening()
        timers.schedule(WebLoop.listenerToken, at: loop.now + limits.acceptPause)
        return
      }
    }
  }

  private func admit(_ arrival: TCPListener.Arrival) {
    let isAdmitted = budget.admit(arrival.remote.ip)
    if !isAdmitted {
      counters.refusedConnections += 1
      // A TLS handshake is too much work for a refusal.
      guard refusals < limits.refusalsMax, tls == nil else { return }
      refusals += 1
    }
    counters.acceptedConnections += 1
    lastID += 1
    // The loop's index, 0, is in the highest byte.
    let connection = WebConnection(
      lastID, arrival, tls: tls.flatMap { TLSSession($0) }, isRefusal: !isAdmitted, limits: limits,
      at: loop.now)
    connections[lastID] = connection
    let added: Void? = try? loop.add(
      connection.stream.descriptor, token: lastID, interest: .reading)
    guard added != nil, (connection.tls != nil) == (tls != nil) else { return close(connection) }
    if !isAdmitted { refuse(connection) }
    settle(connection)
  }

  private func refuse(_ connection: WebConnection) {
    var bytes: [UInt8] = []
    var response = HTTPResponse.text(503, "too many connections")
    response.headers.append("Retry-After", "5")
    counters.countAnswer(status: response.status)
    response.write(into: &bytes, keepsAlive: false, date: SystemClock.wallTime())
    connection.send(bytes, at: loop.now)
    connection.phase = .finishing
  }

  // MARK: Commands

  private func takeCommands() {
    parts.board.mailbox.drain(into: &commands)
    // Each connection is settled once, so that what is sent to it in one turn travels together.
    for command in commands { apply(command) }
    let touched = self.touched
    self.touched.removeAll(keepingCapacity: true)
    for connection in touched {
      connection.isTouched = false
      if !connection.isGone { settle(connection) }
    }
  }

  private func apply(_ command: WebCommand) {
    switch command {
    case .respond(let id, let request, let response):
      touch(id)?.http.respond(request, response)
    case .respondAll(let requests, let response): respondAll(requests, response)
    case .send(let id, let text): send(WebSocketFrame(text: text).bytes, to: id)
    case .sendAll(let ids, let text):
      let frame = WebSocketFrame(text: text).bytes
      let isCrowd = ids.count >= WebLoop.crowdMin
      for id in ids where !isCrowd || !sendAtOnce(frame, to: id) { send(frame, to: id) }
    case .close(let id, let code, let reason):
      if let connection = touch(id) { closeWebSocket(connection, code, reason) }
    case .reloadCertificate: reloadCertificate()
    }
  }

  private func send(_ frame: [UInt8], to id: UInt64) {
    if let connection = touch(id) { send(frame, to: connection) }
  }

  /// Sends a frame to one of many: without the queue, and without settling a connection that has nothing
  /// else to do, where that is possible.
  private func sendAtOnce(_ frame: [UInt8], to id: UInt64) -> Bool {
    guard let connection = connections[id], connection.takesMessages, !connection.isTouched,
      let isAllSent = connection.sendAtOnce(frame, at: loop.now)
    else { return false }
    if !isAllSent { _ = touch(id) }
    return true
  }

  /// Answers many in one way. Who only waits for this is given the bytes without queue and turn; that is
  /// nearly everybody when a part has come that all players wait for.
  private func respondAll(_ requests: [WebRequestID], _ response: HTTPResponse) {
    var bytes: [UInt8] = []
    if response.bodyByteCount <= WebLoop.sharedBytesMax {
      response.write(into: &bytes, date: SystemClock.wallTime())
    }
    for request in requests where bytes.isEmpty || !respondAtOnce(request, bytes, response.status) {
      touch(request.connection)?.http.respond(request.request, response)
    }
  }

  private func respondAtOnce(_ request: WebRequestID, _ bytes: [UInt8], _ status: Int) -> Bool {
    guard let connection = connections[request.connection], connection.phase == .http,
      !connection.isTouched, connection.http.awaitsPlainly(request.request),
      let isAllSent = connection.sendAtOnce(bytes, at: loop.now)
    else { return false }
    connection.http.hasWritten()
    counters.countAnswer(status: status)
    if isAllSent { watch(connection) } else { _ = touch(connection.id) }
    return true
  }

  /// A connection that something is done to; it is settled at the end of the turn's commands.
  private func touch(_ id: UInt64) -> WebConnection? {
    guard let connection = connections[id] else { return nil }
    if !connection.isTouched {
      connection.isTouched = true
      touched.append(connection)
    }
    return connection
  }

  private func reloadCertificate() {
    guard let files = parts.config.tls else { return }
    do throws(TLSFailure) {
      tls = try TLSContext(files)
      counters.certificateReloads += 1
    } catch {
      counters.failedCertificateReloads += 1
    }
  }

  private func drain() {
    drainDeadline = loop.now + limits.drainTimeout
    stopListening()
    listener = nil
    timers.cancel(WebLoop.listenerToken)
    for connection in Array(connections.values) {
      switch connection.phase {
      case .http: connection.http.drain()
      case .webSocket: closeWebSocket(connection, .goingAway, "server is going away")
      case .finishing, .lingering: break
      }
      settle(connection)
    }
  }

  // MARK: Readiness

  private func take(_ readiness: Readiness) {
    if readiness.token == WebLoop.listenerToken { return isListening ? accept() : () }
    guard let connection = connections[readiness.token] else { return }
    // Input first: a client that sent its last words and left has said them.
    if readiness.readable && connection.interest.contains(.reading) {
      read(connection)
      if connection.isAnswered { return connection.isAnswered = false }
    } else if readiness.hangup {
      return close(connection)
    }
    if connections[connection.id] != nil { settle(connection) }
  }

  private func read(_ connection: WebConnection) {
    var input = self.input
    self.input = []
    defer { self.input = input }
    var buffer = input.mutableSpan
    switch connection.stream.read(into: &buffer) {
    case .bytes(let count):
      connection.lastReceived = loop.now
      connection.isPinged = false
      if let tls = connection.tls {
        tls.receive(input.span.extracting(0..<count))
        readPlaintext(connection, tls)
      } else {
        receive(input.span.extracting(0..<count), on: connection)
      }
    case .wouldBlock: break
    case .endOfStream: endInput(connection)
    case .failed: close(connection)
    }
  }

  private func readPlaintext(_ connection: WebConnection, _ tls: TLSSession) {
    var plaintext = self.plaintext
    self.plaintext = []
    defer { self.plaintext = plaintext }
    // Bounded by the bytes just given: plaintext is shorter than its records.
    while connections[connection.id] != nil {
      let wasEstablished = tls.isEstablished
      var buffer = plaintext.mutableSpan
      switch tls.read(into: &buffer) {
      case .bytes(let count): receive(plaintext.span.extracting(0..<count), on: connection)
      case .needsMore: return
      case .closed: return endInput(connection)
      case .failed:
        if !wasEstablished { counters.failedHandshakes += 1 }
        // The alert tells the client why, if it can be sent at once.
        _ = connection.pump(at: loop.now)
        return close(connection)
      }
    }
  }

  // MARK: The end of a connection

  /// Forgets a connection; its descriptor is closed when the last reference goes.
  func close(_ connection: WebConnection) {
    guard connections.removeValue(forKey: connection.id) != nil else { return }
    connection.isGone = true
    connection.takesMessages = false
    try? loop.remove(connection.stream.descriptor)
    timers.cancel(connection.id)
    if connection.isRefusal { refusals -= 1 } else { budget.release(connection.remote.ip) }
    endWebSocket(connection)
  }

  /// Tells the application, once, that a WebSocket is over.
  func endWebSocket(_ connection: WebConnection) {
    guard connection.isOpenWebSocket else { return }
    connection.isOpenWebSocket = false
    counters.webSockets -= 1
    parts.emit(.closed(connection.id))
  }

  /// Receivers of one message from which on each is sent it for itself: a smaller room's messages of one
  /// turn travel together.
  private static let crowdMin = 64
  /// An answer that is encoded in one piece for many: a playlist. A larger one is sent piece by piece.
  private static let sharedBytesMax = 48 * 1024
  /// The listener's token and the id of no connection.
  static let listenerToken: UInt64 = 0
  /// Bytes read at once: a full TLS record; a connection reads once a turn.
  private static let readBytesMax = 17 * 1024
}

extension WebLoop {
  /// Takes an expired timer.
  fileprivate func timeOut(_ token: UInt64) {
    if token == WebLoop.listenerToken { return listen() }
    guard let connection = connections[token] else { return }
    connection.timer = .zero
    checkDeadlines(connection)
    if connections[token] != nil { settle(connection) }
  }
}
