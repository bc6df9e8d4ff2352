// Ways to watch that are late: measured by the server, made up for in drops and auctions.

import Access
import Commerce
import Room
import Testing

@Suite("Viewers on HLS in drops and auctions")
struct TierTests {
  /// A room whose viewers watch by two ways, with true delays that nobody says.
  private struct Show {
    var test = TestHouse()
    var seed: UInt64
    /// How much later than the others viewers on HLS see everything.
    let hlsDelayMs: Int64
    /// From the frame to WebRTC viewers' eyes, and from their word to the server.
    static let webRTCDelayMs: Int64 = 150
    static let people = (0..<40).map { "v\($0)" }

    init(seed: UInt64, hlsDelayMs: Int64) throws {
      self.seed = seed
      self.hlsDelayMs = hlsDelayMs
      test.house.tiers = [.webRTC, .hls]
      _ = try test.house.arrive(
        Arrival(identity: "alice", name: "Alice", role: .host), atMs: test.atMs)
      for person in Show.people {
        _ = try test.house.arrive(
          Arrival(identity: person, name: person, role: .viewer), atMs: test.atMs)
      }
      try test.does(
        .shop(
          .putListing(
            ListingDraft(
              reference: "scarf", title: "Scarf", currency: "EUR",
              variants: [VariantDraft(sku: "S", priceMinor: 100, units: 100)]))),
        "alice", .host)
    }

    mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return range.lowerBound
        + Int64(seed >> 33) % (range.upperBound - range.lowerBound + 1)
    }

    func tier(_ person: String) -> AudienceTier {
      (Int(person.dropFirst()) ?? 0) % 2 == 0 ? .webRTC : .hls
    }

    /// How late somebody's words come that answer what they saw.
    func lateness(_ person: String) -> Int64 {
      Show.webRTCDelayMs + (tier(person) == .hls ? hlsDelayMs : 0)
    }

    mutating func does(_ command: RoomCommand, _ person: String) throws {
      var envelope = test.envelope(command, person)
      envelope.tier = tier(person)
      guard case .decided(let pending) = test.house.submit(envelope) else {
        throw CommandRefusal(.wrongState, "refused")
      }
      test.commit(pending)
    }

    /// The host pins something, and everybody's page says when it shows that.
    mutating func pin() throws {
      test.atMs += 1000
      let listing = try #require(test.house.state.shop.listings.first?.id)
      try test.does(.shop(.pinListing(slot: 1, listing)), "alice", .host)
      let pinned = test.atMs
      let pin = try #require(test.house.state.shop.pins.first?.id)
      for person in Show.people.sorted(by: { lateness($0) < lateness($1) }) {
        test.atMs = pinned + lateness(person) + number(0...40)
        try does(.seen(pin: pin), person)
      }
    }

