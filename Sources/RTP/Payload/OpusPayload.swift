// The Opus table-of-contents byte: RFC 6716 section 3, carried as RFC 7587 says.

package import Wire

/// What one Opus packet's first byte says.
package struct OpusPayload: Hashable, Sendable {
  /// Samples at 48 kHz, equal to RTP timestamp ticks: 120...5760.
  package let duration: Int
  /// Whether the sender is silent and sends only comfort noise updates: a guess from the length.
  package let isDTX: Bool

  /// The longest Opus packet: 120 ms at 48 kHz (RFC 6716 section 3.4, R5).
  package static let durationMax = 5760
  /// A payload this short holds no coded frame (RFC 6716 section 3.1: one or two bytes are DTX).
  package static let dtxBytesMax = 2

  /// Reads one packet's payload.
  ///
  /// - Throws: `.truncated` for an empty payload or a missing frame count, `.badValue` for no frames or
  ///   more than 120 ms.
  package init(parsing payload: borrowing Span<UInt8>) throws(WireError) {
    let contents = try payload.u8(at: 0)
    let frames: Int
    switch contents & 0x03 {
    case 0: frames = 1
    case 1, 2: frames = 2
    default: frames = try Int(payload.u8(at: 1) & 0x3F)
    }
    duration = frames * Self.frameDuration(configuration: contents >> 3)
    guard duration > 0, duration <= OpusPayload.durationMax else { throw .badValue }
    isDTX = payload.count <= OpusPayload.dtxBytesMax
  }

  /// Samples in one frame, RFC 6716 table 2.
  private static func frameDuration(configuration: UInt8) -> Int {
    let step = Int(configuration & 0x03)
    switch configuration {
    case 0..<12: return step == 3 ? 2880 : 480 << step  // SILK: 10, 20, 40, 60 ms.
    case 12..<16: return 480 << (step & 1)  // Hybrid: 10, 20 ms.
    default: return 120 << step  // CELT: 2.5, 5, 10, 20 ms.
    }
  }
}
