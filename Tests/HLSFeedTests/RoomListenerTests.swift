// What a service hears on the room socket, with the messages of PROTOCOL.md.

import Crypto
import HLS
import JSON
import Testing
import Wire

@testable import HLSFeed

@Suite("Listening to a room")
struct RoomListenerTests {
  private static let now = WallTime(nanoseconds: 1_793_247_560_000_000_000)

  /// A listener that has heard `texts`, and all it made of them.
  private static func hear(_ texts: String...) -> (RoomListener, [OnRoom]) {
    var listener = RoomListener(room: "demo")
    var heard: [OnRoom] = []
    for text in texts { heard += listener.receive(Array(text.utf8), at: now) }
    return (listener, heard)
  }

  private static func events(_ heard: [OnRoom]) -> [RoomEvent] {
    heard.compactMap { if case .event(let event) = $0 { event } else { nil } }
  }

  private static let pinned = """
    {"type":"listingPinned","cursor":106,"atMs":1793247552100,"mediaTimeMs":1793247551900.5,"slot":1,\
    "pin":{"id":106,"slot":1,"listing":101,"atMs":1793247552100,"mediaTimeMs":null}}
    """

  @Test("a pin is an event at the frame the host saw, with the room's own message")
  func pin() throws {
    let (_, heard) = Self.hear(Self.pinned)
    let event = try #require(Self.events(heard).first)
    #expect(event.id == "106" && event.className == "hawker.pin")
    #expect(event.time == WallTime(nanoseconds: 1_793_247_551_900_500_000))
    let line = try #require(event.dateRange).line
    #expect(line.hasPrefix("#EXT-X-DATERANGE:ID=\"106\",CLASS=\"hawker.pin\",START-DATE="))
    let text = try #require(line.split(separator: "X-HAWKER=\"").last?.dropLast())
    let bytes = try #require(Base64.decode(String(text), .url))
    #expect(bytes == Array(Self.pinned.utf8))
  }

