import JSON
import MediaControl
import Testing

@testable import Messages

@Suite("Requests that are refused")
struct RefusalTests {
  private func refusal(_ text: String) -> UndecodableMessage? {
    do throws(UndecodableMessage) {
      _ = try ClientMessage.decode(Array(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  private func request(_ text: String) throws -> ClientRequest {
    try ClientMessage.decode(Array(text.utf8)).request
  }

  @Test(
    "what is no object with a type is a bad message",
    arguments: [
      "", "{", "[]", "1", "null", "\"join\"", "{}", "{\"type\":null}", "{\"type\":1}",
      "{\"type\":\"leave\",\"type\":\"leave\"}", "{\"type\":\"leave\"} x",
    ])
  func notAMessage(text: String) {
    #expect(refusal(text)?.refusal.code == .badMessage)
    #expect(refusal(text)?.id == nil)
  }

  @Test("an unknown type is named, shortened, and refused with the request's id")
  func unknownType() {
    let unknown = refusal(#"{"id":"a","type":"dance"}"#)
    #expect(unknown?.id == "a")
    #expect(unknown?.refusal.code == .unknownType)
    #expect(unknown?.refusal.text == "type: there is no request dance")
    let long = refusal("{\"type\":\"\(String(repeating: "x", count: 5000))\"}")
    #expect((long?.refusal.text.utf8.count ?? 9999) < 100)
  }

  @Test(
    "an id that is no string of 1 to 64 characters is a bad message without ref",
    arguments: ["1", "\"\"", "\"\(String(repeating: "é", count: 65))\"", "[]", "true"])
  func badID(id: String) {
    let refused = refusal("{\"type\":\"leave\",\"id\":\(id)}")
    #expect(refused?.id == nil)
    #expect(refused?.refusal.code == .badMessage)
    #expect(refused?.refusal.text.hasPrefix("id: expected") == true)
  }

  @Test("an id of 64 characters is taken, and null counts as absent")
  func goodID() throws {
    let id = String(repeating: "é", count: 64)
    #expect(try ClientMessage.decode(Array(#"{"type":"leave","id":"\#(id)"}"#.utf8)).id == id)
    #expect(try ClientMessage.decode(Array(#"{"type":"leave","id":null}"#.utf8)).id == nil)
  }

  @Test("an integer and a double ping come back as they were, none comes back as none")
  func ping() throws {
    #expect(try request(#"{"type":"ping","time":7}"#) == .ping(time: 7))
    #expect(try request(#"{"type":"ping","time":7.0}"#) == .ping(time: 7.0))
    #expect(try request(#"{"type":"ping"}"#) == .ping(time: nil))
  }

  @Test("unknown fields are ignored, whatever they hold")
  func unknownFields() throws {
    let text = #"{"type":"leave","x":{"id":[1,{"sdp":null}]},"version":"ten","room":7}"#
    #expect(try request(text) == .leave)
  }

  /// Request text, the code it is refused with, and how the text begins.
  static let refusals: [(String, ErrorCode, String)] = [
    (#"{"type":"join","version":2,"room":"/","token":1}"#, .unsupportedVersion, "this server"),
    (#"{"type":"join","version":"1","room":"a","token":"t"}"#, .badMessage, "version: expected"),
    (#"{"type":"join","room":"a","token":"t"}"#, .badMessage, "version: expected"),
    (#"{"type":"join","version":1,"token":"t"}"#, .badMessage, "room: expected"),
    (#"{"type":"join","version":1,"room":"","token":"t"}"#, .badRoom, "room: must"),
    (#"{"type":"join","version":1,"room":"a b","token":"t"}"#, .badRoom, "room: must"),
    (#"{"type":"join","version":1,"room":"ä","token":"t"}"#, .badRoom, "room: must"),
    (#"{"type":"join","version":1,"room":"a"}"#, .unauthorized, "token: a token"),
    (#"{"type":"join","version":1,"room":"a","token":null}"#, .unauthorized, "token: a token"),
    (#"{"type":"join","version":1,"room":"a","token":""}"#, .unauthorized, "token: a token"),
    (#"{"type":"join","version":1,"room":"a","token":5}"#, .badMessage, "token: expected"),
    (#"{"type":"join","version":1,"room":"a","token":"t","resume":1}"#, .badMessage, "resume"),
    (#"{"type":"publish"}"#, .badMessage, "sdp: expected a string, found nothing"),
    (#"{"type":"publish","sdp":1}"#, .badMessage, "sdp: expected a string, found an integer"),
    (#"{"type":"publish","sdp":"","stream":"a/b"}"#, .badMessage, "stream: expected"),
    (#"{"type":"publish","sdp":"","stream":""}"#, .badMessage, "stream: expected"),
    (#"{"type":"publish","sdp":"","connection":""}"#, .badMessage, "connection: expected"),
    (#"{"type":"publish","sdp":"","connection":7}"#, .badMessage, "connection: expected"),
    (#"{"type":"unpublish"}"#, .badMessage, "connection: expected"),
    (#"{"type":"subscribe","map":{}}"#, .badMessage, "sdp: expected"),
    (#"{"type":"subscribe","sdp":"","map":[]}"#, .badMessage, "map: expected an object"),
    (#"{"type":"subscribe","sdp":"","map":{"0":1}}"#, .badMessage, "map.0: expected SUB/NAME"),
    (#"{"type":"subscribe","sdp":"","map":{"0":""}}"#, .badMessage, "map.0: expected SUB/NAME"),
    (#"{"type":"subscribe","sdp":"","map":{"0":"t-1"}}"#, .badMessage, "map.0: expected"),
    (#"{"type":"subscribe","sdp":"","map":{"0":"/main"}}"#, .badMessage, "map.0: expected"),
    (#"{"type":"subscribe","sdp":"","map":{"0":"a/"}}"#, .badMessage, "map.0: expected"),
    (#"{"type":"subscribe","sdp":"","map":{"":null}}"#, .badMessage, "map: expected mids"),
    (#"{"type":"subscribe","sdp":"","layers":{"0":"x"}}"#, .badMessage, "layers.0: expected auto"),
    (#"{"type":"subscribe","sdp":"","layers":{"0":2}}"#, .badMessage, "layers.0: expected auto"),
    (#"{"type":"assign","mid":"0","track":null}"#, .badMessage, "connection: expected"),
    (#"{"type":"assign","connection":"c","track":null}"#, .badMessage, "mid: expected"),
    (#"{"type":"assign","connection":"c","mid":"0"}"#, .badMessage, "track: expected"),
    (#"{"type":"assign","connection":"c","mid":"0","track":true}"#, .badMessage, "track: expected"),
    (#"{"type":"layer","connection":"c","mid":"0"}"#, .badMessage, "layer: expected"),
    (#"{"type":"layer","connection":"c","mid":"0","layer":"Q"}"#, .badMessage, "layer: expected"),
    (#"{"type":"layer","connection":"c","mid":0,"layer":"q"}"#, .badMessage, "mid: expected"),
    (#"{"type":"trickle","connection":"c"}"#, .badMessage, "candidates: expected"),
    (#"{"type":"ping","time":"now"}"#, .badMessage, "time: expected a number, found a string"),
  ]

  @Test("a bad field is refused by the code of the table, naming the field", arguments: refusals)
  func field(text: String, code: ErrorCode, start: String) {
    let refused = refusal(text)
    #expect(refused?.refusal.code == code)
    #expect(refused?.refusal.text.hasPrefix(start) == true, "\(refused?.refusal.text ?? "taken")")
  }

  @Test("null means absent for optional fields, nothing in `map` and `assign`")
  func null() throws {
    #expect(
      try request(#"{"type":"publish","sdp":"x","stream":null,"connection":null}"#)
        == .publish(PublishRequest(stream: nil, sdp: "x", connection: nil)))
    #expect(
      try request(#"{"type":"subscribe","sdp":"x","map":{"0":null},"layers":{"0":null}}"#)
        == .subscribe(
          SubscribeRequest(sdp: "x", map: ["0": .nothing], layers: [:], connection: nil)))
    #expect(
      try request(#"{"type":"assign","connection":"c2","mid":"0","track":null}"#)
        == .assign(AssignRequest(connection: "c2", mid: "0", track: .nothing)))
  }

  @Test("the last slash of a publication separates; a track's id has none")
  func references() {
    #expect(TrackReference("a/b/main") == .publication(identity: "a/b", stream: "main"))
    #expect(TrackReference("t7") == .track("t7"))
    #expect(TrackReference(String(repeating: "t", count: 32)) != nil)
    #expect(TrackReference(String(repeating: "t", count: 33)) == nil)
    #expect(TrackReference(String(repeating: "é", count: 128) + "/main") != nil)
    #expect(TrackReference(String(repeating: "é", count: 129) + "/main") == nil)
    #expect(TrackReference("a/" + String(repeating: "n", count: 65)) == nil)
  }

  @Test("a resume that can't be one of our sessions is ignored")
  func resume() throws {
    let long = String(repeating: "s", count: 65)
    let text = #"{"type":"join","version":1,"room":"a","token":"t","resume":"\#(long)"}"#
    #expect(try request(text) == .join(JoinRequest(room: "a", token: "t", resume: nil)))
  }

  @Test("64 sections are taken and 65 refused")
  func sections() throws {
    func text(_ count: Int) -> String {
      let map = (0..<count).map { "\"\($0)\":null" }.joined(separator: ",")
      return #"{"type":"subscribe","sdp":"x","map":{\#(map)}}"#
    }
    guard case .subscribe(let request) = try request(text(64)) else {
      Issue.record("64 sections are refused")
      return
    }
    #expect(request.map.count == 64)
    #expect(refusal(text(65))?.refusal.text == "map: expected at most 64 sections, found 65")
  }

  @Test("32 candidates are taken and 33 refused by the limit's name")
  func candidates() throws {
    func text(_ count: Int) -> String {
      let lines = String(
        repeating: #"a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"#, count: count)
      return #"{"type":"trickle","connection":"c1","candidates":"\#(lines)"}"#
    }
    #expect(refusal(text(32)) == nil)
    #expect(refusal(text(33))?.refusal.code == .limit)
  }

  @Test("a message of 64 KiB is taken, one byte more is refused; so is a depth over 16")
  func size() {
    let empty = #"{"type":"leave","x":""}"#
    let room = MessageLimits.messageBytesMax - empty.utf8.count
    func text(_ count: Int) -> String {
      #"{"type":"leave","x":"\#(String(repeating: "x", count: count))"}"#
    }
    #expect(refusal(text(room)) == nil)
    #expect(refusal(text(room + 1))?.refusal.code == .badMessage)
    func nested(_ depth: Int) -> String {
      let open = String(repeating: "[", count: depth)
      let close = String(repeating: "]", count: depth)
      return #"{"type":"leave","x":\#(open)\#(close)}"#
    }
    #expect(refusal(nested(15)) == nil)
    #expect(refusal(nested(16))?.refusal.code == .badMessage)
  }
}
