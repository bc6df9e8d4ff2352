// Frames: the examples of RFC 6455, and everything a hostile peer may send.

import HTTP
import Testing
import Wire

@Suite("WebSocket frames, RFC 6455 section 5")
struct WebSocketFrameTests {
  func read(
    _ bytes: [UInt8], from sender: WebSocketRole = .client, step: Int = .max,
    limits: WebSocketLimits = WebSocketLimits()
  ) throws(WebSocketFault) -> [WebSocketInput] {
    var reader = WebSocketFrameReader(from: sender, limits: limits)
    var inputs: [WebSocketInput] = []
    var offset = 0
    while offset < bytes.count {
      let end = step < bytes.count - offset ? offset + step : bytes.count
      try reader.receive(bytes.span.extracting(offset..<end), into: &inputs)
      offset = end
    }
    return inputs
  }

  /// A client's frame; `first` is the byte of FIN, RSV and opcode.
  func frame(_ first: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
    var bytes: [UInt8] = []
    WebSocketFrameWriter.write(.binary, payload.span, maskingKey: 0x37fa_213d, into: &bytes)
    bytes[0] = first
    return bytes
  }

  @Test("the examples of RFC 6455 section 5.7 are read")
  func examples() throws {
    let hello = WebSocketInput.message(.text("Hello".bytes))
    #expect(
      try read([0x81, 5, 0x48, 0x65, 0x6c, 0x6c, 0x6f], from: .server) == [hello])
    #expect(
      try read([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]) == [hello])
    let fragments: [UInt8] = [0x01, 3, 0x48, 0x65, 0x6c, 0x80, 2, 0x6c, 0x6f]
    #expect(try read(fragments, from: .server) == [hello])
    #expect(
      try read([0x89, 5, 0x48, 0x65, 0x6c, 0x6c, 0x6f], from: .server) == [.ping("Hello".bytes)])
    #expect(
      try read([0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58])
        == [.pong("Hello".bytes)])
    let payload = [UInt8](repeating: 7, count: 256)
    #expect(
      try read([0x82, 0x7e, 1, 0] + payload, from: .server) == [.message(.binary(payload))])
    let large = [UInt8](repeating: 7, count: 65536)
    #expect(
      try read([0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0] + large, from: .server)
        == [.message(.binary(large))])
  }

  @Test("what is written is read, at every length form and split")
  func roundTrip() throws {
    for count in [0, 1, 125, 126, 127, 300, 65535, 65536] {
      let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      for key in [nil, 0xDEAD_BEEF] as [UInt32?] {
        var bytes: [UInt8] = []
        WebSocketFrameWriter.write(.binary, payload.span, maskingKey: key, into: &bytes)
        for step in count < 1000 ? [1, 3, .max] : [1000, .max] {
          let sender = key == nil ? WebSocketRole.server : .client
          #expect(try read(bytes, from: sender, step: step) == [.message(.binary(payload))])
        }
      }
    }
  }

  @Test("control frames come between fragments")
  func interleaved() throws {
    let bytes = frame(0x01, "He".bytes) + frame(0x89, "p".bytes) + frame(0x80, "llo".bytes)
    #expect(try read(bytes) == [.ping("p".bytes), .message(.text("Hello".bytes))])
    #expect(try read(bytes, step: 1) == [.ping("p".bytes), .message(.text("Hello".bytes))])
  }

  /// Frame headers and the fault each is.
  static let faults: [(bytes: [UInt8], fault: WebSocketFault)] = [
    ([0xC1, 0x80], .reservedBits), ([0xA1, 0x80], .reservedBits), ([0x91, 0x80], .reservedBits),
    ([0x83, 0x80], .unknownOpcode), ([0x8B, 0x80], .unknownOpcode), ([0x8F, 0x80], .unknownOpcode),
    ([0x81, 0x05], .wrongMasking), ([0x89, 0x00], .wrongMasking),
    ([0x09, 0x80], .fragmentedControlFrame), ([0x08, 0x80], .fragmentedControlFrame),
    ([0x89, 0xFE], .controlFrameTooLong), ([0x88, 0xFF], .controlFrameTooLong),
    ([0x80, 0x80, 0, 0, 0, 0], .unexpectedContinuation),
    ([0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0], .unfinishedMessage),
    ([0x82, 0xFE, 0, 125, 0, 0, 0, 0], .malformedLength),
    ([0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0], .malformedLength),
    ([0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .malformedLength),
    (
      [0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], .malformedLength
    ),
    (
      [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], .messageTooBig
    ),
    ([0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0], .messageTooBig),
    ([0x88, 0x81, 0, 0, 0, 0, 3], .malformedClose),
    ([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xED], .malformedClose),
    ([0x88, 0x83, 0, 0, 0, 0, 0x03, 0xE8, 0xFF], .invalidUTF8),
    ([0x81, 0x81, 0, 0, 0, 0, 0xC0], .invalidUTF8), ([0x81, 0x81, 0, 0, 0, 0, 0xC3], .invalidUTF8),
    ([0x81, 0x83, 0, 0, 0, 0, 0xED, 0xA0, 0x80], .invalidUTF8),
    ([0x01, 0x84, 0, 0, 0, 0, 0xF4, 0x90, 0x80, 0x80], .invalidUTF8),
  ]

  @Test("each violation is refused by name, however it is split", arguments: faults)
  func violation(_ item: (bytes: [UInt8], fault: WebSocketFault)) {
    for step in [1, .max] {
      #expect(throws: item.fault) { try read(item.bytes, step: step) }
    }
  }

  @Test("a fault is final")
  func faultIsFinal() {
    var reader = WebSocketFrameReader(from: .client)
    var inputs: [WebSocketInput] = []
    #expect(throws: WebSocketFault.unknownOpcode) {
      try reader.receive([0x83, 0x80].span, into: &inputs)
    }
    #expect(throws: WebSocketFault.unknownOpcode) {
      try reader.receive(frame(0x82, [1]).span, into: &inputs)
    }
    #expect(inputs.isEmpty)
  }

  @Test("130,000 unfinished fragments are refused at the limit")
  func fragments() {
    var reader = WebSocketFrameReader(from: .client)
    var inputs: [WebSocketInput] = []
    var accepted = 0
    do {
      try reader.receive(frame(0x02).span, into: &inputs)
      for _ in 0..<130_000 {
        accepted += 1
        try reader.receive(frame(0x00).span, into: &inputs)
      }
      Issue.record("never refused")
    } catch {
      #expect(error == .tooManyFragments)
    }
    #expect(accepted == WebSocketLimits().fragmentsMax)
  }

  @Test("a message is limited over all its fragments")
  func messageLimit() throws {
    var limits = WebSocketLimits()
    limits.messageBytesMax = 10
    let six = frame(0x02, [UInt8](repeating: 1, count: 6))
    let four = frame(0x80, [UInt8](repeating: 1, count: 4))
    let five = frame(0x80, [UInt8](repeating: 1, count: 5))
    #expect(try read(six + four, limits: limits).count == 1)
    #expect(try read(six + four + six + four, limits: limits).count == 2)
    #expect(throws: WebSocketFault.messageTooBig) { try read(six + five, limits: limits) }
  }

  @Test("a character may be split over fragments, and text is judged before it is complete")
  func incrementalUTF8() throws {
    let euro: [UInt8] = [0xE2, 0x82, 0xAC]
    let split = frame(0x01, [euro[0]]) + frame(0x00, [euro[1]]) + frame(0x80, [euro[2]])
    #expect(try read(split) == [.message(.text(euro))])
    // The second byte of a frame that announces 100 is enough.
    let early = frame(0x81, [0x61, 0xFF] + [UInt8](repeating: 0x61, count: 98)).prefix(8)
    #expect(throws: WebSocketFault.invalidUTF8) { try read(Array(early)) }
  }

  @Test("the validator agrees with the standard library on every two- and four-byte start")
  func validator() {
    func isValid(_ bytes: [UInt8]) -> Bool {
      var validator = UTF8Validator()
      return bytes.allSatisfy { validator.receive($0) } && validator.isComplete
    }
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        for bytes in [[first, second], [first, second, 0x80], [first, second, 0x80, 0xBF]] {
          #expect(isValid(bytes) == (String(validating: bytes, as: UTF8.self) != nil))
        }
      }
    }
  }

  @Test("close codes that may not be sent are refused")
  func closeCodes() throws {
    for code: UInt16 in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
      #expect(throws: WebSocketFault.malformedClose) {
        try read(frame(0x88, [UInt8(code >> 8), UInt8(code & 255)]))
      }
    }
    for code: UInt16 in [1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999] {
      let inputs = try read(frame(0x88, [UInt8(code >> 8), UInt8(code & 255)] + "bye".bytes))
      #expect(inputs == [.close(WebSocketCloseCode(rawValue: code), reason: "bye")])
    }
  }
}
