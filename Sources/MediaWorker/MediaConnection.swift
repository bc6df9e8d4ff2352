// One ICE-TCP connection: RFC 4571 frames in both directions.

import Loop
import Wire

/// A TCP connection that carries framed STUN, DTLS and SRTP.
final class MediaConnection {
  let stream: TCPStream
  let path: TransportPath
  let openedAt: Instant
  var local: SocketAddress
  /// Set when a frame names another worker as owner: that frame goes there with the connection.
  var move: (worker: Int, firstFrame: [UInt8])?
  /// Whether we have answered on it: only valid checks are answered.
  private(set) var isClaimed = false
  private var reader = FrameReader()
  private var isWatchedForWriting = false

  init(_ stream: TCPStream, path: TransportPath, at now: Instant) {
    self.stream = stream
    self.path = path
    openedAt = now
    local = SocketAddress(ip: path.local, port: 0)
    // A small kernel buffer keeps the delay in our queue, where it is bounded.
    try? stream.setKernelUnsentMax(bytes: WorkerLimits.connectionKernelBytes)
  }

  func write(_ packet: borrowing Span<UInt8>, with writer: inout FrameWriter)
    -> TCPStream.WriteOutcome
  {
    isClaimed = true
    return writer.write(packet, to: stream)
  }

  /// Whether the loop must (newly) watch for writability, or need not any more.
  func wantsWritable(_ loop: EventLoop) -> Bool {
    let wanted = stream.queuedBytes > 0
    defer { isWatchedForWriting = wanted }
    return wanted && !isWatchedForWriting
  }

  /// Sends what is queued; false when the connection is lost.
  func flush() -> Bool { (try? stream.flush()) != nil }

  /// What became of a connection's bytes.
  enum OnRead {
    case open
    case ended
    /// `move` was set: these bytes came behind the frame that set it.
    case moved(rest: [UInt8])
  }

  /// Reads what has come and passes on each frame.
  func read(
    _ buffer: inout [UInt8], _ body: (inout MutableSpan<UInt8>, TransportPath) -> Void
  ) -> OnRead {
    for _ in 0..<WorkerLimits.connectionReadsPerTurn {
      var span = buffer.mutableSpan
      let outcome = stream.read(into: &span)
      guard case .bytes(let count) = outcome else {
        return outcome == .wouldBlock ? .open : .ended
      }
      let result = take(buffer.span.extracting(0..<count), body)
      guard case .open = result else { return result }
    }
    return .open
  }

  /// Passes on the frames in `bytes`; what is left of a last one waits for more.
  func take(
    _ bytes: borrowing Span<UInt8>, _ body: (inout MutableSpan<UInt8>, TransportPath) -> Void
  ) -> OnRead {
    var offset = 0
    while true {
      guard let isComplete = try? reader.advance(bytes, from: &offset) else { return .ended }
      if !isComplete { return .open }
      reader.withFrame { frame in body(&frame, path) }
      if move != nil {
        return .moved(rest: bytes.extracting(min(offset, bytes.count)..<bytes.count).toArray())
      }
    }
  }
}
