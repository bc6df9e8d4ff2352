// Who publishes and who watches what: the room's media state.

import Access
import MediaControl
import RTP
import Room
import Testing
import Wire

private let host = Member(identity: "alice", name: "Alice", role: .host)
private let cohost = Member(identity: "bob", name: "Bob", role: .cohost)
private let main = PublicationKey(identity: "alice", stream: "main")
private let screen = PublicationKey(identity: "alice", stream: "screen")
private let bobs = PublicationKey(identity: "bob", stream: "main")

private func section(
  _ peer: UInt32, _ index: Int, _ kind: MediaKind, _ wish: SectionWish
) -> Subscription {
  Subscription(
    peer: PeerID(peer), section: index, mid: "\(index)", kind: kind, wish: wish,
    selection: .automatic)
}

extension [RoomChange] {
  /// What is attached where, in order.
  fileprivate var attached: [UInt32?] {
    compactMap { change in
      if case .attach(_, _, let track, _) = change { return .some(track?.rawValue) }
      return nil
    }
  }
}

@Suite("A room's media: publications and subscriptions")
struct RoomMediaTests {
  private func room(publishing keys: [(PublicationKey, Member)]) throws -> RoomMedia {
    var room = RoomMedia()
    for (index, (key, member)) in keys.enumerated() {
      let first = UInt32(index * 10)
      _ = try room.publish(
        key, by: member, peer: PeerID(100 + UInt32(index)),
        tracks: [(.audio, TrackID(first + 1)), (.video, TrackID(first + 2))])
    }
    return room
  }

  @Test("a plain WHEP offer is filled with the host's main, the host's screen, then co-hosts")
  func fillOrder() throws {
    var room = try room(publishing: [(bobs, cohost), (screen, host), (main, host)])
    let changes = try room.subscribe([
      section(1, 0, .audio, .fill(0)), section(1, 1, .video, .fill(0)),
      section(1, 2, .video, .fill(1)), section(1, 3, .video, .fill(2)),
      section(1, 4, .video, .fill(3)),
    ])
    #expect(changes.attached == [21, 22, 12, 2])
  }

  @Test("a viewer who waits for a publication gets it when it comes, without asking again")
  func waitsForPublication() throws {
    var room = RoomMedia()
    let early = try room.subscribe([section(1, 0, .video, .publication(main))])
    #expect(early.attached.isEmpty)
    let later = try room.publish(
      main, by: host, peer: PeerID(100), tracks: [(.video, TrackID(5))])
    #expect(later.attached == [5])
    #expect(later.contains { if case .assigned = $0 { true } else { false } })
  }

  @Test("a re-publish closes the old transport, keeps track ids and re-attaches every viewer")
  func rePublish() throws {
    var room = try room(publishing: [(main, host)])
    _ = try room.subscribe([section(1, 0, .video, .fill(0)), section(2, 0, .video, .fill(0))])
    let before = room.publications[main]?.tracks.map(\.id)
    let changes = try room.publish(
      main, by: host, peer: PeerID(200), tracks: [(.audio, TrackID(31)), (.video, TrackID(32))])
    #expect(changes.first == .close(PeerID(100), .replaced))
    #expect(changes.attached == [32, 32])
    #expect(room.publications[main]?.tracks.map(\.id) == before)
    #expect(!changes.contains { if case .trackAdded = $0 { true } else { false } })
  }

  @Test("a lost publisher keeps its place for 30 s, then it is gone")
  func awayAndBack() throws {
    var room = try room(publishing: [(main, host)])
    _ = try room.subscribe([section(1, 0, .video, .fill(0))])
    _ = room.activity(TrackID(2), isActive: true)
    #expect(room.phase == .live)
    let lost = room.peerEnded(PeerID(100), at: .zero)
    #expect(lost.attached == [nil])
    #expect(room.phase == .away)
    #expect(room.expire(at: Instant.zero + .milliseconds(29_999)).isEmpty)
    let gone = room.expire(at: Instant.zero + .seconds(30))
    #expect(gone.count { if case .trackRemoved = $0 { true } else { false } } == 2)
    #expect(room.publications.isEmpty)
  }

  @Test("the room is waiting, live, away, live, ended, as the host's main comes and goes")
  func phases() throws {
    var room = RoomMedia()
    #expect(room.phase == .waiting)
    _ = try room.publish(main, by: host, peer: PeerID(1), tracks: [(.video, TrackID(2))])
    #expect(room.phase == .waiting)
    #expect(room.activity(TrackID(2), isActive: true).contains(.phase(.live)))
    #expect(room.activity(TrackID(2), isActive: false).contains(.phase(.away)))
    #expect(room.activity(TrackID(2), isActive: true).contains(.phase(.live)))
    #expect(room.end().contains(.phase(.ended)))
    #expect(throws: RoomRefusal.ended) {
      try room.publish(main, by: host, peer: PeerID(3), tracks: [])
    }
  }

  @Test("a co-host alone does not make the room live")
  func cohostAlone() throws {
    var room = try room(publishing: [(bobs, cohost)])
    _ = room.activity(TrackID(2), isActive: true)
    #expect(room.phase == .waiting)
  }

  @Test("assigning an unknown track or one of another kind is refused and changes nothing")
  func refusedAssignments() throws {
    var room = try room(publishing: [(main, host)])
    _ = try room.subscribe([section(1, 0, .video, .publication(main))])
    let audio = try #require(room.publications[main]?.tracks.first { $0.kind == .audio }).id
    let before = room.subscriptions
    #expect(throws: RoomRefusal.unknownTrack) {
      try room.assign(peer: PeerID(1), mid: "0", to: .track("t99"))
    }
    #expect(throws: RoomRefusal.wrongKind) {
      try room.assign(peer: PeerID(1), mid: "0", to: .track(audio))
    }
    #expect(throws: RoomRefusal.unknownSection) {
      try room.assign(peer: PeerID(1), mid: "7", to: .nothing)
    }
    #expect(room.subscriptions == before)
    #expect(try room.assign(peer: PeerID(1), mid: "0", to: .nothing).attached == [nil])
  }

  @Test("dropping the video of a publication removes that track and detaches its viewers")
  func renegotiationRemovesTrack() throws {
    var room = try room(publishing: [(main, host)])
    _ = try room.subscribe([section(1, 0, .video, .publication(main))])
    let changes = room.update(peer: PeerID(100), tracks: [(.audio, TrackID(1))])
    #expect(changes.attached == [nil])
    #expect(room.publications[main]?.tracks.map(\.kind) == [.audio])
  }

  @Test("a room takes no more than its limit of publications")
  func publicationLimit() throws {
    var room = RoomMedia()
    for number in 0..<RoomMedia.publicationsMax {
      _ = try room.publish(
        PublicationKey(identity: "p\(number)", stream: "main"), by: cohost,
        peer: PeerID(UInt32(number)), tracks: [])
    }
    #expect(throws: RoomRefusal.tooManyPublications) {
      try room.publish(
        PublicationKey(identity: "one-more", stream: "main"), by: cohost, peer: PeerID(999),
        tracks: [])
    }
  }

  @Test("publication names are SUB/NAME, split at the last slash")
  func names() {
    #expect(PublicationKey("a/b/main") == PublicationKey(identity: "a/b", stream: "main"))
    for bad in ["", "main", "/main", "a/", "a/ma in", "a/" + String(repeating: "x", count: 65)] {
      #expect(PublicationKey(bad) == nil, "\(bad)")
    }
  }
}
