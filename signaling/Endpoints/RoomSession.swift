// One member's place in a room as held by one page; it outlives its socket (PROTOCOL.md, "session").

import MediaControl
import Messages
import RTP
import Room
import Wire

/// A WebRTC transport of a session.
struct RoomConnection: Sendable {
  /// What the transport is for.
  enum Purpose: Hashable, Sendable {
    case publish(stream: String)
    case subscribe
  }

  /// `c1`, `c2`, …; unique in the session.
  let name: String
  let peer: PeerID
  let purpose: Purpose
  var generation = 1
  /// Sections whose next `layer` event is the answer to a request.
  var asked: Set<Int> = []
  /// By section: the layer last told.
  var layers: [Int: LayerRank] = [:]
  /// By section: the codec last told that it did not negotiate.
  var foreignCodecs: [Int: Codec] = [:]

  init(name: String, peer: PeerID, purpose: Purpose) {
    self.name = name
    self.peer = peer
    self.purpose = purpose
  }

  var isPublish: Bool { purpose != .subscribe }
}

/// A member's session. Its connections are at most ten: looked up by scanning.
struct RoomSession: Sendable {
  /// A secret of the page that holds it.
  let name: String
  let room: String
  private(set) var member: Member
  /// When its token ends.
  private(set) var expires: WallTime
  /// What stands for the page's browser, if it said so.
  var device: DeviceHint?
  /// The socket it is attached to; nil while the page is away.
  var socket: UInt64?
  private(set) var connections: [RoomConnection] = []
  private var offers: Budget
  private var lastConnection = 0

  init(name: String, room: String, member: Member, until expires: WallTime, at now: Instant) {
    self.name = name
    self.room = room
    self.member = member
    self.expires = expires
    offers = Budget(
      perSecond: RoomSocketLimits.offersPerSecond, burst: RoomSocketLimits.offersBurst, at: now)
  }

  // MARK: Connections

  /// Makes a name for a new transport.
  mutating func add(_ peer: PeerID, _ purpose: RoomConnection.Purpose) -> RoomConnection {
    lastConnection += 1
    let connection = RoomConnection(name: "c\(lastConnection)", peer: peer, purpose: purpose)
    connections.append(connection)
    return connection
  }

  /// Forgets a transport.
  ///
  /// - Returns: what it was, nil when it is not of this session.
  mutating func remove(_ peer: PeerID) -> RoomConnection? {
    guard let index = connections.firstIndex(where: { $0.peer == peer }) else { return nil }
    return connections.remove(at: index)
  }

  /// Changes what is remembered of a transport.
  mutating func update<Result>(
    _ peer: PeerID, _ body: (inout RoomConnection) -> Result
  ) -> Result? {
    guard let index = connections.firstIndex(where: { $0.peer == peer }) else { return nil }
    return body(&connections[index])
  }

  /// The transport a client names.
  func connection(_ name: String) throws(MessageRefusal) -> RoomConnection {
    guard let connection = connections.first(where: { $0.name == name }) else {
      throw MessageRefusal(.unknownConnection, "connection: not, or no longer, of this session")
    }
    return connection
  }

  /// The transport a client names, to be watched over.
  func subscribeConnection(_ name: String) throws(MessageRefusal) -> RoomConnection {
    let connection = try connection(name)
    guard connection.purpose == .subscribe else {
      throw MessageRefusal(.unknownConnection, "connection: publishes, it has nothing to watch")
    }
    return connection
  }

  /// A token that ends then is good for the session too; what the newest says of its bearer counts.
  mutating func renew(until expires: WallTime, isSubscriber: Bool) {
    self.expires = max(self.expires, expires)
    member.isSubscriber = isSubscriber
  }

  // MARK: Limits

  /// Takes an offer from the session's allowance.
  mutating func takeOffer(at now: Instant) throws(MessageRefusal) {
    guard offers.take(at: now) else {
      throw MessageRefusal(
        .rate, "at most \(RoomSocketLimits.offersPerSecond) offers a second",
        retryAfterMs: Int64(1000 / RoomSocketLimits.offersPerSecond))
    }
  }

  /// Whether one more connection of this purpose may be made.
  func checkRoom(for purpose: RoomConnection.Purpose) throws(MessageRefusal) {
    switch purpose {
    case .publish(let stream):
      // One of the same stream does not count: it is about to be replaced.
      let others = connections.count { $0.isPublish && $0.purpose != .publish(stream: stream) }
      guard others < RoomSocketLimits.publishConnectionsMax else {
        throw MessageRefusal(
          .limit, "at most \(RoomSocketLimits.publishConnectionsMax) publish connections")
      }
    case .subscribe:
      guard connections.count(where: { !$0.isPublish }) < RoomSocketLimits.subscribeConnectionsMax
      else {
        throw MessageRefusal(
          .limit, "at most \(RoomSocketLimits.subscribeConnectionsMax) subscribe connections")
      }
    }
  }
}
