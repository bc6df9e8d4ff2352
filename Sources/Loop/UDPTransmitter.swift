// Turns a run of datagrams into kernel messages and hands them over (sendmmsg, UDP GSO).

import CLinux
import Glibc
import Wire

/// What became of the datagrams given to a socket.
package struct SendCounters: Sendable, Equatable {
  /// Datagrams the kernel took.
  package var sentCount: UInt64 = 0
  /// Datagrams given up: refused by the kernel for their destination, or beyond the backlog.
  package var unsentCount: UInt64 = 0
  /// Kernel messages that carried more than one datagram.
  package var mergedMessageCount: UInt64 = 0
  /// Sending calls.
  package var callCount: UInt64 = 0
}

/// The message headers of one sending call, reused for ever.
///
/// Consecutive datagrams to one path, back to back in the arena and of equal size (the last may be
/// shorter), become one message that the kernel or the NIC cuts up (UDP_SEGMENT).
@safe
struct UDPTransmitter: ~Copyable {
  private let socket: UDPSocket
  private let messages: OpaquePointer
  /// Which entries of the batch each message carries.
  private var groups: [Range<Int>] = []
  var counters = SendCounters()
  /// Off for good once this kernel or device has refused a merged message whose parts it then took.
  private(set) var mergesDatagrams = true

  init(socket: UDPSocket) {
    self.socket = socket
    // One message more than a call needs: for datagrams sent one by one.
    guard let created = unsafe clinux_send_batch_create(UInt32(Limits.sendMessagesMax + 1)) else {
      fatalError("no memory for sending headers")
    }
    unsafe messages = created
    groups.reserveCapacity(Limits.sendMessagesMax)
  }

  deinit { unsafe clinux_send_batch_destroy(messages) }

  /// Sends the entries of `batch` from index `first` that belong to this socket.
  ///
  /// - Returns: the index of the first entry left because the socket's buffer is full; the number of entries
  ///   when all were dealt with.
  mutating func transmit(_ batch: borrowing DatagramBatch, from first: Int) -> Int {
    let arena = batch.arenaBytes
    return unsafe arena.withUnsafeBufferPointer { bytes in
      guard let start = bytes.baseAddress else { return batch.entries.count }
      var next = first
      while next < batch.entries.count {
        next = unsafe gather(batch.entries, from: next, arena: start)
        if let blocked = unsafe handOver(batch.entries, arena: start) { return blocked }
      }
      return next
    }
  }

  /// Fills message headers from entry `first` on; returns the first entry not covered.
  private mutating func gather(
    _ entries: [DatagramBatch.Entry], from first: Int, arena: UnsafePointer<UInt8>
  ) -> Int {
    groups.removeAll(keepingCapacity: true)
    var next = first
    while next < entries.count, groups.count < Limits.sendMessagesMax {
      guard socket.carries(entries[next].path) else {
        next += 1
        continue
      }
      let end = mergesDatagrams ? endOfRun(entries, from: next) : next + 1
      unsafe set(message: groups.count, entries, next..<end, arena: arena)
      groups.append(next..<end)
      next = end
    }
    return next
  }

  /// The end of the entries from `first` that can share a message with it.
  private func endOfRun(_ entries: [DatagramBatch.Entry], from first: Int) -> Int {
    let head = entries[first]
    let end = min(entries.count, first + Limits.mergedDatagramsMax)
    var next = first + 1
    var bytes = head.length
    while next < end, entries[next].length <= head.length,
      bytes + entries[next].length <= Limits.mergedBytesMax,
      entries[next].offset == head.offset + bytes, entries[next].path == head.path
    {
      bytes += entries[next].length
      next += 1
      if entries[next - 1].length < head.length { break }
    }
    return next
  }

  private mutating func set(
    message: Int, _ entries: [DatagramBatch.Entry], _ range: Range<Int>,
    arena: UnsafePointer<UInt8>
  ) {
    let head = entries[range.lowerBound]
    let last = entries[range.upperBound - 1]
    var local = clinux_address(head.path.local)
    var remote = clinux_address(head.path.remote)
    unsafe clinux_send_batch_set(
      messages, UInt32(message), arena + head.offset, last.offset + last.length - head.offset,
      &local, &remote, range.count > 1 ? UInt16(head.length) : 0)
  }

  /// Hands the gathered messages to the kernel; the first entry left when its buffer is full, else nil.
  private mutating func handOver(
    _ entries: [DatagramBatch.Entry], arena: UnsafePointer<UInt8>
  ) -> Int? {
    var next = 0
    while next < groups.count {
      let result = call(first: next, count: groups.count - next)
      if result > 0 {
        for index in next..<(next + result) { countSent(groups[index].count) }
        next += result
        continue
      }
      let group = groups[next]
      if UDPTransmitter.isBlocked(result) { return group.lowerBound }
      if group.count > 1 {
        if let blocked = unsafe sendSeparately(entries, group, refusal: result, arena: arena) {
          return blocked
        }
      } else {
        // The kernel refuses this destination only: the others must not suffer.
        counters.unsentCount += 1
      }
      next += 1
    }
    return nil
  }

  /// Sends the parts of a refused merged message one by one, and learns from it.
  private mutating func sendSeparately(
    _ entries: [DatagramBatch.Entry], _ group: Range<Int>, refusal: Int,
    arena: UnsafePointer<UInt8>
  ) -> Int? {
    for index in group {
      unsafe set(message: Limits.sendMessagesMax, entries, index..<(index + 1), arena: arena)
      let result = call(first: Limits.sendMessagesMax, count: 1)
      if UDPTransmitter.isBlocked(result) { return index }
      if result > 0 {
        countSent(1)
        // The parts go where the whole did not: merging is what was refused. A destination that takes
        // neither (port 0, a vanished local address) must not turn merging off for all others.
        if refusal == Int(-EIO) || refusal == Int(-EINVAL) { mergesDatagrams = false }
      } else {
        counters.unsentCount += 1
      }
    }
    return nil
  }

  private mutating func call(first: Int, count: Int) -> Int {
    counters.callCount += 1
    let descriptor = socket.descriptor.rawValue
    let messages = unsafe self.messages
    return uninterrupted {
      unsafe Int(clinux_send_batch_send(messages, descriptor, UInt32(first), UInt32(count)))
    }
  }

  private mutating func countSent(_ datagrams: Int) {
    counters.sentCount += UInt64(datagrams)
    if datagrams > 1 { counters.mergedMessageCount += 1 }
  }

  private static func isBlocked(_ result: Int) -> Bool {
    result == Int(-EAGAIN) || result == Int(-EWOULDBLOCK)
  }
}
