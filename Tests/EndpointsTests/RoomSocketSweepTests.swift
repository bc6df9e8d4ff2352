import Access
import Crypto
import JSON
import MediaControl
import Room
import Testing
import Wire

@testable import Endpoints

@Suite("Room sockets under anything that may happen")
struct RoomSocketSweepTests {
  private static let identities: [(String, Role)] = [
    ("alice", .host), ("bob", .cohost), ("vera", .viewer), ("victor", .viewer),
  ]

  @Test(
    "sessions, transports and rooms agree after any sequence of requests, losses and ends",
    arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func sequences(seed: UInt64) throws {
    var random = RandomSource.seeded(seed)
    var stage = try RoomSocketStage()
    var openSockets: [UInt64] = []
    var lastSocket: UInt64 = 0
    var lastSession = ""
    for _ in 0..<600 {
      switch Int.random(in: 0..<12, using: &random) {
      case 0, 1:
        lastSocket += 1
        let (identity, role) = RoomSocketSweepTests.identities[Int(lastSocket) % 4]
        try stage.open(lastSocket)
        stage.send(
          lastSocket,
          [
            "type": "join", "version": 1, "room": "demo", "resume": .string(lastSession),
            "token": .string(try stage.token(identity, role)),
          ])
        let joined = stage.inbox(lastSocket).first { $0.type == "joined" }
        lastSession = joined?.text("session") ?? lastSession
        openSockets.append(lastSocket)
      case 2:
        guard let socket = openSockets.randomElement(using: &random) else { continue }
        stage.close(socket)
        openSockets.removeAll { $0 == socket }
      case 3: stage.wait(.milliseconds(Int64.random(in: 100...9000, using: &random)))
      case 4:
        let peers = stage.core.transports.keys.sorted { $0.rawValue < $1.rawValue }
        guard let peer = peers.randomElement(using: &random) else { continue }
        stage.report(.ended(peer, .consentExpired))
      default:
        guard let socket = openSockets.randomElement(using: &random) else { continue }
        let request = request(&stage, &random)
        stage.send(socket, request)
      }
      check(stage)
    }
    // Everyone goes: nothing is left behind.
    for socket in openSockets { stage.close(socket) }
    stage.wait(.seconds(100))
    #expect(stage.sockets.sessions.isEmpty && stage.sockets.audiences.isEmpty)
    #expect(stage.sockets.owners.isEmpty && stage.core.transports.isEmpty)
    #expect(stage.core.rooms.isEmpty)
  }

  private func request(_ stage: inout RoomSocketStage, _ random: inout RandomSource) -> JSONValue {
    let names: [JSONValue] = ["c1", "c2", "c3", nil]
    let connection = names.randomElement(using: &random) ?? nil
    let targets: [JSONValue] = ["alice/main", "bob/main", "t1", "t2", "t3", nil]
    let target = targets.randomElement(using: &random) ?? nil
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1:
      return ["type": "publish", "connection": connection, "sdp": stage.publishOffer()]
    case 2, 3:
      return [
        "type": "subscribe", "connection": connection, "sdp": stage.viewOffer(),
        "map": ["0": target, "1": "alice/main"],
      ]
    case 4: return ["type": "assign", "connection": connection, "mid": "1", "track": target]
    case 5: return ["type": "layer", "connection": connection, "mid": "1", "layer": "h"]
    case 6: return ["type": "unpublish", "connection": connection]
    default: return ["type": "leave"]
    }
  }

  /// What must hold after every input.
  private func check(_ stage: RoomSocketStage) {
    let sockets = stage.sockets
    var owned: Set<PeerID> = []
    for (name, session) in sockets.sessions {
      #expect(sockets.audiences[session.room]?.sessions.contains(name) == true)
      if let socket = session.socket {
        #expect(sockets.audiences[session.room]?.sockets.contains(socket) == true)
      }
      for connection in session.connections {
        #expect(sockets.owners[connection.peer]?.session == name)
        #expect(stage.core.transports[connection.peer] != nil)
        owned.insert(connection.peer)
      }
    }
    #expect(Set(sockets.owners.keys) == owned)
    #expect(Set(stage.core.transports.keys) == owned)
    for audience in sockets.audiences.values {
      let attached = audience.sessions.compactMap { sockets.sessions[$0]?.socket }
      #expect(Set(audience.sockets) == Set(attached))
      #expect(audience.sockets.count == attached.count)
    }
  }
}
