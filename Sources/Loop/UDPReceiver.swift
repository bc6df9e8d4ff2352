// Receives datagrams in batches into slots allocated once (recvmmsg).

import CLinux
package import Wire

/// A batch of received datagrams. One per thread serves any number of sockets in turn.
@safe
package struct UDPReceiver: ~Copyable {
  private let batch: OpaquePointer
  private var datagram = clinux_datagram()
  /// The datagrams of the last `receive`.
  package private(set) var count = 0
  /// Datagrams longer than a slot, which are discarded: their length reads 0.
  package private(set) var truncatedCount: UInt64 = 0

  /// Allocates `Limits.receiveBatchMax` slots of `Limits.receiveSlotBytes`.
  package init() {
    guard
      let created = unsafe clinux_receive_batch_create(
        UInt32(Limits.receiveBatchMax), UInt32(Limits.receiveSlotBytes))
    else { fatalError("no memory for receiving slots") }
    unsafe batch = created
  }

  deinit { unsafe clinux_receive_batch_destroy(batch) }

  /// Takes what waits at `socket`, at most one batch; forgets the batch before.
  ///
  /// - Returns: the number of datagrams, 0 when none wait. After a full batch more may wait.
  package mutating func receive(from socket: UDPSocket) throws(SystemError) -> Int {
    count = 0
    let descriptor = socket.descriptor.rawValue
    let batch = unsafe self.batch
    let received = try checkedUnlessBlocked(.receive) {
      unsafe Int(clinux_receive_batch_receive(batch, descriptor))
    }
    count = received ?? 0
    return count
  }

  /// Lends datagram `index`, 0..<count, for use in place.
  ///
  /// - Parameter body: gets the whole slot, of which the first `length` bytes were received, and the path:
  ///   our address it came to and the sender.
  /// - Returns: what `body` returns.
  @inlinable
  package mutating func withDatagram<Result>(
    at index: Int,
    _ body: (_ slot: inout MutableSpan<UInt8>, _ length: Int, _ path: TransportPath) -> Result
  ) -> Result {
    let (length, path) = describe(index)
    var slot = unsafe MutableSpan(
      _unsafeStart: slotStart(index), count: Limits.receiveSlotBytes)
    return body(&slot, length, path)
  }

  /// When the kernel took datagram `index`, 0..<count, by the wall clock; nil unless its socket notes
  /// arrivals.
  package mutating func arrival(at index: Int) -> WallTime? {
    _ = describe(index)
    let nanoseconds = datagram.arrival_nanoseconds
    return nanoseconds == 0 ? nil : WallTime(nanoseconds: nanoseconds)
  }

  @usableFromInline
  mutating func describe(_ index: Int) -> (length: Int, path: TransportPath) {
    precondition(index >= 0 && index < count, "no such datagram in the batch")
    unsafe clinux_receive_batch_describe(batch, UInt32(index), &datagram)
    let path = TransportPath(
      channel: .udp, local: datagram.local.ip, remote: datagram.remote.socketAddress)
    if datagram.is_truncated != 0 { truncatedCount += 1 }
    return (datagram.is_truncated != 0 ? 0 : Int(datagram.length), path)
  }

  @usableFromInline
  func slotStart(_ index: Int) -> UnsafeMutablePointer<UInt8> {
    unsafe clinux_receive_batch_slot(batch, UInt32(index))
  }
}
