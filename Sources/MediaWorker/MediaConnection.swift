// One ICE-TCP connection: RFC 4571 frames in both directions.

import Loop
import Wire

/// A TCP connection that carries framed STUN, DTLS and SRTP.
final class MediaConnection {
  let stream: TCPStream
  let path: TransportPath
  let openedAt: Instant
  var local: SocketAddress
  /// Whether the connection went to another worker.
  var hasMoved = false
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

  /// Reads what has come and passes on each frame; false when the connection has ended.
  func read(
    _ buffer: inout [UInt8], _ body: (inout MutableSpan<UInt8>, TransportPath) -> Void
  ) -> Bool {
    for _ in 0..<WorkerLimits.connectionReadsPerTurn {
      var span = buffer.mutableSpan
      let outcome = stream.read(into: &span)
      guard case .bytes(let count) = outcome else { return outcome == .wouldBlock }
      var offset = 0
      while true {
        guard let isComplete = try? reader.advance(buffer.span.extracting(0..<count), from: &offset)
        else { return false }
        if !isComplete { break }
        reader.withFrame { frame in body(&frame, path) }
        if hasMoved { return true }
      }
    }
    return true
  }
}
