// What the loop does with the bytes of one connection: requests, WebSocket messages, sending, waiting.

import HTTP
import Loop
import Wire

extension WebLoop {
  // MARK: Input

  /// Takes bytes as the client meant them, TLS undone.
  func receive(_ bytes: borrowing Span<UInt8>, on connection: WebConnection) {
    switch connection.phase {
    case .http:
      if let shelf = parts.config.shelf, answer(bytes, from: shelf, to: connection) { return }
      connection.http.receive(bytes)
      converse(connection)
    case .webSocket: receiveFrames(bytes, on: connection)
    case .finishing: break
    case .lingering:
      connection.lingeredBytes += bytes.count
      if connection.lingeredBytes > limits.lingerBytesMax { close(connection) }
    }
  }

  /// Answers a request that came by itself with what is on the shelf, if that is there.
  private func answer(
    _ bytes: borrowing Span<UInt8>, from shelf: AnswerShelf, to connection: WebConnection
  ) -> Bool {
    // A client that is behind waits for its turn, like others.
    guard connection.queuedBytes == 0, connection.http.isAtRest, drainDeadline == nil,
      let glance = HTTPGlance(bytes), let answer = shelf.find(bytes, glance, at: loop.now)
    else { return false }
    connection.http.noteExchange()
    counters.requests += 1
    counters.countAnswer(status: 200)
    connection.isAnswered = connection.sendShared(answer, at: loop.now) && keepIdle(connection)
    return true
  }

  /// Moves the end of a kept connection on, without a timer for each request.
  ///
  /// - Returns: whether there is nothing to settle.
  private func keepIdle(_ connection: WebConnection) -> Bool {
    let deadline = loop.now + limits.idleTimeout
    guard connection.wait == .idle, connection.interest == .reading else {
      connection.wait = .idle
      connection.deadline = deadline
      return false
    }
    if deadline - connection.deadline > limits.idleTimeout / 64 {
      connection.deadline = deadline
      connection.timer = deadline
      timers.schedule(connection.id, at: deadline)
    }
    return true
  }

  /// Takes the client's end of stream.
  func endInput(_ connection: WebConnection) {
    connection.inputEnded = true
    switch connection.phase {
    case .http: connection.http.endInput()
    case .webSocket, .lingering: close(connection)
    case .finishing: break
    }
  }

  /// Hands out the requests that have come and writes the answers that are due.
  private func converse(_ connection: WebConnection) {
    while connection.phase == .http {
      writeAnswers(connection)
      let refused = connection.http.refusedCount
      switch connection.http.next(queuedBytes: connection.queuedBytes) {
      case .wait:
        counters.malformedRequests += connection.http.refusedCount - refused
        return writeAnswers(connection)
      case .request(let id, let request):
        counters.requests += 1
        handOut(request, id, connection)
      case .upgrade(let request):
        counters.requests += 1
        upgrade(connection, request)
      }
    }
  }

  private func writeAnswers(_ connection: WebConnection) {
    if connection.queuedBytes == 0 { connection.lastSent = loop.now }
    connection.http.write(into: &connection.output, date: SystemClock.wallTime())
    for status in connection.http.takeWrittenStatuses() { counters.countAnswer(status: status) }
    if connection.http.isFinished { connection.phase = .finishing }
  }

  private func handOut(_ request: HTTPRequest, _ id: UInt64, _ connection: WebConnection) {
    if let response = parts.config.site?.answer(request) {
      connection.http.respond(id, response)
    } else if parts.config.webSocketPaths.contains(request.target.path), !request.wantsWebSocket {
      let response = HTTPResponse(426, headers: ["Upgrade": "websocket"])
      connection.http.respond(id, response)
    } else {
      parts.emit(.request(connection.id, id, request, remote: connection.remote))
    }
  }

  // MARK: WebSocket

