// Puts a packet on a TCP stream with its length in front (RFC 4571 section 2).

/// Writes frames; one per thread serves any number of streams.
package struct FrameWriter {
  private var storage = [UInt8](repeating: 0, count: 2 + Limits.frameBytesMax)

  package init() {}

  /// Writes one frame, whole or not at all, so that the stream stays in step.
  ///
  /// - Parameter packet: 1...`Limits.frameBytesMax` bytes; anything else is refused.
  package mutating func write(_ packet: borrowing Span<UInt8>, to stream: TCPStream)
    -> TCPStream.WriteOutcome
  {
    guard !packet.isEmpty, packet.count <= Limits.frameBytesMax else { return .refused }
    storage[0] = UInt8(packet.count >> 8)
    storage[1] = UInt8(packet.count & 0xFF)
    for index in 0..<packet.count { storage[2 + index] = packet[index] }
    return stream.write(storage.span.extracting(0..<(2 + packet.count)))
  }
}
