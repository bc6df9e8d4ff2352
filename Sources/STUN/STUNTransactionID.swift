// The number that ties a STUN response to its request (RFC 8489 section 5).

package import Crypto
import Wire

/// A 96-bit transaction ID as a value.
package struct STUNTransactionID: Hashable, Sendable {
  /// The first four bytes on the wire.
  package let high: UInt32
  /// The other eight.
  package let low: UInt64
  package init(high: UInt32, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// A fresh one. From the system's source it cannot be guessed, which RFC 8489 section 5 demands.
  package static func random(from source: inout RandomSource) -> STUNTransactionID {
    STUNTransactionID(high: UInt32(truncatingIfNeeded: source.next()), low: source.next())
  }
}
