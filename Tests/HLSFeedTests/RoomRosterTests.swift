// Which rooms are relayed, in virtual time.

import HLSFeed
import Testing
import Wire

@Suite("Which rooms are relayed")
struct RoomRosterTests {
  private static func at(_ seconds: Int64) -> Instant { .zero + .seconds(seconds) }
  private static func live(_ names: String...) -> [ListedRoom] {
    names.map { ListedRoom(name: $0, isLive: true) }
  }

  @Test("a room begins once when it is listed as live, not when its host is away")
  func begins() {
    var roster = RoomRoster(roomsMax: 4)
    let away = roster.take([ListedRoom(name: "a", isLive: false)], asked: Self.at(1))
    #expect(away.isEmpty)
    let first = roster.take(Self.live("a", "b"), asked: Self.at(2))
    #expect(first == [.begin("a"), .begin("b")])
    let second = roster.take(Self.live("b", "a"), asked: Self.at(3))
    #expect(second.isEmpty)
  }

  @Test("rooms of other servers begin where these can be reached, unless only one's own are wanted")
  func reach() {
    let list = [
      ListedRoom(name: "here", isLive: true),
      ListedRoom(name: "there", isLive: true, server: "http://10.0.0.2:8080"),
      ListedRoom(name: "tls", isLive: true, server: "https://live-2.example"),
      ListedRoom(name: "nowhere", isLive: true, server: ""),
    ]
    var all = RoomRoster(roomsMax: 9)
    #expect(
      all.take(list, asked: Self.at(1)) == [.begin("here"), .begin("there"), .begin("tls")])
    var own = RoomRoster(roomsMax: 9, reach: .own)
    #expect(own.take(list, asked: Self.at(1)) == [.begin("here")])
    // It moves to another server: its own sidecar has it from now on.
    let moved = [ListedRoom(name: "here", isLive: true, server: "http://10.0.0.2:8080")]
    #expect(own.take(moved, asked: Self.at(40)) == [.end("here")])
    #expect(Set(all.take(moved, asked: Self.at(40))) == [.end("there"), .end("tls")])
  }

  @Test(
    "a room that is away goes on; one that is listed no more ends after a while, and is forgotten")
  func ends() {
    var roster = RoomRoster(roomsMax: 4)
    _ = roster.take(Self.live("a", "b"), asked: Self.at(0))
    for second in Int64(1)...30 {
      let effects = roster.take([ListedRoom(name: "b", isLive: false)], asked: Self.at(second))
      #expect(effects.isEmpty)
    }
    let ended = roster.take([ListedRoom(name: "b", isLive: false)], asked: Self.at(31))
    #expect(ended == [.end("a")])
    let kept = roster.advance(idle: [], at: Self.at(150))
    #expect(kept.isEmpty)
    let forgotten = roster.advance(idle: [], at: Self.at(152))
    #expect(forgotten == [.forget("a")] && roster.count == 1)
  }

  @Test("a list asked for before a room's end does not begin it again; a later one does")
  func lateList() {
    var roster = RoomRoster(roomsMax: 4)
    _ = roster.take(Self.live("a"), asked: Self.at(0))
    let ended = roster.end("a", at: Self.at(10))
    #expect(ended == [.end("a")])
    let again = roster.end("a", at: Self.at(10))
    #expect(again.isEmpty)
    let late = roster.take(Self.live("a"), asked: Self.at(9))
    #expect(late.isEmpty)
    let next = roster.take(Self.live("a"), asked: Self.at(11))
    #expect(next == [.begin("a")])
  }

  @Test("a room without media for five minutes ends, and begins again when it is live")
  func idle() {
    var roster = RoomRoster(roomsMax: 4)
    _ = roster.take(Self.live("a"), asked: Self.at(0))
    for second in stride(from: Int64(1), through: 400, by: 1) {
      _ = roster.take([ListedRoom(name: "a", isLive: false)], asked: Self.at(second))
      // A picture after two minutes: the five begin anew.
      let effects = roster.advance(idle: second == 120 ? [] : ["a"], at: Self.at(second))
      #expect(effects.isEmpty)
    }
    _ = roster.take([ListedRoom(name: "a", isLive: false)], asked: Self.at(422))
    let ended = roster.advance(idle: ["a"], at: Self.at(422))
    #expect(ended == [.end("a")])
    let away = roster.take([ListedRoom(name: "a", isLive: false)], asked: Self.at(423))
    #expect(away.isEmpty)
    let live = roster.take(Self.live("a"), asked: Self.at(424))
    #expect(live == [.begin("a")])
  }

  @Test("of too many rooms a new one takes the place of the longest over, never of a living one")
  func bounded() {
    var roster = RoomRoster(roomsMax: 2)
    _ = roster.take(Self.live("a", "b"), asked: Self.at(0))
    let refused = roster.take(Self.live("a", "b", "c"), asked: Self.at(1))
    #expect(refused.isEmpty && roster.refusedCount == 1)
    _ = roster.end("b", at: Self.at(2))
    _ = roster.end("a", at: Self.at(3))
    let begun = roster.take(Self.live("c"), asked: Self.at(3))
    #expect(begun == [.forget("b"), .begin("c")] && roster.count == 2)
  }
}
