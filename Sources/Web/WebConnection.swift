// One client's TCP connection: its bytes in both directions, plain or TLS, and what is spoken on it.

import HTTP
import Loop
import Wire

/// A connection of the web server, for the thread of its loop.
///
/// A final class because a connection has identity: the loop, its timer and commands all name it by id.
final class WebConnection {
  /// What is spoken.
  enum Phase {
    case http
    case webSocket
    /// The last bytes are on their way out.
    case finishing
    /// All is sent; what still comes is thrown away.
    case lingering
  }

  /// What the connection waits for; its deadline moves when this changes.
  enum Wait: Equatable {
    case request, idle
    case answer(UInt64)
    /// The client, to take what is queued.
    case reader
  }

  let id: UInt64
  let remote: SocketAddress
  let stream: TCPStream
  let tls: TLSSession?
  /// Whether it was over the limit when it came: it only gets a 503.
  let isRefusal: Bool
  var phase = Phase.http
  var http: HTTPConversation
  var webSocket: WebSocketConnection?
  var webSocketOutput = WebSocketConnection.Output()
  /// Whether the application was told of a WebSocket and not yet of its end.
  var isOpenWebSocket = false
  /// Whether the application was told that the client is behind.
  var isBehind = false
  /// Whether the loop has forgotten it.
  var isGone = false
  /// Whether messages may be sent: a WebSocket that is open and not closing.
  var takesMessages = false
  /// Whether it is among those to be settled at the end of the turn's commands.
  var isTouched = false
  /// When its timer was last set for.
  var timer = Instant.zero
  /// Whether the client said that it sends nothing more.
  var inputEnded = false
  /// Whether what was just read is answered, so that there is nothing to settle.
  var isAnswered = false
  var output = OutgoingQueue()
  /// What the loop was last asked to report.
  var interest = Interest.reading
  var wait = Wait.request
  var deadline: Instant
  var lastReceived: Instant
  var lastSent: Instant
  var isPinged = false
  var lingeredBytes = 0
  private let sentPerTurnBytesMax: Int
  private let webSocketAnswersHighWater: Int

  init(
    _ id: UInt64, _ arrival: TCPListener.Arrival, tls: TLSSession?, isRefusal: Bool,
    limits: WebLimits, at now: Instant
  ) {
    self.id = id
    remote = arrival.remote
    self.tls = tls
    self.isRefusal = isRefusal
    stream = TCPStream(arrival.descriptor, queuedBytesMax: WebConnection.streamQueueBytesMax)
    // What a slow client does not take should wait where it is counted. A failure only costs memory.
    try? stream.setKernelUnsentMax(bytes: WebConnection.kernelUnsentBytesMax)
    http = HTTPConversation(limits: limits)
    sentPerTurnBytesMax = limits.sentPerTurnBytesMax
    webSocketAnswersHighWater = limits.webSocketAnswersHighWater
    deadline = now + limits.requestTimeout
    lastReceived = now
    lastSent = now
  }

  /// The bytes that wait for the client, in our queues.
  var queuedBytes: Int { output.byteCount + stream.queuedBytes }

  /// Sends as much as the client and this turn allow; false when the connection is lost.
  func pump(at now: Instant) -> Bool {
    let before = queuedBytes
    // Most have nothing to send and are only looked at.
    guard before > 0 || tls != nil else { return true }
    do { try stream.flush() } catch { return false }
    guard sendTLSRecords() else { return false }
    var sent = 0
    while stream.queuedBytes == 0, !output.isEmpty, sent < sentPerTurnBytesMax {
      guard let tls else {
        guard let taken = give(upTo: sentPerTurnBytesMax - sent) else { return false }
        if taken == 0 { break }
        sent += taken
        continue
      }
      if !tls.isEstablished { break }
      let piece = output.withFirst(WebConnection.pieceBytesMax) { piece -> Int? in
        tls.write(piece) ? piece.count : nil
      }
      guard let piece, sendTLSRecords() else { return false }
      output.removeFirst(piece)
      sent += piece
    }
    if queuedBytes < before { lastSent = now }
    return true
  }

  /// Gives the kernel of what waits; the bytes it took, nil when the connection is lost.
  private func give(upTo countMax: Int) -> Int? {
    let taken = output.withFirst(countMax) { try? stream.give($0) }
    if let taken { output.removeFirst(taken) }
    return taken
  }

  /// Gives the kernel what OpenSSL wrote; false when the connection is lost or its queue is full.
  private func sendTLSRecords() -> Bool {
    guard let records = tls?.takeOutput(), !records.isEmpty else { return true }
    return stream.write(records.span) == .accepted
  }

  /// Gives bytes to the kernel, when nothing waits and there is nothing to encrypt.
  ///
  /// - Returns: whether all of them are there and nothing is left to do; if not, they are queued or lost
  ///   like others: settle the connection. Nil when they have to be queued by `send`.
  func sendAtOnce(_ bytes: [UInt8], at now: Instant) -> Bool? {
    guard tls == nil, output.isEmpty, stream.queuedBytes == 0 else { return nil }
    lastSent = now
    return stream.write(bytes.span) == .accepted && stream.queuedBytes == 0
  }

  /// Gives a whole answer to the kernel, when nothing waits and there is nothing to encrypt; what it does not take
  /// waits as the array it is in, which many may share. A lost connection shows when it is settled.
  ///
  /// - Returns: whether nothing is left to do.
  func sendShared(_ bytes: [UInt8], at now: Instant) -> Bool {
    lastSent = now
    guard tls == nil, queuedBytes == 0 else {
      output.append(bytes)
      return false
    }
    output.append(bytes, from: (try? stream.give(bytes.span)) ?? 0)
    return output.isEmpty
  }

  /// Queues bytes behind those that wait.
  func send(_ bytes: [UInt8], at now: Instant) {
    // The client can only be late with what it could have taken.
    if queuedBytes == 0 { lastSent = now }
    output.append(bytes)
  }

  /// Says that nothing more will be sent: all is flushed.
  func shutdownWriting() {
    tls?.shutDown()
    _ = sendTLSRecords()
    try? stream.shutdownWriting()
  }

  /// What to hear about from the loop.
  var wantedInterest: Interest {
    var wanted: Interest = []
    if !inputEnded && takesInput { wanted.insert(.reading) }
    let waits = queuedBytes > 0 && (tls?.isEstablished ?? true) || stream.queuedBytes > 0
    if waits || (phase == .http && http.needsTurn(queuedBytes: queuedBytes)) {
      wanted.insert(.writing)
    }
    return wanted
  }

  private var takesInput: Bool {
    switch phase {
    case .http: http.takesMore(queuedBytes: queuedBytes)
    case .webSocket: queuedBytes <= webSocketAnswersHighWater
    case .lingering: true
    // Only a handshake is still worth reading for.
    case .finishing: !(tls?.isEstablished ?? true)
    }
  }

  /// The queue below ours: one piece with what TLS adds, a handshake flight, alerts.
  private static let streamQueueBytesMax = 96 * 1024
  /// Handed over at once: few system calls for large answers, little copied when the kernel is full.
  private static let pieceBytesMax = 64 * 1024
  /// Bytes the kernel keeps unsent: covers a turn at 100 Mbit/s.
  private static let kernelUnsentBytesMax = 256 * 1024
}
