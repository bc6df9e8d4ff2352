// Frames into messages, RFC 6455 sections 5 and 8.1: masking, fragmentation, limits and UTF-8.

import Wire

/// Reads what one peer sends. Holds at most one message; a fault is final.
///
/// No extension is negotiated, so reserved bits are refused; permessage-deflate would be a stage
/// between a data frame's payload and `message`.
package struct WebSocketFrameReader: Sendable {
  private struct Frame {
    let header: WebSocketFrameHeader
    var received = 0
  }

  private let sender: WebSocketRole
  private let limits: WebSocketLimits
  private var headerBytes: [UInt8] = []
  private var frame: Frame?
  /// The payload of the unfinished data message, and of a control frame between its fragments.
  private var message: [UInt8] = []
  private var control: [UInt8] = []
  private var messageOpcode: WebSocketOpcode?
  private var fragmentCount = 0
  private var validator = UTF8Validator()
  private var fault: WebSocketFault?

  /// A reader of what `sender` sends.
  package init(from sender: WebSocketRole, limits: WebSocketLimits = WebSocketLimits()) {
    self.sender = sender
    self.limits = limits
  }

  /// Reads `bytes`, appending what they complete to `inputs`.
  ///
  /// - Throws: the first fault, and the same one ever after.
  package mutating func receive(
    _ bytes: borrowing Span<UInt8>, into inputs: inout [WebSocketInput]
  ) throws(WebSocketFault) {
    if let fault { throw fault }
    do {
      try read(bytes, into: &inputs)
    } catch {
      fault = error
      throw error
    }
  }

  private mutating func read(
    _ bytes: borrowing Span<UInt8>, into inputs: inout [WebSocketInput]
  ) throws(WebSocketFault) {
    var offset = 0
    while offset < bytes.count {
      guard frame != nil else {
        try readHeader(bytes[offset])
        offset += 1
        try finishFrame(into: &inputs)
        continue
      }
      offset = try readPayload(bytes, from: offset)
      try finishFrame(into: &inputs)
    }
  }

  private mutating func readHeader(_ byte: UInt8) throws(WebSocketFault) {
    headerBytes.append(byte)
    guard headerBytes.count >= 2 else { return }
    let second = headerBytes[1]
    if headerBytes.count == 2 {
      _ = try WebSocketFrameHeader.check(first: headerBytes[0], second: second, from: sender)
    }
    guard headerBytes.count == WebSocketFrameHeader.byteCount(second: second) else { return }
    let header = try WebSocketFrameHeader(headerBytes, from: sender)
    headerBytes.removeAll(keepingCapacity: true)
    if !header.opcode.isControl { try begin(header) }
    frame = Frame(header: header)
  }

  /// Judges a data frame against the message it belongs to, before any of its payload is held.
  private mutating func begin(_ header: WebSocketFrameHeader) throws(WebSocketFault) {
    if header.opcode == .continuation {
      guard messageOpcode != nil else { throw .unexpectedContinuation }
    } else {
      guard messageOpcode == nil else { throw .unfinishedMessage }
      messageOpcode = header.opcode
    }
    fragmentCount += 1
    guard fragmentCount <= limits.fragmentsMax else { throw .tooManyFragments }
    guard header.payloadByteCount <= limits.messageBytesMax - message.count else {
      throw .messageTooBig
    }
  }

  /// Takes what `bytes` hold of the current frame's payload; returns where it stopped.
  private mutating func readPayload(
    _ bytes: borrowing Span<UInt8>, from start: Int
  ) throws(WebSocketFault) -> Int {
    guard var current = frame else { return start }
    let header = current.header
    let count = min(bytes.count - start, header.payloadByteCount - current.received)
    for index in start..<(start + count) {
      let shift = UInt32(24 - 8 * (current.received & 3))
      let byte = bytes[index] ^ UInt8(truncatingIfNeeded: header.maskingKey >> shift)
      current.received += 1
      if header.opcode.isControl {
        control.append(byte)
      } else {
        // At once, not at the end: the peer learns of it before it has sent the rest.
        if messageOpcode == .text, !validator.receive(byte) { throw .invalidUTF8 }
        message.append(byte)
      }
    }
    frame = current
    return start + count
  }

  private mutating func finishFrame(into inputs: inout [WebSocketInput]) throws(WebSocketFault) {
    guard let current = frame, current.received == current.header.payloadByteCount else { return }
    frame = nil
    switch current.header.opcode {
    case .ping: inputs.append(.ping(takeControl()))
    case .pong: inputs.append(.pong(takeControl()))
    case .close: inputs.append(try WebSocketFrameReader.close(takeControl()))
    case .text, .binary, .continuation:
      if current.header.isFinal { inputs.append(.message(try takeMessage())) }
    }
  }

  private mutating func takeControl() -> [UInt8] {
    defer { control = [] }
    return control
  }

  private mutating func takeMessage() throws(WebSocketFault) -> WebSocketMessage {
    guard validator.isComplete else { throw .invalidUTF8 }
    defer {
      message = []
      messageOpcode = nil
      fragmentCount = 0
    }
    return messageOpcode == .text ? .text(message) : .binary(message)
  }

  /// Reads a close frame's payload: nothing, or a code and a UTF-8 reason (RFC 6455 section 5.5.1).
  private static func close(_ payload: [UInt8]) throws(WebSocketFault) -> WebSocketInput {
    guard let high = payload.first else { return .close(.noStatus, reason: "") }
    guard payload.count >= 2 else { throw .malformedClose }
    let code = WebSocketCloseCode(rawValue: UInt16(high) << 8 | UInt16(payload[1]))
    guard code.isValidOnTheWire else { throw .malformedClose }
    guard let reason = String(validating: payload[2...], as: UTF8.self) else { throw .invalidUTF8 }
    return .close(code, reason: reason)
  }
}
