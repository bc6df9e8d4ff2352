// Seats in virtual time: who watches over WebRTC, who is sent away and who comes back.

import Messages
import Testing
import Wire

@testable import Endpoints

@Suite("Seats for WebRTC")
struct SeatsTests {
  private static let start = Instant(nanoseconds: 1_000_000_000_000)
  private static let room = "demo"

  private static func watching(
    _ via: DeliveryWay, _ wish: WatchingRequest.Wish?
  ) -> WatchingRequest { WatchingRequest(via: via, delayMs: nil, wish: wish) }

  /// Seats with so many viewers watching over WebRTC, `s0`, `s1`, …, each a second after the one before.
  private static func seats(budget: Int, watching count: Int) -> (Seats, Instant) {
    var seats = Seats(budget: budget, at: start)
    var now = start
    for number in 0..<count {
      seats.enter("s\(number)", room: room, identity: "v\(number)", at: now)
      if seats.mayConnect(.session("s\(number)"), at: now) {
        seats.connected(.session("s\(number)"), at: now)
      }
      now = now + .seconds(1)
    }
    return (seats, now)
  }

  private func place(_ seats: Seats, _ number: Int) -> Seats.Place? {
    seats.viewers[.session("s\(number)")]?.place
  }

  @Test("the third of three viewers for two seats is on HLS, and back when one has left")
  func comesBack() {
    var (seats, now) = Self.seats(budget: 2, watching: 3)
    #expect(place(seats, 2) == .hls(.full))
    let mayConnect1 = seats.mayConnect(.session("s2"), at: now)
    #expect(!mayConnect1)
    #expect(seats.advance(at: now + .seconds(30)) == [])
    now = now + .seconds(30)
    seats.leave(.session("s0"))
    let change = SeatChange.told(.session("s2"), .webRTC, .free)
    #expect(seats.advance(at: now + .seconds(1)) == [change])
    let mayConnect2 = seats.mayConnect(.session("s2"), at: now + .seconds(2))
    #expect(mayConnect2)
    seats.connected(.session("s2"), at: now + .seconds(2))
    #expect(seats.total.taken == 2)
    #expect(seats.total.hls == 0)
  }

  @Test("a session whose room is read again has the seat it had, and leaves it once")
  func enterAgain() {
    var seats = Seats(budget: 2, at: Self.start)
    for _ in 0..<2 {
      seats.enter("tab", room: Self.room, identity: "v", at: Self.start)
      #expect(seats.total.taken == 1)
    }
    seats.connected(.session("tab"), at: Self.start)
    seats.enter("tab", room: Self.room, identity: "v", at: Self.start)
    #expect(seats.viewers[.session("tab")]?.place == .seated && seats.total.webRTC == 1)
    seats.leave(.session("tab"))
    #expect(seats.total == Seats.Tally())
  }

