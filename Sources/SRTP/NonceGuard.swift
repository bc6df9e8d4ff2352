// The watcher of the one invariant a stream cipher lives by: one packet index, one plaintext.

import Wire

/// Notes the plaintext of every packet index and reports an index used for two different packets.
///
/// Sending the identical bytes again is allowed: it reveals nothing. For tests and simulation; it
/// allocates.
package struct NonceGuard: Sendable {
  /// One packet index under one key (RFC 3711 section 4.1.1).
  package struct Index: Hashable, Sendable {
    package let ssrc: UInt32
    package let rolloverCounter: UInt32
    package let sequenceNumber: UInt16
  }

  private var digests: [Index: UInt64] = [:]
  /// The indexes under which two different packets went out, in order, at most `violationsMax`.
  package private(set) var violations: [Index] = []
  /// Whether `indexesMax` is reached and new indexes go unwatched.
  package var isFull: Bool { digests.count >= NonceGuard.indexesMax }

  package init() {}

  /// Notes an unprotected RTP packet.
  ///
  /// - Parameter packet: header and payload; anything shorter than 12 bytes is ignored.
  /// - Returns: false when a different packet was noted under the same index.
  @discardableResult
  package mutating func record(_ packet: Span<UInt8>, rolloverCounter: UInt32) -> Bool {
    var reader = ByteReader(packet)
    guard (try? reader.skip(2)) != nil, let sequence = try? reader.u16(),
      (try? reader.skip(4)) != nil, let ssrc = try? reader.u32()
    else { return true }
    let index = Index(ssrc: ssrc, rolloverCounter: rolloverCounter, sequenceNumber: sequence)
    let digest = NonceGuard.digest(packet)
    if let earlier = digests[index] {
      if earlier == digest { return true }
      if violations.count < NonceGuard.violationsMax { violations.append(index) }
      return false
    }
    if !isFull { digests[index] = digest }
    return true
  }

  /// FNV-1a, 64 bits: no attacker chooses these packets, so accidents are all it must tell apart.
  private static func digest(_ bytes: Span<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
    return hash
  }

  /// About 25 MB and an hour of one viewer's video: longer runs watch their first hour.
  package static let indexesMax = 1 << 20
  /// Enough to see a pattern.
  package static let violationsMax = 16
}
