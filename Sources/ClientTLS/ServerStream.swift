// One connection to a server, in the clear or by TLS: non-blocking, with a bounded queue.

package import Loop
package import Wire

/// Why a connection can't be used, for an operator.
package struct ServerStreamFault: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
  /// Nobody listens there.
  package let isRefused: Bool

  package init(_ description: String) {
    self.description = description
    isRefused = false
  }

  init(_ error: SystemError) {
    description = error.description
    isRefused = error.isConnectionRefused
  }
}

/// A connection for the thread of one loop. A class because a connection has identity; closed when released.
package final class ServerStream {
  /// What a read found.
  package enum ReadOutcome: Equatable {
    /// This many bytes, at least one, at the start of the buffer.
    case bytes(Int)
    case wouldBlock
    /// The server has said that nothing follows.
    case endOfStream
  }

  private let stream: TCPStream
  private let tls: TLSClientSession?
  private var isConnected = false
  /// Whether something may be written: connected and, by TLS, sure of the server.
  package private(set) var isOpen = false
  private var ciphertext: [UInt8] = []

  /// A TLS record and its header: what one read may need.
  private static let ciphertextBytes = 16 * 1024 + 512

  /// Begins to connect.
  ///
  /// - Parameters:
  ///   - tls: whom to expect; nil for a connection in the clear.
  ///   - queuedBytesMax: of what is written and not sent; a handshake has to fit.
  package init(
    connectingTo address: SocketAddress, tls: (context: TLSClientContext, host: TLSHost)?,
    queuedBytesMax: Int
  ) throws(ServerStreamFault) {
    do {
      stream = try TCPStream(connectingTo: address, queuedBytesMax: queuedBytesMax)
    } catch {
      throw ServerStreamFault(error)
    }
    guard let tls else {
      self.tls = nil
      return
    }
    guard let session = TLSClientSession(tls.context, host: tls.host) else {
      throw ServerStreamFault("TLS could not be set up")
    }
    self.tls = session
    ciphertext = [UInt8](repeating: 0, count: ServerStream.ciphertextBytes)
  }

  /// For `EventLoop.add`, with `interest`.
  package var descriptor: FileDescriptor { stream.descriptor }
  /// What the loop is to be asked for.
  package var interest: Interest {
    guard isConnected else { return .writing }
    return stream.queuedBytes > 0 ? [.reading, .writing] : .reading
  }
  /// What is written and not sent.
  package var queuedBytes: Int { stream.queuedBytes }

  /// Goes on with connecting and with sending what is queued. Call for each readiness before anything else.
  package func advance(_ ready: Readiness) throws(ServerStreamFault) {
    do throws(SystemError) {
      if !isConnected {
        guard ready.writable || ready.hangup else { return }
        try stream.finishConnecting()
        isConnected = true
        isOpen = tls == nil
      } else if ready.writable {
        try stream.flush()
      }
    } catch {
      throw ServerStreamFault(error)
    }
    if let tls, !isOpen { try shakeHands(tls) }
  }

  /// Says hello, and goes on as far as the server has.
  private func shakeHands(_ tls: TLSClientSession) throws(ServerStreamFault) {
    while !isOpen {
      guard tls.shakeHands() else { throw ServerStreamFault(tls.failureText) }
      try send(tls.takeOutput())
      isOpen = tls.isEstablished
      if !isOpen, try !receiveRecords(tls, &ciphertext) { return }
    }
  }

  /// Reads what has come, at most `buffer.count` bytes; again until it says `.wouldBlock`.
  package func read(into buffer: inout MutableSpan<UInt8>) throws(ServerStreamFault) -> ReadOutcome
  {
    guard isOpen else { return .wouldBlock }
    if let tls { return try readRecords(tls, into: &buffer) }
    switch stream.read(into: &buffer) {
    case .bytes(let count): return .bytes(count)
    case .wouldBlock: return .wouldBlock
    case .endOfStream: return .endOfStream
    case .failed(let error): throw ServerStreamFault(error)
    }
  }

  /// Sends `bytes` or queues them; only once open.
  package func write(_ bytes: [UInt8]) throws(ServerStreamFault) {
    guard let tls else { return try send(bytes) }
    guard bytes.isEmpty || tls.write(bytes) else { throw ServerStreamFault(tls.failureText) }
    try send(tls.takeOutput())
  }

  private func readRecords(
    _ tls: TLSClientSession, into buffer: inout MutableSpan<UInt8>
  ) throws(ServerStreamFault) -> ReadOutcome {
    while true {
      let outcome = tls.read(into: &buffer)
      try send(tls.takeOutput())
      switch outcome {
      case .bytes(let count): return .bytes(count)
      case .closed: return .endOfStream
      case .failed: throw ServerStreamFault(tls.failureText)
      case .needsMore: if try !receiveRecords(tls, &ciphertext) { return .wouldBlock }
      }
    }
  }

  /// False when nothing has come.
  private func receiveRecords(
    _ tls: TLSClientSession, _ buffer: inout [UInt8]
  ) throws(ServerStreamFault) -> Bool {
    var span = buffer.mutableSpan
    switch stream.read(into: &span) {
    case .bytes(let count):
      tls.receive(buffer.span.extracting(0..<count))
      return true
    case .wouldBlock: return false
    // Without close_notify it may be somebody else's cut.
    case .endOfStream: throw ServerStreamFault("the server hung up")
    case .failed(let error): throw ServerStreamFault(error)
    }
  }

  private func send(_ bytes: [UInt8]) throws(ServerStreamFault) {
    guard !bytes.isEmpty else { return }
    switch stream.write(bytes.span) {
    case .accepted: return
    case .refused: throw ServerStreamFault("what is to be sent does not fit")
    case .failed(let error): throw ServerStreamFault(error)
    }
  }
}
