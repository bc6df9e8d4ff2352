// Packets from one thread to one other, in fixed slots, without locks or allocations.

package import Synchronization
package import Wire

/// A bounded ring of packets from exactly one producing thread to exactly one consuming thread.
///
/// A final class because both threads refer to the same ring.
///
/// `@unchecked Sendable`, because: `tail` is written by the producer only and `head` by the consumer only. The slots in
/// head..<tail belong to the consumer, all others to the producer. A slot changes hands by a releasing
/// store of one index and an acquiring load of it by the other side, so everything written to the
/// slot before is seen after, and no slot is ever in both hands. `headSeen` is the producer's
/// alone, `tailSeen` the consumer's. The rest is constant.
@safe
package final class PacketRing<Header: BitwiseCopyable & Sendable>: @unchecked Sendable {
  /// The number of slots, a power of two.
  package let capacity: Int
  @usableFromInline let waker: Waker
  @usableFromInline let headers: UnsafeMutablePointer<Header>
  @usableFromInline let lengths: UnsafeMutablePointer<Int>
  @usableFromInline let bytes: UnsafeMutablePointer<UInt8>

  // Two cache lines between the indices: neither side's stores disturb the other's loads.
  @usableFromInline let tail = Atomic<Int>(0)
  @usableFromInline var headSeen = 0
  private let padding = InlineArray<16, UInt64>(repeating: 0)
  @usableFromInline let head = Atomic<Int>(0)
  @usableFromInline var tailSeen = 0

  /// A ring of `capacity` slots, a power of two, towards the loop of `waker`.
  package init(capacity: Int, waker: Waker) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0, "capacity is not a power of two")
    self.capacity = capacity
    self.waker = waker
    unsafe headers = .allocate(capacity: capacity)
    unsafe lengths = .allocate(capacity: capacity)
    unsafe bytes = .allocate(capacity: capacity * Limits.ringSlotBytes)
    unsafe lengths.initialize(repeating: 0, count: capacity)
    unsafe bytes.initialize(repeating: 0, count: capacity * Limits.ringSlotBytes)
  }

  deinit {
    unsafe headers.deallocate()
    unsafe lengths.deallocate()
    unsafe bytes.deallocate()
  }

  /// Appends a packet that `write` fills in place. Producer only.
  ///
  /// The consumer may stay asleep until `wakeConsumer`: call that once after a batch.
  ///
  /// - Parameter write: gets a slot of `Limits.ringSlotBytes`, whose contents are undefined, and returns the length,
  ///   0 to discard.
  /// - Returns: whether the packet was appended; false when the ring is full or the packet was discarded.
  @inlinable
  package func push(_ header: Header, _ write: (inout MutableSpan<UInt8>) -> Int) -> Bool {
    let position = tail.load(ordering: .relaxed)
    if position - headSeen >= capacity {
      headSeen = head.load(ordering: .acquiring)
      if position - headSeen >= capacity { return false }
    }
    let slot = position & (capacity - 1)
    var span = unsafe MutableSpan(
      _unsafeStart: bytes + slot * Limits.ringSlotBytes, count: Limits.ringSlotBytes)
    let length = min(write(&span), Limits.ringSlotBytes)
    guard length > 0 else { return false }
    unsafe (headers + slot).initialize(to: header)
    unsafe lengths[slot] = length
    tail.store(position + 1, ordering: .releasing)
    return true
  }

  /// Appends a copy of `packet`, 1...`Limits.ringSlotBytes` bytes; false when it does not fit. Producer only.
  @inlinable
  package func push(_ header: Header, copying packet: borrowing Span<UInt8>) -> Bool {
    guard packet.count <= Limits.ringSlotBytes else { return false }
    let count = packet.count
    return push(header) { slot in
      slot.copy(packet, at: 0)
      return count
    }
  }

  /// Makes the consumer look at the ring; a kernel call only when its loop sleeps. Producer only.
  package func wakeConsumer() { waker.wake() }

  /// Whether nothing waits. Consumer only.
  package var isEmpty: Bool {
    tail.load(ordering: .acquiring) == head.load(ordering: .relaxed)
  }

  /// Lends the oldest packet for use in place, then takes it out. Consumer only.
  ///
  /// - Returns: whether there was one.
  @inlinable
  package func consume(_ body: (Header, inout MutableSpan<UInt8>) -> Void) -> Bool {
    let position = head.load(ordering: .relaxed)
    if position == tailSeen {
      tailSeen = tail.load(ordering: .acquiring)
      if position == tailSeen { return false }
    }
    let slot = position & (capacity - 1)
    var packet = unsafe MutableSpan(
      _unsafeStart: bytes + slot * Limits.ringSlotBytes, count: lengths[slot])
    unsafe body(headers[slot], &packet)
    head.store(position + 1, ordering: .releasing)
    return true
  }
}
