import Messages
import Testing
import Wire

@testable import Endpoints

/// The gate behind a reference, since an expectation can't change a value.
private final class Gate {
  private var gate: RoomSocketGate
  init(at now: Instant) { gate = RoomSocketGate(at: now) }
  func join(at now: Instant) { gate.join(at: now) }
  func receive(_ text: [UInt8], at now: Instant) -> RoomSocketGate.OnMessage {
    gate.receive(text, at: now)
  }
  func advance(at now: Instant) -> ByeReason? { gate.advance(at: now) }
}

@Suite("The gate of a room socket")
struct RoomSocketGateTests {
  private let join = Array(#"{"type":"join","version":1,"room":"a","token":"t"}"#.utf8)
  private let ping = Array(#"{"type":"ping","id":"p"}"#.utf8)
  private let start = Instant(nanoseconds: 5_000_000_000)

  private func joined() -> Gate {
    let gate = Gate(at: start)
    gate.join(at: start)
    return gate
  }

  private struct Refused: Equatable {
    var code: ErrorCode
    var closing: ByeReason?
    init(_ code: ErrorCode, _ closing: ByeReason?) {
      self.code = code
      self.closing = closing
    }
  }

  private func refused(_ outcome: RoomSocketGate.OnMessage) -> Refused? {
    guard case .refuse(let refusal, _, let closing) = outcome else { return nil }
    return Refused(refusal.code, closing)
  }

  private func isTaken(_ outcome: RoomSocketGate.OnMessage) -> Bool {
    if case .take = outcome { return true }
    return false
  }

  @Test("a socket that does not join within 10 s is closed")
  func joinLimit() {
    let gate = Gate(at: start)
    #expect(gate.advance(at: start + .milliseconds(9999)) == nil)
    #expect(gate.advance(at: start + .seconds(10)) == .protocol)
    #expect(gate.advance(at: start + .seconds(11)) == nil)
    #expect(gate.receive(join, at: start + .seconds(11)) == .discard)
  }

  @Test("a request before join is refused and closes; bad messages before it do not")
  func notJoined() {
    let gate = Gate(at: start)
    #expect(refused(gate.receive([0x7B], at: start)) == Refused(.badMessage, nil))
    #expect(refused(gate.receive(ping, at: start)) == Refused(.notJoined, .protocol))
    #expect(gate.receive(join, at: start) == .discard)
  }

  @Test("a second join is refused and nothing else happens")
  func joinAgain() {
    let gate = joined()
    #expect(refused(gate.receive(join, at: start)) == Refused(.alreadyJoined, nil))
    #expect(isTaken(gate.receive(ping, at: start)))
  }

  @Test("a version that is not spoken closes")
  func version() {
    let gate = Gate(at: start)
    let text = Array(#"{"type":"join","version":9}"#.utf8)
    #expect(refused(gate.receive(text, at: start)) == Refused(.unsupportedVersion, .protocol))
  }

  @Test("silence of three ping intervals ends a joined socket, any message puts it off")
  func idle() {
    let gate = joined()
    #expect(gate.advance(at: start + .milliseconds(44_999)) == nil)
    #expect(isTaken(gate.receive(ping, at: start + .seconds(44))))
    #expect(gate.advance(at: start + .seconds(45)) == nil)
    #expect(gate.advance(at: start + .seconds(89)) == .idle)
  }

  @Test("60 requests at once are taken, the next is refused by name until there is allowance again")
  func burst() {
    let gate = joined()
    for _ in 0..<60 { #expect(isTaken(gate.receive(ping, at: start))) }
    guard case .refuse(let refusal, let ref, let closing) = gate.receive(ping, at: start) else {
      Issue.record("the 61st is taken")
      return
    }
    #expect(refusal.code == .rate && refusal.retryAfterMs == 50)
    #expect(ref == "p" && closing == nil)
    #expect(isTaken(gate.receive(ping, at: start + .milliseconds(50))))
    #expect(!isTaken(gate.receive(ping, at: start + .milliseconds(50))))
  }

  @Test("asking too much for 10 s closes")
  func overRate() {
    let gate = joined()
    var closedAt: TimeSpan?
    for step in 0..<2000 where closedAt == nil {
      let time = TimeSpan.milliseconds(Int64(step) * 25)
      if refused(gate.receive(ping, at: start + time))?.closing == .protocol { closedAt = time }
    }
    // Forty a second: the burst lasts three seconds, then ten follow.
    #expect(closedAt.map { $0 > .seconds(12) && $0 < .seconds(14) } ?? false)
  }

  @Test("a flood closes long before")
  func flood() {
    let gate = joined()
    let outcomes = (0..<600).map { _ in gate.receive(ping, at: start) }
    #expect(outcomes.contains { refused($0)?.closing == .protocol })
    #expect(outcomes.last == .discard)
  }

  @Test("a client that rests is not closed for what it did before")
  func rest() {
    let gate = joined()
    for second in 0..<20 {
      let now = start + .seconds(Int64(second) * 4)
      for _ in 0..<90 { #expect(refused(gate.receive(ping, at: now))?.closing == nil) }
    }
  }

  @Test("the tenth bad message within a minute closes, nine do not, older ones are forgotten")
  func badMessages() {
    let gate = joined()
    for second in 0..<9 {
      #expect(
        refused(gate.receive([], at: start + .seconds(Int64(second)))) == Refused(.badMessage, nil))
    }
    #expect(refused(gate.receive([], at: start + .seconds(60))) == Refused(.badMessage, nil))
    #expect(refused(gate.receive([], at: start + .seconds(60))) == Refused(.badMessage, .protocol))
  }

  @Test("unknown types count as bad messages do, refused fields of a known type too")
  func unknownTypes() {
    let gate = joined()
    let unknown = Array(#"{"type":"x"}"#.utf8)
    for _ in 0..<9 {
      #expect(refused(gate.receive(unknown, at: start)) == Refused(.unknownType, nil))
    }
    #expect(refused(gate.receive([], at: start)) == Refused(.badMessage, .protocol))
  }
}
