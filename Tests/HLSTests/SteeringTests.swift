// Content steering: RFC 8216bis section 7.

import HLS
import Testing
import Wire

@Suite("Content steering")
struct SteeringTests {
  private func text(_ file: String) throws -> String {
    String(decoding: try Steering(parsing: file).manifest, as: UTF8.self)
  }

  @Test("a line for each CDN, the best first, becomes a manifest of pathway clones")
  func manifest() throws {
    let file = """
      # The large one first.
      big   cdn.example:8443
      .           # our own
      \tspare_2 [2001:db8::1]  # for emergencies

      """
    #expect(
      try text(file)
        == #"{"VERSION":1,"TTL":60,"PATHWAY-PRIORITY":["big",".","spare_2"],"PATHWAY-CLONES":["#
        + #"{"BASE-ID":".","ID":"big","URI-REPLACEMENT":{"HOST":"cdn.example:8443"}},"#
        + #"{"BASE-ID":".","ID":"spare_2","URI-REPLACEMENT":{"HOST":"[2001:db8::1]"}}]}"#)
    #expect(try text(".\r\n") == #"{"VERSION":1,"TTL":60,"PATHWAY-PRIORITY":["."]}"#)
  }

  @Test("what can't be meant is refused with its line")
  func refused() {
    let bad: [(String, Int)] = [
      ("", 0), ("# nothing\n", 0), (".\n.\n", 2), ("a\n", 1), ("a b c\n", 1),
      (". cdn.example\n", 1),
      (".\na cdn.example/path\n", 2), ("a https://cdn.example\n", 1), ("a\" cdn.example\n", 1),
      ("a cdn.example\nb other.example\na third.example\n", 3), ("a cdn\".example", 1),
      (String(repeating: "a", count: 65) + " cdn.example", 1),
      ((0..<9).map { "p\($0) cdn.example" }.joined(separator: "\n"), 9),
    ]
    for (file, line) in bad {
      #expect(throws: Steering.Fault.self, "\(file)") { try Steering(parsing: file) }
      do { _ = try Steering(parsing: file) } catch { #expect(error.line == line, "\(file)") }
    }
  }

  @Test("the multivariant playlist names the manifest where there is steering, and only there")
  func playlist() throws {
    for isSteered in [false, true] {
      var room = Presentation(
        timing: HLSTiming(), epoch: WallTime(nanoseconds: 0), run: "r", isSteered: isSteered)
      _ = room.addRendition(
        "sound", .audio(name: "Sound", language: nil), format: .aac(try sound()), at: .zero)
      for index in Int64(0)..<40 {
        room.append(TimedSample(time: index * 1024, bytes: [7], isSync: true), to: 0)
      }
      guard case .content(let content) = room.answer(.multivariant) else {
        Issue.record("no playlist")
        return
      }
      let lines = String(decoding: content.bytes, as: UTF8.self).split(separator: "\n")
      let tag = "#EXT-X-CONTENT-STEERING:SERVER-URI=\"steering.json\""
      #expect(lines.count { $0 == tag } == (isSteered ? 1 : 0))
    }
  }
}
