import Access
import JSON
import MediaControl
import RTP
import Room
import Testing
import Wire

@testable import Endpoints

@Suite("What members are told over the room socket")
struct RoomSocketNewsTests {
  private let alice = PublicationKey(identity: "alice", stream: "main")

  /// A host who publishes on socket 1, and a viewer who watches on socket 2.
  private func live() throws -> RoomSocketStage {
    var stage = try RoomSocketStage()
    _ = try stage.join(1, "alice", .host)
    _ = try stage.publish(1)
    _ = try stage.join(2, "vera", .viewer)
    let offer = stage.viewOffer()
    stage.send(
      2, ["type": "subscribe", "sdp": offer, "map": ["0": "alice/main", "1": "alice/main"]])
    stage.report(.trackActive(try stage.media(.video, of: alice), true))
    stage.wait(.seconds(2))
    _ = (stage.inbox(1), stage.inbox(2))
    return stage
  }

  private func layers(_ stage: inout RoomSocketStage) -> [JSONObject] {
    stage.inbox(2).filter { $0.type == "layer" }
  }

  @Test("the phase follows the host's picture: live, away when it stops")
  func phase() throws {
    var stage = try live()
    stage.report(.trackActive(try stage.media(.video, of: alice), false))
    let states = stage.inbox(2).filter { $0.type == "roomState" }
    #expect(states.map { $0.object("room").text("phase") } == ["away"])
  }

  @Test("measures are told once a second, a codec's change at once")
  func status() throws {
    var stage = try live()
    let media = try stage.media(.video, of: alice)
    stage.report(.trackStatus(media, [RoomSocketStage.status(fps: 30)]))
    let first = stage.inbox(2).filter { $0.type == "trackStatus" }
    #expect(first.count == 1)
    #expect(first.first?.objects("tracks").first?["codec"] == "VP8")
    stage.report(.trackStatus(media, [RoomSocketStage.status(fps: 29)]))
    stage.report(.trackStatus(media, [RoomSocketStage.status(fps: 28)]))
    #expect(stage.inbox(2).isEmpty)
    stage.wait(.seconds(1))
    let later = stage.inbox(2).filter { $0.type == "trackStatus" }
    #expect(later.count == 1)
    #expect(later.first?.objects("tracks").first?.objects("layers").first?["fps"] == 28)
    stage.wait(.seconds(3))
    #expect(stage.inbox(2).filter { $0.type == "trackStatus" }.isEmpty)
  }

  @Test("the publisher is told its health once a second, others are not")
  func health() throws {
    var stage = try live()
    let media = try stage.media(.video, of: alice)
    stage.report(.trackStatus(media, [RoomSocketStage.status(lost: 0.08)]))
    stage.wait(.seconds(3))
    let health = stage.inbox(1).filter { $0.type == "health" }
    #expect(health.count == 3)
    let layer = try #require(health.first?.objects("layers").first)
    #expect(layer["limitedByCode"] == "loss")
    #expect(layer["limitedBy"] == "8 % of the packets are lost on the way to the server")
    #expect(layer["track"] == "t2" && layer["name"] == "f")
    #expect(!stage.inbox(2).contains { $0.type == "health" })
  }

  @Test("a track that has stopped is silent in its publisher's health")
  func silent() throws {
    var stage = try live()
    let media = try stage.media(.video, of: alice)
    stage.report(.trackStatus(media, [RoomSocketStage.status()]))
    stage.report(.trackActive(media, false))
    _ = stage.inbox(1)
    stage.wait(.seconds(1))
    let health = stage.inbox(1).filter { $0.type == "health" }
    let layer = try #require(health.first?.objects("layers").first)
    #expect(layer["limitedByCode"] == "silent" && layer["bitrate"] == 0)
  }

  @Test("a layer's reason: asked by the viewer, left for the network, or stopped by the source")
  func layerReasons() throws {
    var stage = try live()
    let media = try stage.media(.video, of: alice)
    let peer = try stage.peer { $0.purpose == .watch }
    let both = [RoomSocketStage.status(.q), RoomSocketStage.status(.f)]
    stage.report(.trackStatus(media, both))
    stage.report(.layer(peer, section: 1, .f))
    let asked = try #require(layers(&stage).first)
    #expect(asked["reason"] == "asked" && asked["layer"] == "f" && asked["width"] == 1280)
    #expect(asked["mid"] == "1" && asked["track"] == "t2" && asked["connection"] == "c1")

    stage.report(.layer(peer, section: 1, .q))
    #expect(layers(&stage).first?["reason"] == "network")

    stage.send(2, ["type": "layer", "connection": "c1", "mid": "1", "layer": "f"])
    stage.report(.layer(peer, section: 1, .f))
    #expect(layers(&stage).first?["reason"] == "asked")

    var stopped = RoomSocketStage.status(.f)
    stopped.isActive = false
    stage.report(.trackStatus(media, [RoomSocketStage.status(.q), stopped]))
    stage.report(.layer(peer, section: 1, .q))
    #expect(layers(&stage).first?["reason"] == "source")
  }

  @Test("media time is told to the viewer of the section, with its clock")
  func mediaTime() throws {
    var stage = try live()
    let peer = try stage.peer { $0.purpose == .watch }
    let time = WallTime(nanoseconds: 1_793_247_558_123_250_000)
    stage.report(
      .mediaTime(peer, section: 1, timestamp: RTPTimestamp(2_874_412_800), mediaTime: time))
    stage.report(.mediaTime(peer, section: 0, timestamp: RTPTimestamp(5), mediaTime: time))
    let events = stage.inbox(2)
    #expect(events.map(\.type) == ["mediaTime", "mediaTime"])
    #expect(events.first?["rtp"] == 2_874_412_800 && events.first?["clockRate"] == 90_000)
    #expect(events.first?["wallclockMs"] == 1_793_247_558_123.25)
    #expect(events.last?["clockRate"] == 48_000 && events.last?["mid"] == "0")
  }

  @Test("the host's coming and going is told, and a reload does not flicker")
  func presence() throws {
    var stage = try RoomSocketStage()
    _ = try stage.join(2, "vera", .viewer)
    let host = try stage.join(1, "alice", .host)
    _ = try stage.publish(1)
    _ = stage.inbox(2)
    // The socket goes, the picture stays: the host is there.
    stage.close(1)
    #expect(stage.inbox(2).isEmpty)
    _ = try stage.join(3, "alice", .host, resume: host.text("session"))
    #expect(stage.inbox(2).isEmpty)
    stage.send(3, ["type": "leave"])
    let states = stage.inbox(2).filter { $0.type == "roomState" }
    #expect(states.last?.object("room")["hostPresent"] == false)
  }

  @Test("viewers are counted by who watches, at most once a second, without moving the cursor")
  func viewers() throws {
    var stage = try RoomSocketStage()
    let joined = try stage.join(1, "mod", .moderator)
    for socket in 2...4 {
      _ = try stage.join(UInt64(socket), "v\(socket)", .viewer)
      stage.send(UInt64(socket), ["type": "subscribe", "sdp": stage.viewOffer()])
    }
    stage.wait(.seconds(2))
    let states = stage.inbox(1).filter { $0.type == "roomState" }
    #expect(states.count == 1)
    #expect(states.first?.object("room")["viewers"] == 3)
    #expect(states.first?["cursor"] == joined["cursor"])
  }
}