    /// Everybody claims when they see that the drop is open, as fast as they are.
    ///
    /// - Returns: how many who hold a unit afterwards are on HLS, and how many are not.
    mutating func drop(units: Int64) throws -> (hls: Int, webRTC: Int, windowMs: Int64) {
      try test.does(
        .shop(
          .scheduleDrop(
            DropDraft(
              sku: "S", quantity: units, priceMinor: 50, countdownSeconds: 10,
              durationSeconds: 60))),
        "alice", .host)
      test.atMs += 10_000
      _ = test.ticks()
      let drop = try #require(test.house.state.shop.drops.last)
      let opened = try #require(drop.openedAtMs)
      var claims = Show.people.map { ($0, opened + lateness($0) + number(200...700)) }
      claims.sort { $0.1 < $1.1 }
      for (person, atMs) in claims {
        test.atMs = atMs
        _ = test.ticks()
        try does(.shop(.claim(drop: drop.id, quantity: 1)), person)
      }
      test.atMs = opened + 4000
      _ = test.ticks()
      let winners = test.house.state.shop.holds.compactMap {
        test.house.people.record($0.value.buyer.person)?.identity
      }
      #expect(winners.count == Int(units))
      let late = winners.count { tier($0) == .hls }
      return (late, winners.count - late, drop.windowMs)
    }
  }

  @Test("buyers on HLS win as often as those on WebRTC, once their delay is measured")
  func sameShare() throws {
    var (hls, webRTC) = (0, 0)
    for seed in 0..<30 as Range<UInt64> {
      var show = try Show(seed: seed, hlsDelayMs: 2100)
      try show.pin()
      #expect(abs(show.test.house.delays.delayMs(of: .hls) - 2100) <= 40)
      let result = try show.drop(units: 10)
      #expect(result.windowMs == 3000)
      hls += result.hls
      webRTC += result.webRTC
    }
    // Of 300 wins; by chance alone 120 or fewer come once in two thousand times.
    #expect((120...180).contains(hls), "\(hls) of \(hls + webRTC)")
  }

  @Test("before anything is measured the presumed delay counts: no more and no less")
  func presumed() throws {
    var (hls, webRTC) = (0, 0)
    for seed in 0..<30 as Range<UInt64> {
      var show = try Show(seed: seed, hlsDelayMs: AudienceTier.hls.presumedDelayMs)
      let result = try show.drop(units: 10)
      hls += result.hls
      webRTC += result.webRTC
    }
    #expect((120...180).contains(hls), "\(hls) of \(hls + webRTC)")
  }

  @Test("a tier's delay is the median of what many say, above WebRTC's, and nobody's to choose")
  func median() {
    var delays = TierDelays()
    for late in [100, 110, 120, 130, 140] as [Int64] { delays.add(late, of: .webRTC) }
    for late in [1900, 1950, 2000, 2050] as [Int64] { delays.add(late, of: .hls) }
    #expect(delays.delayMs(of: .hls) == AudienceTier.hls.presumedDelayMs, "too few to say")
    // One who waits as long as counts changes little.
    delays.add(TierDelays.latenessMsMax, of: .hls)
    #expect(delays.delayMs(of: .hls) == 2000 - 120)
    for late in [TierDelays.latenessMsMax + 1, -1, .max, .min] { delays.add(late, of: .hls) }
    #expect(delays.delayMs(of: .hls) == 2000 - 120)
    #expect(delays.delayMs(of: .webRTC) == 0)
    // Only the newest count.
    for _ in 0..<TierDelays.samplesMax { delays.add(4900, of: .hls) }
    #expect(delays.delayMs(of: .hls) == ShopLimits.windowMsMax, "never more than the window")
    for _ in 0..<TierDelays.samplesMax { delays.add(10, of: .hls) }
    #expect(delays.delayMs(of: .hls) == 0)
  }

  @Test("who came after a pin was made, who says seen twice, and staff measure nothing")
  func whoMeasures() throws {
    var show = try Show(seed: 1, hlsDelayMs: 1000)
    let listing = try #require(show.test.house.state.shop.listings.first?.id)
    try show.test.does(.shop(.pinListing(slot: 1, listing)), "alice", .host)
    let pin = try #require(show.test.house.state.shop.pins.first?.id)
    show.test.atMs += 1000
    for number in 0..<TierDelays.samplesMin {
      let late = "late\(number * 2 + 1)"
      _ = try show.test.house.arrive(
        Arrival(identity: late, name: "", role: .viewer), atMs: show.test.atMs)
      var envelope = show.test.envelope(.seen(pin: pin), late)
      envelope.tier = .hls
      _ = show.test.house.submit(envelope)
      _ = show.test.house.submit(show.test.envelope(.seen(pin: pin), "v1"))
    }
    var one = TierDelays()
    one.add(1000, of: .webRTC)
    #expect(show.test.house.delays == one, "v1 is no more than one")
  }

  @Test("an auction waits for its slowest viewers: with HLS three seconds, else a third of one")
  func lot() throws {
    for (tiers, windowMs) in [([.webRTC], 300), ([.webRTC, .hls], 3000)]
      as [(Set<AudienceTier>, Int64)]
    {
      var show = try Show(seed: 1, hlsDelayMs: 1500)
      show.test.house.tiers = tiers
      try show.test.does(
        .shop(.openLot(LotDraft(sku: "S", startMinor: 100, durationSeconds: 10, isSoft: false))),
        "alice", .host)
      let lot = try #require(show.test.house.state.shop.lots.last)
      show.test.atMs = lot.endsAtMs
      _ = show.test.ticks()
      let closing = try #require(show.test.house.state.shop.lot(lot.id))
      #expect(closing.stage == .closing)
      #expect(closing.closesAtMs == lot.endsAtMs + windowMs)
      // Seen before the end, said after it: the time of who watches HLS counts.
      show.test.atMs = lot.endsAtMs + 290
      let bid = RoomCommand.shop(.bid(lot: lot.id, amountMinor: 100, maxMinor: nil))
      #expect(throws: CommandRefusal.self) { try show.does(bid, "v0") }
      if tiers.contains(.hls) { try show.does(bid, "v1") }
      #expect(show.test.house.state.shop.lot(lot.id)?.bidCount == (tiers.contains(.hls) ? 1 : 0))
    }
  }
}