  private func upgrade(_ connection: WebConnection, _ request: HTTPRequest) {
    guard parts.config.webSocketPaths.contains(request.target.path) else {
      // Another protocol may be offered on any request; it is answered as if it were not.
      return handOut(request, connection.http.begin(request), connection)
    }
    guard drainDeadline == nil else {
      counters.refusedWebSockets += 1
      let id = connection.http.begin(request)
      return connection.http.respond(id, .text(503, "server is going away"))
    }
    switch WebSocketHandshake.answer(request, origins: parts.config.origins) {
    case .refused(let response):
      counters.refusedWebSockets += 1
      connection.http.respond(connection.http.begin(request), response)
    case .accepted(let response):
      var bytes: [UInt8] = []
      response.write(into: &bytes, date: SystemClock.wallTime())
      connection.send(bytes, at: loop.now)
      connection.phase = .webSocket
      connection.webSocket = WebSocketConnection(limits: limits.webSocket)
      connection.isOpenWebSocket = true
      connection.takesMessages = true
      try? connection.stream.setKernelUnsentMax(bytes: limits.webSocketUnsentMax)
      connection.lastReceived = loop.now
      counters.openedWebSockets += 1
      counters.countAnswer(status: response.status)
      counters.webSockets += 1
      parts.emit(.opened(connection.id, request))
      let rest = connection.http.takeRemaining()
      if !rest.isEmpty { receiveFrames(rest.span, on: connection) }
    }
  }

  private func receiveFrames(_ bytes: borrowing Span<UInt8>, on connection: WebConnection) {
    connection.webSocketOutput = WebSocketConnection.Output()
    connection.webSocket?.receive(bytes, output: &connection.webSocketOutput)
    let output = connection.webSocketOutput
    connection.webSocketOutput = WebSocketConnection.Output()
    for message in output.messages {
      switch message {
      case .text(let text): parts.emit(.message(connection.id, text))
      case .binary:
        closeWebSocket(connection, .unsupportedData, "text only")
        // What comes after it is not looked at: the client is not speaking our protocol.
        return counters.faultyWebSockets += 1
      }
    }
    queue(output.bytes, to: connection)
    if let closure = output.closure {
      if closure.fault != nil { counters.faultyWebSockets += 1 }
      finishWebSocket(connection)
    }
  }

  private func finishWebSocket(_ connection: WebConnection) {
    connection.phase = .finishing
    connection.takesMessages = false
    endWebSocket(connection)
  }

  /// Begins the closing handshake.
  func closeWebSocket(_ connection: WebConnection, _ code: WebSocketCloseCode, _ reason: String) {
    guard connection.phase == .webSocket, connection.webSocket?.isOpen == true else { return }
    var bytes: [UInt8] = []
    connection.webSocket?.close(code, reason: reason, into: &bytes)
    connection.takesMessages = false
    connection.deadline = loop.now + limits.webSocketCloseTimeout
    queue(bytes, to: connection)
  }

  /// Queues the frame of a message, unless closing has begun.
  func send(_ frame: [UInt8], to connection: WebConnection) {
    guard connection.takesMessages else { return }
    queue(frame, to: connection)
  }

  /// Queues frames to a WebSocket; a client too far behind is closed, and nobody waits for it.
  private func queue(_ frames: [UInt8], to connection: WebConnection) {
    if connection.queuedBytes + frames.count > limits.webSocketQueuedBytesMax {
      // A burst is not the client's fault: what it can take now does not count.
      guard connection.pump(at: loop.now) else { return close(connection) }
    }
    guard connection.queuedBytes + frames.count <= limits.webSocketQueuedBytesMax else {
      counters.slowReaders += 1
      return close(connection)
    }
    connection.send(frames, at: loop.now)
  }

  // MARK: Output

  /// Sends what can be sent and arranges what to be told next. Call after anything that happens to a connection.
  func settle(_ connection: WebConnection) {
    if connection.phase == .http { converse(connection) }
    guard !connection.isGone else { return }
    guard connection.pump(at: loop.now) else { return close(connection) }
    // What was left behind unfinished by the end of the conversation needs no more bytes to end.
    if connection.phase == .http, connection.http.isFinished { connection.phase = .finishing }
    if connection.phase == .finishing, connection.queuedBytes == 0 {
      if connection.inputEnded { return close(connection) }
      connection.shutdownWriting()
      connection.phase = .lingering
      connection.deadline = loop.now + limits.lingerTimeout
    }
    tellWhetherBehind(connection)
    watch(connection)
  }

