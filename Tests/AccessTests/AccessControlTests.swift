// Who may do what with a good token: rooms, roles, revocation, and what is minted.

import Testing
import Wire

@testable import Access

@Suite("Who may do what")
struct AccessControlTests {
  private func access() throws -> AccessControl { AccessControl(keys: [try makeKey()]) }

  private func token(_ role: Role, room: String) throws -> String {
    try access().mint(
      subject: "ann", name: nil, room: room, role: role, lifetime: .seconds(60), wall: noon
    ).token
  }

  private func outcome(
    _ access: AccessControl, _ token: String?, room: String, _ wish: AccessControl.Wish
  ) -> AccessRefusal? {
    do throws(AccessRefusal) {
      _ = try access.authorize(token, room: room, wish, at: noon)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "every role watches its own room; hosts, co-hosts and services publish there",
    arguments: Role.allCases)
  func matrix(role: Role) throws {
    let access = try access()
    let token = try token(role, room: "show")
    let publishes: Set<Role> = [.host, .cohost, .service]
    #expect(outcome(access, token, room: "show", .watch) == nil)
    #expect(
      outcome(access, token, room: "show", .publish)
        == (publishes.contains(role) ? nil : .wrongRole))
    for wish in [AccessControl.Wish.watch, .publish] {
      for other in ["Show", "show2", "sho", "*", "", "show/", "sho\u{301}w"] {
        #expect(outcome(access, token, room: other, wish) == .wrongRoom, "\(other)")
      }
    }
  }

  @Test("a service's token for all rooms is good in each, for nothing that can't name a room")
  func everyRoom() throws {
    let access = try access()
    let token = try token(.service, room: "*")
    for room in ["show", "other", "A-1_z"] {
      #expect(outcome(access, token, room: room, .publish) == nil)
      #expect(outcome(access, token, room: room, .watch) == nil)
    }
    for room in ["*", "", "a/b", "é", String(repeating: "a", count: 65)] {
      #expect(outcome(access, token, room: room, .watch) == .wrongRoom)
    }
  }

  @Test("a room that only looks the same to Swift is another room")
  func canonicalEquivalence() throws {
    let token = try token(.host, room: "K")
    #expect("K" == "\u{212A}", "the Kelvin sign equals the letter")
    #expect(outcome(try access(), token, room: "\u{212A}", .publish) == .wrongRoom)
  }

  @Test("no token is told apart from a wrong one")
  func missing() throws {
    #expect(outcome(try access(), nil, room: "show", .watch) == .missing)
    #expect(outcome(try access(), "", room: "show", .watch) == .missing)
    #expect(outcome(try access(), "Bearer", room: "show", .watch) == .malformed)
  }

  @Test("a revoked subject's tokens end in that room, and only there")
  func revocation() throws {
    var access = try access()
    let (show, other) = (try token(.host, room: "show"), try token(.host, room: "other"))
    let everywhere = try token(.service, room: "*")
    func revoke(_ subject: String, in room: String) -> Bool {
      access.apply(.revoke(Revocation(room: room, subject: subject, until: nil)), at: noon)
    }
    #expect(revoke("ann", in: "show"))
    #expect(outcome(access, show, room: "show", .watch) == .revoked)
    #expect(outcome(access, other, room: "other", .publish) == nil)
    #expect(outcome(access, everywhere, room: "show", .watch) == .revoked)
    #expect(outcome(access, everywhere, room: "other", .watch) == nil)
    #expect(outcome(access, show, room: "other", .watch) == .wrongRoom)
    #expect(revoke("bob", in: "other"))
    #expect(outcome(access, other, room: "other", .publish) == nil)
  }

  @Test("an anonymous viewer watches its room for twelve hours and publishes nowhere")
  func anonymous() throws {
    let access = try access()
    let minted = try access.mintViewer(identity: "guest-1", name: nil, room: "show", wall: noon)
    #expect(minted.expires == noon + .seconds(43_200))
    let credential = try access.authorize(minted.token, room: "show", .watch, at: noon)
    #expect(credential.role == .viewer && credential.subject == "guest-1")
    #expect(outcome(access, minted.token, room: "show", .publish) == .wrongRole)
    #expect(throws: AccessRefusal.expired) {
      try access.authorize(minted.token, room: "show", .watch, at: noon + .seconds(43_230))
    }
  }

  @Test("the first key signs")
  func signing() throws {
    let second = try makeKey("second", secret: "fedcba9876543210")
    let both = AccessControl(keys: [second, try makeKey()])
    let minted = try both.mintViewer(identity: "a", name: nil, room: "show", wall: noon)
    #expect(try both.authorize(minted.token, room: "show", .watch, at: noon).issuer == "second")
    #expect(outcome(try access(), minted.token, room: "show", .watch) == .unknownKey)
    #expect(throws: AccessRefusal.unknownKey) {
      try AccessControl(keys: []).mintViewer(identity: "a", name: nil, room: "show", wall: noon)
    }
  }

  @Test("nothing is minted that would be refused")
  func mintsOnlyWhatIsAccepted() throws {
    let access = try access()
    let long = String(repeating: "x", count: 129)
    let wrong: [(subject: String, name: String?, room: String, role: Role)] = [
      ("", nil, "show", .host), (long, nil, "show", .host), ("a\n", nil, "show", .host),
      ("a", long, "show", .host), ("a", "\u{1B}", "show", .host), ("a", nil, "", .host),
      ("a", nil, "*", .host), ("a", nil, "a b", .service),
    ]
    for claims in wrong {
      #expect(throws: AccessRefusal.malformed) {
        try access.mint(
          subject: claims.subject, name: claims.name, room: claims.room, role: claims.role,
          lifetime: .seconds(60), wall: noon)
      }
    }
  }

  @Test("what another token could mend is 401, what it is not allowed to do is 403")
  func statuses() {
    let forbidden: [AccessRefusal] = [.wrongRoom, .wrongRole]
    let unauthorized: [AccessRefusal] = [
      .missing, .malformed, .unknownKey, .badSignature, .expired, .notYetValid, .revoked,
    ]
    for refusal in forbidden { #expect(refusal.status == 403) }
    for refusal in unauthorized { #expect(refusal.status == 401) }
  }
}