  @Test("captions are heard as they stay: not what is partial, and nothing that can't be one")
  func captions() throws {
    func caption(_ more: String) -> String {
      #"{"type":"caption","caption":"u1","language":"de","text":"Hallo","# + more + "}"
    }
    let whole = #""mediaTimeMs":1793247552000,"durationMs":2400,"partial":false"#
    let (_, heard) = Self.hear(
      caption(whole), caption(whole.replacing("false", with: "true")),
      caption(whole.replacing("2400", with: "-1")), caption(#""mediaTimeMs":1793247552000"#),
      caption(whole.replacing("1793247552000", with: "9e99")),
      caption(whole).replacing(#""de""#, with: #""d\"e""#))
    let expected = Caption(
      language: try #require(LanguageTag("de")), text: "Hallo",
      start: WallTime(nanoseconds: 1_793_247_552_000_000_000), duration: .milliseconds(2400),
      name: "u1")
    #expect(heard == [.caption(expected)])
  }

  @Test("an event without media time is at the server's time; told again it is nothing")
  func repeated() {
    let poll = #"{"type":"pollClosed","cursor":90,"atMs":1793247554600,"poll":{"id":74}}"#
    let (_, heard) = Self.hear(Self.pinned, Self.pinned, poll)
    #expect(Self.events(heard).map(\.id) == ["106"])
    let (_, other) = Self.hear(poll, Self.pinned)
    #expect(Self.events(other).map(\.className) == ["hawker.poll", "hawker.pin"])
    #expect(
      Self.events(other).first?.time == WallTime(nanoseconds: 1_793_247_554_600_000_000))
  }

  @Test("what caches keep has nobody's name, and nothing that only staff is told")
  func people() throws {
    let lot = """
      {"type":"lotAwarded","cursor":143,"atMs":1793247800606,"lot":{"id":138,"sku":"MUG",\
      "leader":{"identity":"eve","name":"Eve"},"winner":{"identity":"eve","name":"Eve"},"bids":2}}
      """
    let event = try #require(Self.events(Self.hear(lot).1).first)
    let text = String(decoding: event.message, as: UTF8.self)
    #expect(!text.contains("eve") && !text.contains("Eve") && text.contains("\"bids\":2"))
    let put = """
      {"type":"listingPut","cursor":5,"atMs":1793247550600,"listing":{"id":5,"variants":[{"sku":"A",\
      "priceMinor":5,"available":2,"units":9,"held":3,"reserved":4,"pending":1}]}}
      """
    let listing = try #require(Self.events(Self.hear(put).1).first)
    #expect(
      String(decoding: listing.message, as: UTF8.self).hasSuffix(
        #"{"id":5,"variants":[{"sku":"A","priceMinor":5,"available":2}]}}"#))
    func poll(_ type: String) -> String {
      #"{"type":"\#(type)","cursor":8,"atMs":9,"poll":{"id":8,"counts":[1,2],"voters":3}}"#
    }
    let open = try #require(Self.events(Self.hear(poll("pollOpened")).1).first)
    #expect(!String(decoding: open.message, as: UTF8.self).contains("3"))
    let closed = try #require(Self.events(Self.hear(poll("pollClosed")).1).first)
    #expect(String(decoding: closed.message, as: UTF8.self).contains(#""counts":[1,2],"voters":3"#))
  }

  @Test("a long message is told by its number alone, and every event can be a date range")
  func long() throws {
    let title = String(repeating: "ä\\\"", count: 600)
    let put = """
      {"type":"listingPut","cursor":7,"atMs":1793247550600,"listing":{"id":101,"title":"\(title)"}}
      """
    let event = try #require(Self.events(Self.hear(put).1).first)
    #expect(event.message == Array(#"{"type":"listingPut","cursor":7}"#.utf8))
    #expect(event.dateRange != nil)
  }

  @Test(
    "sold out is told once, again only after there was some, and not for what was so at the join")
  func soldOut() {
    func stock(_ cursor: Int, _ left: Int, _ sku: String = "MUG") -> String {
      #"{"type":"stock","cursor":\#(cursor),"sku":"\#(sku)","available":\#(left),"sold":1}"#
    }
    let snapshot = """
      {"type":"snapshot","cursor":1,"part":0,"last":true,"phase":"live","listings":[{"id":3,\
      "variants":[{"sku":"OLD","available":0},{"sku":"MUG","available":2}]}],\
      "drops":[{"id":5,"remaining":0}]}
      """
    let (_, heard) = Self.hear(
      snapshot, stock(2, 0, "OLD"), stock(3, 1), stock(4, 0), stock(5, 0), stock(6, 1), stock(7, 0),
      #"{"type":"dropCounts","cursor":8,"drop":5,"remaining":0,"sold":1,"waiting":0}"#,
      #"{"type":"dropCounts","cursor":8,"drop":6,"remaining":0,"sold":1,"waiting":0}"#,
      stock(9, 1),
      """
      {"type":"variantSet","cursor":10,"atMs":1793247551800,"listing":3,\
      "variant":{"sku":"MUG","available":0}}
      """)
    let events = Self.events(heard).filter { $0.className == "hawker.sold-out" }
    #expect(events.map { $0.id.prefix(3) } == ["4-c", "7-c", "8-Z", "10-"])
    #expect(Set(events.map(\.id)).count == 4)
    #expect(events.prefix(3).allSatisfy { $0.time == Self.now })
    #expect(events.last?.time == WallTime(nanoseconds: 1_793_247_551_800_000_000))
  }

  @Test("the end of a show is heard in every form it has")
  func end() {
    for text in [
      #"{"type":"phaseChanged","cursor":91,"atMs":1793247556300,"phase":"ended"}"#,
      #"{"type":"roomState","cursor":3,"room":{"name":"demo","phase":"ended"}}"#,
      #"{"type":"bye","reason":"room-ended","retryAfterMs":null}"#,
      #"{"type":"error","ref":"j","code":"room-ended","message":"The room is over"}"#,
      #"{"type":"snapshot","cursor":1,"part":0,"last":true,"phase":"ended"}"#,
      #"{"type":"batch","messages":[{"type":"phaseChanged","cursor":9,"atMs":1,"phase":"ended"}]}"#,
    ] {
      #expect(Self.hear(text).1 == [.ended], "\(text)")
    }
    let live = #"{"type":"phaseChanged","cursor":91,"atMs":1793247556300,"phase":"live"}"#
    #expect(Self.hear(live).1.isEmpty)
  }

  @Test("after a cut it asks for what came after the last event, not for the media's own numbers")
  func resume() throws {
    var (listener, heard) = Self.hear(
      #"{"type":"joined","ref":"j","session":"s_1","resumed":false,"pingIntervalMs":9000,"cursor":41}"#,
      #"{"type":"snapshot","cursor":57,"part":0,"last":true,"phase":"live"}"#, Self.pinned,
      #"{"type":"trackAdded","cursor":900,"track":{}}"#)
    #expect(heard.first == .joined && listener.pingInterval == .seconds(9))
    let text = String(decoding: listener.join(token: "t"), as: UTF8.self)
    #expect(text.contains(#""resume":"s_1""#) && text.contains(#""cursor":106"#))
    let bye = listener.receive(
      Array(#"{"type":"bye","reason":"moved","retryAfterMs":500,"url":"ws://10.0.0.2:8080"}"#.utf8),
      at: nil)
    #expect(
      bye == [
        .bye(reason: "moved", retryAfter: .milliseconds(500), url: "ws://10.0.0.2:8080")
      ])
  }

  @Test("another picture is heard of when those that play first are others, and only then")
  func pictures() {
    func added(_ id: String, _ role: String, _ stream: String = "main", kind: String = "video")
      -> String
    {
      #"{"type":"trackAdded","cursor":1,"track":{"id":"\#(id)","kind":"\#(kind)","#
        + #""role":"\#(role)","stream":"\#(stream)"}}"#
    }
    func removed(_ id: String) -> String {
      #"{"type":"trackRemoved","cursor":1,"track":{"id":"\#(id)","kind":"video"}}"#
    }
    var listener = RoomListener(room: "demo")
    func changes(_ texts: String...) -> Bool {
      texts.flatMap { listener.receive(Array($0.utf8), at: Self.now) }.contains(.pictureChanged)
    }
    #expect(
      !changes(
        #"{"type":"joined","tracks":[{"id":"t1","kind":"video","role":"host","stream":"main"}]}"#,
        added("t2", "host", kind: "audio")))
    // A guest, and the host's screen, are beside the host's picture.
    #expect(!changes(added("t3", "cohost"), added("t4", "host", "screen")))
    #expect(!changes(removed("t3"), removed("t4"), removed("t9")))
    // Away is nothing; who comes then is another one, and so is who is listed after a cut.
    #expect(!changes(removed("t1")))
    #expect(changes(added("t5", "host")))
    #expect(
      !changes(
        #"{"type":"tracks","cursor":1,"tracks":[{"id":"t5","kind":"video","role":"host","stream":"main"}]}"#
      ))
    #expect(
      changes(
        #"{"type":"tracks","cursor":1,"tracks":[{"id":"t6","kind":"video","role":"host","stream":"main"}]}"#
      ))
    // Without a host's main picture the next best is played.
    #expect(!changes(added("t7", "cohost")))
    #expect(changes(removed("t6")))
  }

  @Test("messages of any form do no harm")
  func anything() {
    var generator = SeededNumbers(seed: 7)
    let whole = Array(Self.pinned.utf8)
    var listener = RoomListener(room: "demo")
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0..<3 {
        bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(
          truncatingIfNeeded: generator.next())
      }
      for case .event(let event) in listener.receive(bytes, at: Self.now) {
        #expect(event.dateRange != nil)
      }
    }
    for text in [
      #"{"type":"listingPinned","cursor":-9223372036854775808,"atMs":1e300}"#,
      #"{"type":"stock","cursor":1,"sku":"\u0000","available":-1}"#, "[]", "{}", "\"",
      #"{"type":"bye","retryAfterMs":-9223372036854775808}"#,
    ] {
      for case .event(let event) in listener.receive(Array(text.utf8), at: Self.now) {
        #expect(event.dateRange != nil, "\(text)")
      }
    }
  }
}

/// splitmix64.
private struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
