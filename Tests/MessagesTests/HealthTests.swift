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
