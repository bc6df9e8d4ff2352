// What the examples of PROTOCOL.md mean, in the document's order.

import JSON
import MediaControl
import RTP

@testable import Messages

enum DocumentExamples {
  static let requests: [ClientMessage] = [
    ClientMessage(
      id: "1",
      request: .join(JoinRequest(room: "demo", token: "eyJhbGciOi…", resume: nil))),
    ClientMessage(id: "8", request: .token("eyJhbGciOi…")),
    ClientMessage(id: "9", request: .leave),
    ClientMessage(id: "12", request: .ping(time: 91234.5)),
    ClientMessage(
      id: "2",
      request: .publish(PublishRequest(stream: "main", sdp: "v=0\r\no=- 46117…", connection: nil))),
    ClientMessage(id: "3", request: .unpublish(connection: "c1")),
    ClientMessage(
      id: "4",
      request: .subscribe(
        SubscribeRequest(
          sdp: "v=0\r\n…",
          map: [
            "0": .publication(identity: "alice", stream: "main"),
            "1": .publication(identity: "alice", stream: "main"), "2": .nothing,
          ],
          layers: ["0": .automatic], connection: nil))),
    ClientMessage(
      id: "5",
      request: .assign(
        AssignRequest(
          connection: "c2", mid: "2", track: .publication(identity: "bob", stream: "main")))),
    ClientMessage(
      id: "6", request: .layer(LayerRequest(connection: "c2", mid: "0", layer: .pinned(.h)))),
    ClientMessage(
      id: "7",
      request: .trickle(
        CandidatesRequest(
          connection: "c1",
          candidates: "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uY…\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
            + "a=mid:0\r\na=candidate:1 1 udp 2122260223 192.0.2.7 51500 typ host\r\n"
            + "a=end-of-candidates\r\n"))),
    ClientMessage(
      id: "13", request: .watching(WatchingRequest(via: .hls, delayMs: 1900, wish: nil))),
    ClientMessage(
      id: "14", request: .watching(WatchingRequest(via: .hls, delayMs: nil, wish: .network))),
  ]

  static let alice = MemberEntry(identity: "alice", name: "Alice", role: "host")
  static let bob = MemberEntry(identity: "bob", name: "Bob", role: "cohost")

  static func layer(
    _ rank: LayerRank, _ width: Int, _ height: Int, _ bitrate: Int64, fps: Double = 30
  ) -> LayerEntry {
    LayerEntry(
      rank: rank, width: width, height: height, bitsPerSecond: bitrate, framesPerSecond: fps,
      isActive: true)
  }

  static let joined = JoinedReply(
    session: "s_9fQ2mC7x", isResumed: false,
    member: MemberEntry(identity: "anon-5f2c", name: "Guest", role: "viewer"),
    permissions: PermissionsEntry(publish: false, subscribe: true),
    expiresAtMs: 1_793_269_158_000,
    serverTimeMs: 1_793_247_543_120.4, pingIntervalMs: 15000, cursor: 41,
    room: RoomEntry(name: "demo", phase: "live", isHostPresent: true, viewers: 212),
    tracks: [
      TrackEntry(
        member: alice, stream: "main", kind: .video,
        status: TrackStatusEntry(
          id: "t7", isActive: true, codec: .vp8,
          layers: [
            layer(.q, 320, 180, 148_000), layer(.h, 640, 360, 498_000),
            layer(.f, 1280, 720, 1_702_000),
          ])),
      TrackEntry(
        member: alice, stream: "main", kind: .audio,
        status: TrackStatusEntry(id: "t8", isActive: true, codec: .opus, layers: [])),
    ],
    connections: [], iceServers: [])

  static let health = HealthEvent(
    connection: "c1", stream: "main",
    layers: [
      HealthLayer(
        track: "t7", kind: .video, layer: layer(.q, 320, 180, 149_000), fractionLost: 0, limit: nil),
      HealthLayer(
        track: "t7", kind: .video, layer: layer(.f, 1280, 720, 700_000), fractionLost: 0.08,
        limit: .loss(percent: 8)),
      HealthLayer(
        track: "t8", kind: .audio, layer: layer(.f, 0, 0, 48_000, fps: 0), fractionLost: 0,
        limit: nil),
    ])