  /// Tells the application when a client falls behind, and when it has caught up.
  private func tellWhetherBehind(_ connection: WebConnection) {
    guard connection.isOpenWebSocket else { return }
    let queued = connection.queuedBytes
    if !connection.isBehind, queued > limits.webSocketHighWater {
      connection.isBehind = true
      parts.emit(.behind(connection.id))
    } else if connection.isBehind, queued <= limits.webSocketLowWater {
      connection.isBehind = false
      parts.emit(.drained(connection.id))
    }
  }

  /// Arranges what to hear about next, and when to look again.
  func watch(_ connection: WebConnection) {
    let wanted = connection.wantedInterest
    if wanted != connection.interest {
      connection.interest = wanted
      try? loop.modify(connection.stream.descriptor, token: connection.id, interest: wanted)
    }
    let deadline = nextDeadline(of: connection)
    guard deadline != connection.timer else { return }
    connection.timer = deadline
    timers.schedule(connection.id, at: deadline)
  }

  // MARK: Time

  /// When the connection has to be looked at, if nothing happens to it.
  private func nextDeadline(of connection: WebConnection) -> Instant {
    var deadline = connection.deadline
    switch connection.phase {
    case .http:
      let wait = currentWait(connection)
      if wait != connection.wait {
        connection.wait = wait
        connection.deadline = loop.now + timeout(of: wait)
      }
      deadline = connection.deadline
    case .webSocket:
      let isClosing = !connection.takesMessages
      deadline =
        isClosing
        ? connection.deadline
        : connection.lastReceived
          + (connection.isPinged ? limits.webSocketSilenceMax : limits.webSocketPingInterval)
    case .finishing: deadline = .distantFuture
    case .lingering: break
    }
    guard connection.queuedBytes > 0 else { return deadline }
    return min(deadline, connection.lastSent + limits.stallTimeout)
  }

  private func currentWait(_ connection: WebConnection) -> WebConnection.Wait {
    if let id = connection.http.awaitedID { return .answer(id) }
    if connection.queuedBytes > 0 { return .reader }
    return connection.http.isReceiving || !connection.http.hasBegun ? .request : .idle
  }

  private func timeout(of wait: WebConnection.Wait) -> TimeSpan {
    switch wait {
    case .request: limits.requestTimeout
    case .idle: limits.idleTimeout
    case .answer: limits.answerTimeout
    // The stall limit decides; this only starts the next wait afresh.
    case .reader: .seconds(86_400 as Int64)
    }
  }

  /// Acts on the deadlines of `connection` that have passed.
  func checkDeadlines(_ connection: WebConnection) {
    let now = loop.now
    if connection.queuedBytes > 0, now >= connection.lastSent + limits.stallTimeout {
      counters.slowReaders += 1
      return close(connection)
    }
    switch connection.phase {
    case .http where now >= connection.deadline: timeOutHTTP(connection)
    case .webSocket: checkSilence(connection)
    case .lingering where now >= connection.deadline: close(connection)
    case .http, .finishing, .lingering: break
    }
  }

  private func timeOutHTTP(_ connection: WebConnection) {
    switch connection.wait {
    case .request:
      counters.slowRequests += 1
      // Nobody can be told anything before the handshake is through.
      if connection.tls?.isEstablished == false { return close(connection) }
      connection.http.timeOutRequest()
    case .idle: connection.http.timeOutRequest()
    case .answer:
      counters.unansweredRequests += 1
      connection.http.timeOutAnswer()
    case .reader: break
    }
  }

  private func checkSilence(_ connection: WebConnection) {
    guard connection.takesMessages else {
      return loop.now >= connection.deadline ? close(connection) : ()
    }
    let silence = loop.now - connection.lastReceived
    if silence >= limits.webSocketSilenceMax { return close(connection) }
    if silence >= limits.webSocketPingInterval, !connection.isPinged {
      connection.isPinged = true
      var bytes: [UInt8] = []
      connection.webSocket?.ping(into: &bytes)
      queue(bytes, to: connection)
    }
  }
}
