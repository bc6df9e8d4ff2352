import Testing
import Wire

@testable import Access

@Suite("Revocations and their file")
struct RevocationsTests {
  private func revoke(_ subject: String, until: WallTime? = nil) -> RevocationChange {
    .revoke(Revocation(room: "show", subject: subject, until: until))
  }

  @Test("a change survives being written and read, whatever the identity is made of")
  func lines() throws {
    for subject in ["ann", "a\"b\\c", "Ünïcødé/\u{1F600}", String(repeating: "x", count: 128)] {
      for change in [
        revoke(subject), revoke(subject, until: noon), .lift(room: "show", subject: subject),
      ] {
        #expect(RevocationChange(line: change.line) == change)
        #expect(!change.line.contains("\n"))
      }
    }
  }

  @Test("later lines win, and a last line cut short by a crash does not count")
  func file() throws {
    let lines = [
      revoke("ann"), revoke("bob"), .lift(room: "show", subject: "ann"), revoke("cyd"),
    ].map { $0.line + "\n" }.joined()
    let whole = try #require(Revocations.parse(file: lines, at: noon))
    #expect(!whole.contains(subject: "ann", room: "show", at: noon))
    #expect(whole.contains(subject: "bob", room: "show", at: noon))
    #expect(!whole.contains(subject: "bob", room: "other", at: noon))
    for cut in 1...revoke("cyd").line.utf8.count {
      let text = String(decoding: Array(lines.utf8).dropLast(cut), as: UTF8.self)
      let rest = try #require(Revocations.parse(file: text, at: noon))
      #expect(rest.count == 1, "the cut line is the last one only")
    }
    #expect(Revocations.parse(file: "", at: noon)?.count == 0)
  }

  @Test("a whole line that is none of ours is refused: leaving it out could let somebody in")
  func damaged() {
    for line in [
      "nonsense", "{}", #"{"room":"show"}"#, #"{"room":"a b","subject":"x"}"#,
      #"{"room":"show","subject":"x","untilMs":-1}"#,
      #"{"room":"show","subject":"x","untilMs":"1"}"#,
      #"{"room":"show","subject":"x","lifted":1}"#,
    ] {
      #expect(Revocations.parse(file: line + "\n", at: noon) == nil, "\(line)")
    }
  }

  @Test("a revocation lasts 30 s beyond its end, as the tokens do, and is then forgotten")
  func expiry() throws {
    var revocations = Revocations()
    func apply(_ change: RevocationChange) -> Bool { revocations.apply(change) }
    #expect(apply(revoke("ann", until: noon)))
    #expect(apply(revoke("bob")))
    let end = noon + .seconds(30)
    let before = WallTime(nanoseconds: end.nanoseconds - 1)
    #expect(revocations.contains(subject: "ann", room: "show", at: before))
    #expect(!revocations.contains(subject: "ann", room: "show", at: end))
    revocations.expire(at: before)
    #expect(revocations.count == 2)
    revocations.expire(at: end)
    #expect(revocations.count == 1)
    #expect(revocations.contains(subject: "bob", room: "show", at: end + .seconds(1 << 30)))
  }

  @Test("the table is bounded; those whose tokens are over make room")
  func bounded() throws {
    var access = AccessControl(keys: [try makeKey()])
    func apply(_ change: RevocationChange, at now: WallTime) -> Bool {
      access.apply(change, at: now)
    }
    func hasRoom(for change: RevocationChange, at now: WallTime) -> Bool {
      access.hasRoom(for: change, at: now)
    }
    for number in 0..<Revocations.entriesMax {
      let until: WallTime? = number == 0 ? noon : nil
      _ = apply(revoke("s\(number)", until: until), at: noon)
    }
    #expect(!hasRoom(for: revoke("more"), at: noon))
    #expect(!apply(revoke("more"), at: noon))
    #expect(hasRoom(for: .lift(room: "show", subject: "s1"), at: noon))
    let later = noon + .seconds(31)
    #expect(hasRoom(for: revoke("more"), at: later))
    #expect(apply(revoke("more"), at: later))
    #expect(access.isRevoked("more", in: "show", at: later))
  }
}