  static let serverMessages: [[UInt8]] = [
    ServerReply.joined(joined).encode(ref: "1"),
    ServerReply.ok(map: nil).encode(ref: "8"),
    ServerReply.ok(map: nil).encode(ref: "9"),
    ServerReply.pong(time: 91234.5, serverTimeMs: 1_793_247_558_002.9).encode(ref: "12"),
    ServerReply.answer(
      AnswerReply(connection: "c1", generation: 1, sdp: "v=0\r\no=- 1…")
    ).encode(ref: "2"),
    ServerEvent.health(health).encode(),
    ServerReply.answer(
      AnswerReply(
        connection: "c2", generation: 1, sdp: "v=0\r\n…", map: ["0": "t7", "1": "t8", "2": nil])
    ).encode(ref: "4"),
    ServerReply.ok(map: ["2": "t11"]).encode(ref: "5"),
    ServerEvent.assigned(connection: "c2", mid: "2", publication: "bob/main", track: "t11")
      .encode(),
    ServerReply.ok(map: nil).encode(ref: "6"),
    ServerEvent.layer(
      LayerEvent(
        connection: "c2", mid: "0", track: "t7", layer: .h, width: 640, height: 360, reason: .asked)
    ).encode(),
    ServerEvent.layer(
      LayerEvent(connection: "c2", mid: "0", track: "t7", layer: nil, reason: .codec)
    ).encode(),
    ServerEvent.mediaTime(
      MediaTimeEvent(
        connection: "c2", mid: "0", rtp: 2_874_412_800, clockRate: 90_000,
        wallclockMs: 1_793_247_558_123.25)
    ).encode(),
    ServerEvent.connectionEnded(connection: "c2", .consentExpired).encode(),
    ServerEvent.delivery(
      Delivery(
        via: .hls, url: "https://live.example/hls/demo/index.m3u8", reason: .full)
    ).encode(),
    ServerEvent.delivery(
      Delivery(
        via: .hls, url: "https://live.example/hls/demo/index.m3u8", reason: .full,
        licences: [
          Delivery.Licence(
            keySystem: "com.widevine.alpha", url: "https://shop.example/licences/widevine")
        ])
    ).encode(),
    ServerEvent.delivery(Delivery(via: .webRTC, url: nil, reason: .free)).encode(),
    ServerReply.ok(map: nil).encode(ref: "14"),
    ServerEvent.tiers(TiersEvent(webRTC: 180, hls: 32, hlsDelayMs: 1900)).encode(),
    ServerEvent.tracks(cursor: 42, []).encode(),
    ServerEvent.trackAdded(
      cursor: 43,
      TrackEntry(
        member: bob, stream: "main", kind: .video,
        status: TrackStatusEntry(id: "t11", isActive: true, codec: .vp8, layers: []))
    ).encode(),
    ServerEvent.trackRemoved(cursor: 44, track: "t11", publication: "bob/main", .video).encode(),
    ServerEvent.trackStatus([
      TrackStatusEntry(
        id: "t7", isActive: true, codec: .vp8, layers: [layer(.q, 320, 180, 151_000)])
    ]).encode(),
    ServerEvent.roomState(
      cursor: 45, RoomEntry(name: "demo", phase: "away", isHostPresent: false, viewers: 212)
    ).encode(),
    ServerEvent.permissions(PermissionsEntry(publish: true, subscribe: true)).encode(),
    ServerEvent.bye(.draining, retryAfterMs: 1500).encode(),
    ServerReply.error(
      MessageRefusal(
        .noCommonCodec,
        "video: the offer has only H265, this server knows VP8, H264, VP9, AV1")
    ).encode(ref: "4"),
  ]
}
