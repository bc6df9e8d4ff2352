// The bytes of frames to send, RFC 6455 section 5.2: always unfragmented.

/// Writes frames at the end of a byte array.
package enum WebSocketFrameWriter {
  /// Appends one frame.
  ///
  /// - Parameters:
  ///   - payload: at most 125 bytes in a control frame; more is our own bug and traps.
  ///   - maskingKey: random and fresh for each frame a client sends; nil for a server.
  package static func write(
    _ opcode: WebSocketOpcode, _ payload: borrowing Span<UInt8>, maskingKey: UInt32? = nil,
    into output: inout [UInt8]
  ) {
    // Callers cut close reasons to fit, and echo pings that fitted.
    precondition(!opcode.isControl || payload.count <= 125)
    output.append(0x80 | opcode.rawValue)
    writeLength(payload.count, masked: maskingKey != nil, into: &output)
    guard let maskingKey else {
      unsafe payload.withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
      return
    }
    let key = (0..<4).map { UInt8(truncatingIfNeeded: maskingKey >> UInt32(24 - 8 * $0)) }
    output += key
    for index in 0..<payload.count { output.append(payload[index] ^ key[index & 3]) }
  }

  private static func writeLength(_ count: Int, masked: Bool, into output: inout [UInt8]) {
    let mask: UInt8 = masked ? 0x80 : 0
    let extended =
      switch count {
      case 0...125: 0
      case 126...0xFFFF: 2
      default: 8
      }
    output.append(mask | (extended == 0 ? UInt8(count) : extended == 2 ? 126 : 127))
    for step in 0..<extended {
      output.append(UInt8(truncatingIfNeeded: count >> (8 * (extended - 1 - step))))
    }
  }
}

/// A server's data frame, encoded once and sent to any number of clients.
package struct WebSocketFrame: Hashable, Sendable {
  /// The frame as it goes on the wire; shared, not copied, between connections.
  package let bytes: [UInt8]

  /// A text frame; `text` must be UTF-8.
  package init(text: [UInt8]) { bytes = WebSocketFrame.encode(.text, text) }

  /// A text frame.
  package init(text: String) { self.init(text: Array(text.utf8)) }

  /// A binary frame.
  package init(binary: [UInt8]) { bytes = WebSocketFrame.encode(.binary, binary) }

  private static func encode(_ opcode: WebSocketOpcode, _ payload: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(payload.count + WebSocketFrameHeader.byteCountMax)
    WebSocketFrameWriter.write(opcode, payload.span, into: &output)
    return output
  }
}
