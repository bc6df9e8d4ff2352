import JSON
import Testing

@testable import Messages

@Suite("Writing messages")
struct EncodingTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test("mids are in the order of the sections")
  func order() {
    let map = Dictionary(uniqueKeysWithValues: (0..<12).map { ("\($0)", Optional("t\($0)")) })
    let body = (0..<12).map { "\"\($0)\":\"t\($0)\"" }.joined(separator: ",")
    #expect(
      text(ServerReply.ok(map: map).encode(ref: nil)) == "{\"type\":\"ok\",\"map\":{\(body)}}")
  }

  @Test("a reply without id has no ref, and only a bare ok needs one")
  func ref() {
    #expect(text(ServerReply.ok(map: nil).encode(ref: nil)) == #"{"type":"ok"}"#)
    #expect(!ServerReply.ok(map: nil).needsNoID)
    #expect(ServerReply.pong(time: nil, serverTimeMs: 1).needsNoID)
    #expect(ServerReply.error(MessageRefusal(.rate, "x")).needsNoID)
  }

  @Test("a refused version lists those spoken, a refused rate says when to try again")
  func errors() {
    #expect(
      text(ServerReply.error(MessageRefusal(.unsupportedVersion, "x")).encode(ref: "1"))
        == #"{"type":"error","ref":"1","code":"unsupported-version","message":"x","versions":[1]}"#)
    #expect(
      text(ServerReply.error(MessageRefusal(.rate, "x", retryAfterMs: 50)).encode(ref: nil))
        == #"{"type":"error","code":"rate","message":"x","retryAfterMs":50}"#)
  }

  @Test("clocks are written to the microsecond, without an exponent")
  func clocks() {
    #expect(
      text(ServerReply.pong(time: 5, serverTimeMs: 1_793_247_558_002.0625).encode(ref: nil))
        == #"{"type":"pong","time":5,"serverTimeMs":1793247558002.063}"#)
  }

  @Test("the last words carry null where a client must not come back by itself")
  func bye() {
    #expect(
      text(ServerEvent.bye(.left, retryAfterMs: nil).encode())
        == #"{"type":"bye","reason":"left","retryAfterMs":null}"#)
  }
}
