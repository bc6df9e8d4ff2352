import MediaControl
import RTP
import Testing
import Wire

@testable import Messages

@Suite("What limits a publication")
struct HealthTests {
  private func status(
    fps: Double = 30, isActive: Bool = true, lost: Double = 0
  ) -> EncodingStatus {
    EncodingStatus(
      rid: "f", rank: .f, codec: .vp8, bitrate: .kilobits(1500), framesPerSecond: fps, width: 1280,
      height: 720, isActive: isActive, fractionLost: lost)
  }

  @Test("nothing limits an encoding that is whole")
  func whole() {
    #expect(HealthLimit(kind: .video, status()) == nil)
    #expect(HealthLimit(kind: .video, status(fps: 15, lost: 0.02)) == nil)
  }

  @Test("silence explains the rest")
  func silent() {
    #expect(HealthLimit(kind: .video, status(fps: 0, isActive: false, lost: 1)) == .silent)
  }

  @Test("loss over two per cent is said in whole per cent")
  func loss() {
    let limit = HealthLimit(kind: .video, status(fps: 5, lost: 0.084))
    #expect(limit?.code == "loss")
    #expect(limit?.text == "8 % of the packets are lost on the way to the server")
  }

  @Test("video under 15 frames a second is slow, audio never is")
  func slow() {
    #expect(HealthLimit(kind: .video, status(fps: 14.9))?.code == "slow")
    #expect(HealthLimit(kind: .audio, status(fps: 0)) == nil)
  }

  @Test("measures that are not numbers are written and never trap")
  func notNumbers() throws {
    let layer = HealthLayer(
      track: "t1", kind: .video, status(fps: .nan, lost: .infinity))
    let event = ServerEvent.health(HealthEvent(connection: "c1", stream: "main", layers: [layer]))
    #expect(layer.limit == .loss(percent: 100))
    _ = try parsed(event.encode())
    #expect(HealthLimit(kind: .video, status(fps: -.infinity))?.code == "slow")
  }
}

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
      text(ServerReply.pong(time: 5, serverTimeMs: 1_793_247_558_002.123456).encode(ref: nil))
        == #"{"type":"pong","time":5,"serverTimeMs":1793247558002.123}"#)
  }

  @Test("the last words carry null where a client must not come back by itself")
  func bye() {
    #expect(
      text(ServerEvent.bye(.left, retryAfterMs: nil).encode())
        == #"{"type":"bye","reason":"left","retryAfterMs":null}"#)
  }
}
