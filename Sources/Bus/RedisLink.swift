// One connection to Redis: TCP, TLS where that is asked for, and the conversation on it.

import ClientTLS
import HookDelivery
import Hooks
import Loop
import Nodes
import Wire

/// Lives on the bus's thread. A final class because a connection has identity.
final class RedisLink {
  enum Event {
    case ready
    case message([UInt8])
    case failed(String)
  }

  private(set) var conversation: RedisConversation
  /// When Redis said something last.
  private(set) var heardAt: Instant
  /// When it is asked whether it is there.
  private var pingAt: Instant
  let token: UInt64
  private let address: RedisAddress
  private let stream: TCPStream
  private let reader: RedisReader
  private let tls: TLSClientSession?
  private let first: [UInt8]
  private var isConnected = false
  private var isGreeted = false

  /// Begins to connect.
  ///
  /// - Returns: nil when that can't even be begun.
  init?(
    _ role: RedisConversation.Role, to remote: SocketAddress, _ address: RedisAddress,
    channel: String, context: TLSClientContext, _ loop: EventLoop, token: UInt64
  ) {
    guard let reader = RedisReader(),
      let stream = try? TCPStream(
        connectingTo: remote, queuedBytesMax: BusLimits.queuedBytesMax),
      (try? loop.add(stream.descriptor, token: token, interest: .writing)) != nil
    else { return nil }
    if address.server.isSecure {
      guard let session = TLSClientSession(context, host: address.server.host.expected) else {
        return nil
      }
      tls = session
    } else {
      tls = nil
    }
    self.reader = reader
    self.stream = stream
    self.token = token
    self.address = address
    (conversation, first) = RedisConversation.begin(role, channel: channel, address: address)
    heardAt = loop.now
    pingAt = loop.now + BusLimits.pingInterval
  }

  /// When something is to be done although nothing comes.
  var deadline: Instant {
    guard conversation.isReady else { return heardAt + BusLimits.connectLimit }
    return min(pingAt, heardAt + BusLimits.silenceMax)
  }

  /// Does what is due by time; why it is over, if it is.
  func expire(_ loop: EventLoop) -> String? {
    let limit = conversation.isReady ? BusLimits.silenceMax : BusLimits.connectLimit
    guard loop.now < heardAt + limit else {
      return conversation.isReady ? "Redis says nothing any more" : "no connection within the time"
    }
    guard conversation.isReady, loop.now >= pingAt else { return nil }
    pingAt = loop.now + BusLimits.pingInterval
    return send(conversation.ping(), loop)
  }

  /// Sends a message; false while none may be sent.
  func publish(_ message: [UInt8], _ loop: EventLoop) -> (isTaken: Bool, failure: String?) {
    guard let bytes = conversation.publish(message) else { return (false, nil) }
    return (true, send(bytes, loop))
  }

  /// Goes on with what the connection is ready for.
  func advance(_ ready: Readiness, _ loop: EventLoop, buffer: inout [UInt8]) -> [Event] {
    do throws(SystemError) {
      if !isConnected {
        try stream.finishConnecting()
        isConnected = true
        if let failure = greet(loop) { return [.failed(failure)] }
      } else if ready.writable {
        try stream.flush()
      }
      var events: [Event] = []
      if ready.readable || ready.hangup { read(loop, &buffer, &events) }
      try loop.modify(
        stream.descriptor, token: token,
        interest: stream.queuedBytes > 0 ? [.reading, .writing] : .reading)
      return events
    } catch {
      return [.failed(error.description)]
    }
  }

  /// The first words; with TLS its hello goes before them.
  private func greet(_ loop: EventLoop) -> String? {
    guard let tls else {
      isGreeted = true
      return send(first, loop)
    }
    var nothing: [UInt8] = [0]
    var span = nothing.mutableSpan
    if tls.read(into: &span) == .failed { return tls.failureText }
    return write(tls.takeOutput())
  }

  private func read(_ loop: EventLoop, _ buffer: inout [UInt8], _ events: inout [Event]) {
    // One turn reads so much: who shouts does not keep the thread from its own words.
    for _ in 0..<16 {
      var span = buffer.mutableSpan
      switch stream.read(into: &span) {
      case .bytes(let count):
        heardAt = loop.now
        if let failure = receive(count, loop, &buffer, &events) {
          events.append(.failed(failure))
          return
        }
      case .wouldBlock: return
      case .endOfStream: return events.append(.failed("Redis hung up"))
      case .failed(let error): return events.append(.failed(error.description))
      }
    }
  }

  private func receive(
    _ count: Int, _ loop: EventLoop, _ buffer: inout [UInt8], _ events: inout [Event]
  ) -> String? {
    guard let tls else {
      reader.receive(buffer.span.extracting(0..<count))
      return takeReplies(loop, &events)
    }
    tls.receive(buffer.span.extracting(0..<count))
    while true {
      var span = buffer.mutableSpan
      let outcome = tls.read(into: &span)
      if tls.isEstablished, !isGreeted {
        isGreeted = true
        if let failure = send(first, loop) { return failure }
      }
      switch outcome {
      case .bytes(let count):
        reader.receive(buffer.span.extracting(0..<count))
        if let failure = takeReplies(loop, &events) { return failure }
      case .needsMore: return write(tls.takeOutput())
      case .closed: return "Redis hung up"
      case .failed: return tls.failureText
      }
    }
  }

  private func takeReplies(_ loop: EventLoop, _ events: inout [Event]) -> String? {
    while true {
      switch reader.next() {
      case .needsMore: return nil
      case .broken: return "what answers is not Redis, or does not keep to its protocol"
      case .reply(let reply):
        let (event, bytes) = conversation.take(reply)
        switch event {
        case .ready: events.append(.ready)
        case .message(let message): events.append(.message(message))
        case .failed(let why): return why
        case nil: break
        }
        if !bytes.isEmpty, let failure = send(bytes, loop) { return failure }
      }
    }
  }

  private func send(_ bytes: [UInt8], _ loop: EventLoop) -> String? {
    guard let tls else { return write(bytes, loop) }
    guard tls.write(bytes) else { return tls.failureText }
    return write(tls.takeOutput(), loop)
  }

  private func write(_ bytes: [UInt8], _ loop: EventLoop? = nil) -> String? {
    guard !bytes.isEmpty else { return nil }
    switch stream.write(bytes.span) {
    case .accepted:
      if let loop, stream.queuedBytes > 0 {
        try? loop.modify(stream.descriptor, token: token, interest: [.reading, .writing])
      }
      return nil
    case .refused: return "Redis does not take what it is sent"
    case .failed(let error): return error.description
    }
  }
}
