import Access
import HTTP
import JSON
import MediaControl
import Negotiation
import RTP
import Room
import SDP
import Testing
import Web
import Wire

@testable import Endpoints

@Suite("What /metrics tells")
struct MetricsTests {
  private func metrics(_ stage: inout RoomSocketStage) throws -> [String] {
    let answer = try #require(try stage.ask(.get, "/metrics"))
    return String(decoding: answer.body, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func report(
    _ stage: inout RoomSocketStage, _ request: UInt64, peers: Int, packets: UInt64
  ) {
    var statistics = WorkerStatistics()
    statistics.peers = peers
    statistics.packetsSent = packets
    stage.report(.statistics(request: request, statistics))
  }

  private func ask(_ stage: inout RoomSocketStage) -> [UInt64] {
    stage.core.askForStatistics()
    return stage.core.takeEffects().compactMap {
      if case .media(.reportStatistics(let request), _) = $0 { request } else { nil }
    }
  }

  @Test("a report counts from the moment it comes, and a late worker keeps its last one")
  func reports() throws {
    var stage = try RoomSocketStage(workers: 2)
    let first = ask(&stage)
    #expect(first.count == 2)
    report(&stage, first[0], peers: 3, packets: 10)
    report(&stage, first[1], peers: 4, packets: 20)
    #expect(try metrics(&stage).contains("hawker_peers 7"))
    let second = ask(&stage)
    report(&stage, second[0], peers: 1, packets: 11)
    var lines = try metrics(&stage)
    #expect(lines.contains("hawker_peers 5"))
    #expect(lines.contains("hawker_packets_total{direction=\"out\"} 31"))
    // The late report comes in the next round, together with that round's own.
    let third = ask(&stage)
    report(&stage, second[1], peers: 0, packets: 21)
    report(&stage, third[0], peers: 0, packets: 12)
    report(&stage, third[1], peers: 0, packets: 22)
    lines = try metrics(&stage)
    #expect(lines.contains("hawker_peers 0"))
    #expect(lines.contains("hawker_packets_total{direction=\"out\"} 34"))
  }

  @Test("the web server's counts are told: requests by status class, refusals by reason, sockets")
  func web() throws {
    var stage = try RoomSocketStage()
    var web = WebCounters()
    web.connections = 5
    web.webSockets = 2
    web.answers = [1, 20, 3, 4, 5]
    web.slowReaders = 6
    web.refusedWebSockets = 7
    stage.core.metrics.web = web
    let lines = try metrics(&stage)
    #expect(lines.contains("hawker_web_connections 5"))
    #expect(lines.contains("hawker_web_sockets 2"))
    #expect(lines.contains("hawker_web_requests_total{status=\"2xx\"} 20"))
    #expect(lines.contains("hawker_web_requests_total{status=\"5xx\"} 5"))
    #expect(lines.contains("hawker_web_refusals_total{reason=\"slow-reader\"} 6"))
    #expect(lines.contains("hawker_web_refusals_total{reason=\"refused-socket\"} 7"))
  }

  @Test("no figure is told twice, and each has its help and its type before it")
  func form() throws {
    var stage = try RoomSocketStage()
    let lines = try metrics(&stage)
    let samples = lines.filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ")[0] }
    #expect(Set(samples).count == samples.count)
    for sample in samples {
      var name = String(sample.split(separator: "{")[0])
      for end in ["_bucket", "_sum", "_count"] where name.hasSuffix("seconds" + end) {
        name = String(name.dropLast(end.count))
      }
      #expect(lines.contains { $0.hasPrefix("# TYPE \(name) ") }, "\(name)")
      #expect(lines.contains { $0.hasPrefix("# HELP \(name) ") }, "\(name)")
    }
  }

  @Test("a section whose track has a codec it did not negotiate is told and counted")
  func foreignCodec() throws {
    var stage = try RoomSocketStage()
    let alice = PublicationKey(identity: "alice", stream: "main")
    _ = try stage.join(1, "alice", .host)
    _ = try stage.publish(1)
    _ = try stage.join(2, "vera", .viewer)
    let media = try stage.media(.video, of: alice)
    let video = OfferSection(.video, .recvonly, codecs: [.vp8])
    stage.send(
      2,
      [
        "type": "subscribe", "id": "s", "sdp": stage.offer([video]), "map": ["0": "alice/main"],
      ])
    let whep = try stage.post(
      "/whep/demo", [video], token: try stage.token("victor", .viewer))
    #expect(whep.status == 201)
    _ = stage.inbox(2)
    #expect(try metrics(&stage).contains("hawker_sections_without_codec 0"))
    stage.report(.trackStatus(media, [RoomSocketStage.status(codec: .h264)]))
    let told = stage.inbox(2).filter { $0.type == "layer" }
    #expect(told.count == 1)
    #expect(told.first?["reason"] == "codec" && told.first?["layer"] == .null)
    #expect(try metrics(&stage).contains("hawker_sections_without_codec 2"))
    // The worker's own word that nothing comes is no news, nor is the next status.
    stage.report(.layer(try stage.peer { $0.member.identity == "vera" }, section: 0, nil))
    stage.report(.trackStatus(media, [RoomSocketStage.status(fps: 20, codec: .h264)]))
    #expect(stage.inbox(2).filter { $0.type == "layer" }.isEmpty)
    stage.report(.trackStatus(media, [RoomSocketStage.status(codec: .vp8)]))
    #expect(try metrics(&stage).contains("hawker_sections_without_codec 0"))
    // Back again: told again.
    stage.report(.trackStatus(media, [RoomSocketStage.status(codec: .h264)]))
    #expect(stage.inbox(2).filter { $0["reason"] == "codec" }.count == 1)
  }

  @Test("a viewer who comes to a track of a codec it does not know is told after the answer")
  func foreignFromTheStart() throws {
    var stage = try RoomSocketStage()
    _ = try stage.join(1, "alice", .host)
    _ = try stage.publish(1)
    let media = try stage.media(.video, of: PublicationKey(identity: "alice", stream: "main"))
    stage.report(.trackStatus(media, [RoomSocketStage.status(codec: .h264)]))
    _ = try stage.join(2, "vera", .viewer)
    let video = OfferSection(.video, .recvonly, codecs: [.vp8])
    stage.send(
      2,
      [
        "type": "subscribe", "id": "s", "sdp": stage.offer([video]), "map": ["0": "alice/main"],
      ])
    let messages = stage.inbox(2)
    #expect(messages.map(\.type) == ["answer", "layer"])
    #expect(messages.last?["reason"] == "codec")
  }
}
