// One TCP connection: non-blocking reads, and writes through a bounded queue.

import CLinux
import Glibc
package import Wire

/// One TCP connection, used by the thread that owns it.
///
/// A final class because a connection has identity and outlives many loop turns. Closed when released.
package final class TCPStream {
  /// What a read found.
  package enum ReadOutcome: Equatable, Sendable {
    /// This many bytes, at least one, at the start of the buffer.
    case bytes(Int)
    case wouldBlock
    /// The peer will send nothing more.
    case endOfStream
    /// The connection is lost.
    case failed(SystemError)
  }

  /// What became of bytes to be written.
  package enum WriteOutcome: Equatable, Sendable {
    /// Sent or queued, all of them.
    case accepted
    /// The queue has no room for all of them; none was taken.
    case refused
    /// The connection is lost.
    case failed(SystemError)
  }

  /// For `EventLoop.add`.
  package let descriptor: FileDescriptor
  /// The most bytes the queue holds.
  package let queuedBytesMax: Int
  private var queue = ByteQueue()

  /// Takes over a connection.
  package init(_ descriptor: FileDescriptor, queuedBytesMax: Int) {
    self.descriptor = descriptor
    self.queuedBytesMax = queuedBytesMax
    // What we write is complete: nothing is gained by waiting for more. A failure only costs delay.
    try? descriptor.set(CLINUX_TCP_NO_DELAY)
  }

  /// Starts connecting to `remote`. It has succeeded or failed when the stream is writable: ask `finishConnecting`.
  package convenience init(connectingTo remote: SocketAddress, queuedBytesMax: Int)
    throws(SystemError)
  {
    let socket = try FileDescriptor.socket(like: remote.ip, stream: true)
    var raw = clinux_address(remote)
    let result = unsafe clinux_connect(socket.rawValue, &raw)
    // An interrupted connect goes on by itself; repeating it would fail with EALREADY.
    guard result == 0 || result == -EINPROGRESS || result == -EINTR else {
      throw SystemError(code: -result, call: .connect)
    }
    self.init(socket, queuedBytesMax: queuedBytesMax)
  }

  /// Tells how connecting ended.
  ///
  /// - Throws: why the connection could not be made.
  package func finishConnecting() throws(SystemError) {
    try checked(.connect) { clinux_pending_error(descriptor.rawValue) }
  }

  /// Reads what has come, at most `buffer.count` bytes; an empty buffer reads nothing and says `.wouldBlock`.
  package func read(into buffer: inout MutableSpan<UInt8>) -> ReadOutcome {
    do throws(SystemError) {
      let rawValue = descriptor.rawValue
      let received = try checkedUnlessBlocked(.receive) {
        unsafe buffer.withUnsafeMutableBufferPointer { bytes in
          guard let start = bytes.baseAddress, !bytes.isEmpty else { return Int(-EAGAIN) }
          return unsafe clinux_receive(rawValue, start, bytes.count)
        }
      }
      guard let received else { return .wouldBlock }
      return received == 0 ? .endOfStream : .bytes(received)
    } catch {
      return .failed(error)
    }
  }

  /// Sends `bytes`, queueing what the kernel does not take now: all of them, or none when the queue is too full.
  package func write(_ bytes: borrowing Span<UInt8>) -> WriteOutcome {
    guard queue.count + bytes.count <= queuedBytesMax else { return .refused }
    do throws(SystemError) {
      let sent = queue.count == 0 ? try send(bytes) : 0
      if sent < bytes.count { queue.append(bytes, from: sent) }
      return .accepted
    } catch {
      return .failed(error)
    }
  }

  /// Gives bytes to the kernel past the queue, which must be empty; the number it took, 0 when it takes none now.
  package func give(_ bytes: borrowing Span<UInt8>) throws(SystemError) -> Int {
    assert(queue.count == 0)
    return try send(bytes)
  }

  /// Sends from the queue what the kernel takes. Call when the stream is writable.
  package func flush() throws(SystemError) {
    while queue.count > 0 {
      let sent = try queue.withBytes(send)
      if sent == 0 { return }
      queue.removeFirst(sent)
    }
  }

  /// The bytes that wait in our queue. While there are any, ask the loop for writability.
  package var queuedBytes: Int { queue.count }

  /// Says that nothing more will be written (FIN). Flush first: queued bytes would be lost.
  package func shutdownWriting() throws(SystemError) {
    try checked(.shutdown) { clinux_shutdown_writing(descriptor.rawValue) }
  }

  /// Bounds the bytes the kernel accepts before it has sent them, so that delay builds up in our queue,
  /// where whole frames can be discarded, and not in the kernel's.
  package func setKernelUnsentMax(bytes: Int) throws(SystemError) {
    try descriptor.set(CLINUX_TCP_UNSENT_LOW_WATER, bytes)
  }

  /// Gives bytes to the kernel; the number it took, 0 when its buffer is full.
  private func send(_ bytes: borrowing Span<UInt8>) throws(SystemError) -> Int {
    let rawValue = descriptor.rawValue
    return try unsafe bytes.withUnsafeBufferPointer { bytes throws(SystemError) in
      guard let start = bytes.baseAddress, !bytes.isEmpty else { return 0 }
      return try checkedUnlessBlocked(.send) {
        unsafe clinux_send(rawValue, start, bytes.count)
      } ?? 0
    }
  }
}
