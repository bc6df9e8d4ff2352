// Numbers that wrap: RTP sequence numbers and timestamps (RFC 3550 section 5.1, RFC 1982).

/// A 16-bit serial number: an RTP sequence number or a transport-wide one.
///
/// Comparison is by distance, so it is only meaningful within 2^15 of each other, and is not a
/// total order: deliberately not `Comparable`.
package struct SerialNumber16: Hashable, Sendable {
  /// The number as sent on the wire.
  package var rawValue: UInt16
  @inlinable package init(_ rawValue: UInt16) { self.rawValue = rawValue }

  /// The signed distance from `other` to this number, -32768...32767.
  @inlinable package func distance(from other: SerialNumber16) -> Int {
    Int(Int16(bitPattern: rawValue &- other.rawValue))
  }
  /// Whether this number comes after `other`.
  @inlinable package func isNewer(than other: SerialNumber16) -> Bool { distance(from: other) > 0 }
  /// This number moved by `offset`, wrapping.
  @inlinable package func advanced(by offset: Int) -> SerialNumber16 {
    SerialNumber16(rawValue &+ UInt16(truncatingIfNeeded: offset))
  }
}

/// An RTP timestamp, in ticks of its track's clock rate.
package struct RTPTimestamp: Hashable, Sendable {
  /// The number as sent on the wire.
  package var rawValue: UInt32
  @inlinable package init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// The signed distance in ticks from `other` to this timestamp.
  @inlinable package func distance(from other: RTPTimestamp) -> Int {
    Int(Int32(bitPattern: rawValue &- other.rawValue))
  }
  /// Whether this timestamp comes after `other`.
  @inlinable package func isNewer(than other: RTPTimestamp) -> Bool { distance(from: other) > 0 }
  /// This timestamp moved by `ticks`, wrapping.
  @inlinable package func advanced(by ticks: Int) -> RTPTimestamp {
    RTPTimestamp(rawValue &+ UInt32(truncatingIfNeeded: ticks))
  }
}

/// Extends 16-bit serial numbers to 64 bits, so that they never wrap and order totally.
///
/// RFC 3550 appendix A.1's cycle count. The first number starts in cycle 1, so that late packets
/// from before it still have a positive index.
package struct SerialNumberExtender: Sendable {
  private var highest: Int64?
  /// An extender that has seen nothing.
  package init() {}

  /// The highest extended number seen so far.
  package var highestSeen: Int64? { highest }

  /// The extended form of `number`, taken as the one nearest to the highest seen.
  package mutating func extend(_ number: SerialNumber16) -> Int64 {
    let extended = peek(number)
    if highest.map({ extended > $0 }) ?? true { highest = extended }
    return extended
  }

  /// The extended form of `number` without moving the highest seen.
  package func peek(_ number: SerialNumber16) -> Int64 {
    guard let highest else { return 0x1_0000 + Int64(number.rawValue) }
    let last = SerialNumber16(UInt16(truncatingIfNeeded: highest))
    return highest + Int64(number.distance(from: last))
  }
}