  @Test("a seat that was promised and not taken goes to the next, and its viewer waits")
  func lapses() {
    var (seats, now) = Self.seats(budget: 1, watching: 3)
    seats.leave(.session("s0"))
    now = now + .seconds(10)
    #expect(seats.advance(at: now) == [.told(.session("s1"), .webRTC, .free)])
    now = now + SeatLimits.keptFor
    #expect(
      seats.advance(at: now) == [
        .told(.session("s1"), .hls, .full), .told(.session("s2"), .webRTC, .free),
      ])
    #expect(seats.total.taken == 1)
  }

  @Test("a seat is kept while its transport is made anew, and not for ever")
  func keepsBrokenSeat() {
    var (seats, now) = Self.seats(budget: 1, watching: 2)
    seats.disconnected(.session("s0"), at: now)
    #expect(seats.advance(at: now + .seconds(6)) == [])
    let mayConnect3 = seats.mayConnect(.session("s0"), at: now + .seconds(7))
    #expect(mayConnect3)
    now = now + SeatLimits.keptFor
    #expect(seats.advance(at: now) == [.told(.session("s1"), .webRTC, .free)])
    // Who has gone without a seat finds none now.
    let mayConnect4 = seats.mayConnect(.session("s0"), at: now)
    #expect(!mayConnect4)
    #expect(place(seats, 0) == .hls(.full))
  }

  @Test("a buyer gets a seat beyond the budget, then that of who was seated last a minute ago")
  func buyersFirst() {
    var (seats, now) = Self.seats(budget: 2, watching: 5)
    seats.rank(at: now) { _, viewer in
      ["v3", "v4"].contains(viewer.identity) ? .buyer : viewer.rank
    }
    #expect(seats.advance(at: now) == [.told(.session("s3"), .webRTC, .buyer)])
    seats.connected(.session("s3"), at: now)
    // The other waits until somebody may be sent away.
    #expect(seats.advance(at: now + .seconds(10)) == [])
    now = now + .seconds(61)
    #expect(seats.advance(at: now) == [.told(.session("s1"), .hls, .full)])
    #expect(seats.advance(at: now + .seconds(1)) == [], "nobody else goes for the same buyer")
    // It does not go by itself.
    now = now + SeatLimits.leavingFor
    #expect(seats.advance(at: now) == [.end(.session("s1"))])
    seats.disconnected(.session("s1"), at: now)
    #expect(seats.advance(at: now + .seconds(1)) == [.told(.session("s4"), .webRTC, .buyer)])
    #expect(seats.total.taken == 3)
  }

  @Test("a room's own cap counts beside the server's, and only there")
  func roomBudget() {
    var seats = Seats(budget: 10, at: Self.start)
    seats.roomBudgets["small"] = 1
    for (session, room) in [("a", "small"), ("b", "small"), ("c", "large")] {
      seats.enter(session, room: room, identity: session, at: Self.start)
    }
    #expect(seats.viewers[.session("a")]?.isOnHLS == false)
    #expect(seats.viewers[.session("b")]?.place == .hls(.full))
    #expect(seats.viewers[.session("c")]?.isOnHLS == false)
    #expect(!seats.admits(room: "small", rank: .plain, isBound: false))
    #expect(seats.admits(room: "small", rank: .buyer, isBound: false))
    #expect(seats.admits(room: "large", rank: .plain, isBound: false))
  }

  @Test(
    "a room that says HLS sends its viewers there but buyers, and lets them back when it says so no more"
  )
  func policy() {
    var (seats, now) = Self.seats(budget: 10, watching: 3)
    seats.rank(at: now) { _, viewer in viewer.identity == "v0" ? .buyer : viewer.rank }
    seats.roomsOnHLS = [Self.room]
    #expect(
      seats.advance(at: now) == [
        .told(.session("s1"), .hls, .policy), .told(.session("s2"), .hls, .policy),
      ])
    for number in 1...2 { seats.disconnected(.session("s\(number)"), at: now) }
    seats.enter("new", room: Self.room, identity: "new", at: now)
    #expect(seats.viewers[.session("new")]?.place == .hls(.policy))
    #expect(!seats.admits(room: Self.room, rank: .plain, isBound: false))
    seats.roomsOnHLS = []
    now = now + .seconds(120)
    #expect(seats.advance(at: now) == [], "they wait as everybody from now on")
    now = now + SeatLimits.onHLSAtLeast
    let back = seats.advance(at: now)
    #expect(back.count == 3)
    #expect(back.allSatisfy { if case .told(_, .webRTC, .free) = $0 { true } else { false } })
  }

  @Test("a viewer whose token says HLS gets no seat, whatever it asks or buys")
  func bound() {
    var seats = Seats(budget: 10, at: Self.start)
    seats.enter("a", room: Self.room, identity: "a", isBound: true, at: Self.start)
    seats.rank(at: Self.start) { _, _ in .buyer }
    seats.ask(Self.watching(.webRTC, .asked), by: .session("a"), at: Self.start)
    #expect(seats.advance(at: Self.start + .seconds(300)) == [])
    #expect(seats.viewers[.session("a")]?.place == .hls(.policy))
    #expect(!seats.admits(room: Self.room, rank: .plain, isBound: true))
  }

  @Test("who says that WebRTC fails rests a minute, and twice as long each further time")
  func network() {
    var (seats, now) = Self.seats(budget: 5, watching: 1)
    var rests: [Int64] = []
    for _ in 0..<6 {
      seats.ask(Self.watching(.hls, .network), by: .session("s0"), at: now)
      seats.disconnected(.session("s0"), at: now)
      #expect(place(seats, 0) == .hls(.network))
      let gone = now
      var changes: [SeatChange] = []
      while changes.isEmpty, now < gone + .seconds(3000) {
        now = now + .seconds(1)
        changes = seats.advance(at: now)
      }
      #expect(changes == [.told(.session("s0"), .webRTC, .free)])
      rests.append((now - gone).nanoseconds / 1_000_000_000)
      seats.connected(.session("s0"), at: now)
    }
    #expect(rests == [60, 120, 240, 480, 960, 960])
  }

  @Test("who chose HLS is left alone until it asks for WebRTC")
  func asked() {
    var (seats, now) = Self.seats(budget: 5, watching: 1)
    seats.ask(Self.watching(.hls, .asked), by: .session("s0"), at: now)
    #expect(seats.viewers[.session("s0")]?.isLeaving == true)
    seats.disconnected(.session("s0"), at: now)
    now = now + .seconds(600)
    #expect(seats.advance(at: now) == [])
    let mayConnect5 = seats.mayConnect(.session("s0"), at: now)
    #expect(!mayConnect5)
    seats.ask(Self.watching(.webRTC, .asked), by: .session("s0"), at: now)
    let mayConnect6 = seats.mayConnect(.session("s0"), at: now)
    #expect(mayConnect6)
  }

  @Test(
    "before a drop opens its viewers come back, those with a cart first, spread over the time there is"
  )
  func beforeDrop() {
    var seats = Seats(budget: 40, at: Self.start)
    for number in 0..<20 {
      seats.enter("w\(number)", room: Self.room, identity: "w\(number)", at: Self.start)
      seats.connected(.session("w\(number)"), at: Self.start)
    }
    for number in 0..<40 {
      seats.enter("s\(number)", room: Self.room, identity: "v\(number)", at: Self.start)
    }
    // Twenty of them are on HLS; then half of the seats come free, all within the last minute.
    let opens = Self.start + .seconds(40)
    seats.drops[Self.room] = opens
    seats.rank(at: Self.start) { _, viewer in
      viewer.identity.hasSuffix("5") || viewer.identity == "v39" ? .keen : viewer.rank
    }
    for number in 0..<20 { seats.connected(.session("s\(number)"), at: Self.start) }
    for number in 0..<20 { seats.leave(.session("w\(number)")) }
    var called: [(Instant, SeatHolder)] = []
    var now = opens - .seconds(20)
    while now < opens {
      for case .told(let holder, .webRTC, let reason) in seats.advance(at: now) {
        #expect(reason == .drop)
        called.append((now, holder))
        seats.connected(holder, at: now)
      }
      now = now + .milliseconds(500)
    }
    #expect(called.count == 20)
    let first = called.prefix(3).map(\.1)
    #expect(Set(first) == [.session("s25"), .session("s35"), .session("s39")])
    #expect(called.map(\.1)[3] == .session("s20"), "then who has waited longest")
    #expect(called.allSatisfy { $0.0 <= opens - SeatLimits.dropSettle })
    #expect(Set(called.map { ($0.0 - opens).nanoseconds / 1_000_000_000 }).count > 10)
  }

  @Test(
    "only who has had no transport for a while counts as on HLS, and one page with WebRTC is enough not to"
  )
  func tierOfMember() {
    var (seats, now) = Self.seats(budget: 2, watching: 2)
    seats.ask(Self.watching(.hls, .asked), by: .session("s0"), at: now)
    #expect(!seats.isOnHLS("v0", in: Self.room, at: now + .seconds(9)), "its transport is there")
    seats.disconnected(.session("s0"), at: now)
    #expect(!seats.isOnHLS("v0", in: Self.room, at: now + .seconds(4)))
    #expect(seats.isOnHLS("v0", in: Self.room, at: now + SeatLimits.tierSettle))
    #expect(!seats.isOnHLS("v0", in: "other", at: now + SeatLimits.tierSettle))
    // The same member in another tab.
    now = now + SeatLimits.tierSettle
    seats.enter("tab", room: Self.room, identity: "v0", at: now)
    seats.connected(.session("tab"), at: now)
    #expect(!seats.isOnHLS("v0", in: Self.room, at: now))
  }

  // MARK: Anything may happen

  /// What a viewer in the test remembers.
  private struct Told {
    var changes: [Instant] = []
    var wasBuyer = false
  }

  @Test(
    "whatever happens, seats stay in the budget and its allowance, buyers stay, and nobody goes to and fro",
    arguments: 0..<60 as Range<UInt64>)
  func storm(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let budget = Int(random.next() % 40) + 1
    var seats = Seats(budget: budget, at: Self.start)
    var now = Self.start
    var last = 0
    var here: [String] = []
    var buyers: Set<String> = []
    var sentAway: [String: Instant] = [:]
    var calledBack: [String: Instant] = [:]
    for _ in 0..<1500 {
      now = now + .milliseconds(Int64(random.next() % 900) + 100)
      switch random.next() % 10 {
      case 0...2:
        last += 1
        here.append("s\(last)")
        seats.enter("s\(last)", room: Self.room, identity: "s\(last)", at: now)
        connect(&seats, "s\(last)", at: now)
      case 3:
        if let gone = pick(&here, &random) {
          seats.leave(.session(gone))
          buyers.remove(gone)
        }
      case 4:
        if let one = here.randomElement(using: &random) {
          let wish = Self.watching(
            random.next() % 2 == 0 ? .hls : .webRTC, random.next() % 2 == 0 ? .network : .asked)
          seats.ask(wish, by: .session(one), at: now)
          sentAway[one] = nil
          calledBack[one] = nil
          if random.next() % 2 == 0, seats.viewers[.session(one)]?.transports ?? 0 > 0 {
            seats.disconnected(.session(one), at: now)
          }
        }
      case 5:
        if let one = here.randomElement(using: &random) {
          if buyers.remove(one) == nil { buyers.insert(one) }
          seats.rank(at: now) { _, viewer in buyers.contains(viewer.identity) ? .buyer : .plain }
        }
      default: break
      }
      for change in seats.advance(at: now) {
        switch change {
        case .told(.session(let one), .hls, .full):
          #expect(!buyers.contains(one) || seats.viewers[.session(one)]?.transports == 0)
          if let back = calledBack[one], seats.viewers[.session(one)]?.isLeaving ?? false {
            #expect(now - back >= SeatLimits.seatedAtLeast, "sent away again too soon")
          }
          sentAway[one] = now
        case .told(.session(let one), .webRTC, _):
          if let away = sentAway[one] {
            #expect(now - away >= SeatLimits.rest, "called back too soon")
          }
          calledBack[one] = now
          connect(&seats, one, at: now)
        case .end(.session(let one)): seats.disconnected(.session(one), at: now)
        case .told, .end: break
        }
      }
      let taken = seats.viewers.values.count {
        switch $0.place {
        case .kept, .seated, .leaving: true
        case .outside, .hls: false
        }
      }
      #expect(seats.total.taken == taken)
      #expect(taken <= budget + SeatLimits.allowance(of: budget))
    }
    #expect(last > 100)
  }

  private func connect(_ seats: inout Seats, _ session: String, at now: Instant) {
    guard seats.mayConnect(.session(session), at: now) else { return }
    seats.connected(.session(session), at: now)
  }

  private func pick(_ from: inout [String], _ random: inout SplitMix) -> String? {
    guard !from.isEmpty else { return nil }
    return from.remove(at: Int(random.next() % UInt64(from.count)))
  }
}

/// A seeded generator.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
