// The audit of a drop's log: silent when all is right, and it names each kind of fault.

import Access
import JSON
import Room
import Testing

@testable import Commerce

@Suite("Auditing the log of a drop")
struct DropAuditTests {
  /// A drop of three units that seven have claimed, with what each was told.
  private struct Told {
    var test = TestHouse()
    var events: [SequencedEvent] = []
    var drop: ShopID = 0
    /// By buyer, claims with their units.
    var claimed: [String: [ShopID: Int64]] = [:]
    var sights: [JSONObject] = []

    mutating func keep(_ pending: Pending) { events += pending.events }

    mutating func host(_ command: ShopCommand) throws -> Int64 {
      let pending = try test.does(.shop(command), "ann", .host)
      keep(pending)
      return pending.events.last?.sequence ?? 0
    }

    mutating func wait(_ ms: Int64) {
      test.atMs += ms
      for pending in test.house.tick(atMs: test.atMs) {
        test.commit(pending)
        keep(pending)
      }
    }

    mutating func claim(_ buyer: String, _ quantity: Int64) throws {
      let pending = try test.does(.shop(.claim(drop: drop, quantity: quantity)), buyer)
      keep(pending)
      claimed[buyer, default: [:]][pending.events.last?.sequence ?? 0] = quantity
    }

    mutating func look(_ buyer: String) throws {
      let me = test.house.personal(buyer, token: .viewer, atMs: test.atMs)
      guard case .object(let object) = try JSONValue.parse(me),
        case .object(let shop)? = object["shop"]
      else { return }
      sights.append(
        JSONObject([
          ("identity", .string(buyer)),
          (
            "claimed",
            .array(
              (claimed[buyer] ?? [:]).map { claim in
                ["claim": .integer(claim.key), "quantity": .integer(claim.value)]
              })
          ),
          ("cursor", object["cursor"] ?? .null), ("holds", shop["holds"] ?? .null),
          ("claims", shop["claims"] ?? .null),
        ]))
    }

    func line(_ entry: SequencedEvent) -> JSONObject {
      JSONObject([
        ("type", "event"), ("sequence", .integer(entry.sequence)),
        ("atMs", .integer(entry.atMs)), ("mediaTimeMs", .null),
        ("actor", .integer(Int64(entry.actor.rawValue))), ("kind", .string(entry.event.kind)),
        ("body", .object(EventCoding.publishedBody(entry.event.body))),
      ])
    }

    var people: [JSONObject] {
      claimed.keys.sorted().map { identity in
        let person = test.house.people.person(identity)?.rawValue ?? 0
        return JSONObject([
          ("type", "person"), ("person", .integer(Int64(person))), ("identity", .string(identity)),
        ])
      }
    }
  }

  private static let buyers = ["b", "c", "d", "e", "f", "g", "h"]

  private func told() throws -> Told {
    var told = Told()
    _ = try told.host(.putListing(ShopStory.listing("mug", "MUG", units: 3)))
    told.drop = try told.host(
      .scheduleDrop(
        DropDraft(
          sku: "MUG", quantity: 3, priceMinor: 900, countdownSeconds: 10, durationSeconds: 60,
          perBuyer: 2, holdSeconds: 30)))
    told.wait(10_000)
    for (index, buyer) in DropAuditTests.buyers.enumerated() {
      try told.claim(buyer, Int64(1 + index % 2))
    }
    // One looks while nothing is decided.
    try told.look("b")
    told.wait(300)
    for buyer in DropAuditTests.buyers.dropFirst() { try told.look(buyer) }
    // Holds run out, others get the units.
    told.wait(31_000)
    return told
  }

  private func report(
    _ told: Told, _ lines: [JSONObject]? = nil, _ sights: [JSONObject]? = nil
  ) throws -> DropAudit.Report {
    var audit = DropAudit()
    for line in lines ?? told.events.map({ told.line($0) }) + told.people {
      try audit.take(log: JSONValue.object(line).write())
    }
    for sight in sights ?? told.sights {
      try audit.take(sight: JSONValue.object(sight).write())
    }
    return audit.judge()
  }

  @Test("a log that was told as it is has nothing to complain of")
  func right() throws {
    let told = try told()
    let report = try report(told)
    #expect(report.complaints == [])
    #expect(report.claims == 7 && report.buyers == 7 && report.takenMost == 3)
    #expect(report.held + report.sold == 3 && report.waiting > 0)
    #expect(report.handedOn > 0)
  }

  @Test("a claim that was acknowledged and is not in the log is found")
  func lost() throws {
    let told = try told()
    var sights = told.sights
    sights[2]["claimed"] = .array([["claim": 4711, "quantity": 1]])
    let report = try report(told, nil, sights)
    #expect(report.complaints.contains { $0.contains("4711 was acknowledged") })
  }

  @Test("a claim carried out twice is found")
  func twice() throws {
    let told = try told()
    var sights = told.sights
    sights[2]["claimed"] = .array([])
    let report = try report(told, nil, sights)
    #expect(report.complaints.contains { $0.contains("1 claims in the log, 0 acknowledged") })
  }

  @Test("who was told another place in line, or of another hold, is found")
  func misled() throws {
    let told = try told()
    var sights = told.sights
    for index in sights.indices.dropFirst() {
      guard case .array(let claims)? = sights[index]["claims"],
        case .object(var claim)? = claims.first
      else { continue }
      claim["position"] = 77
      sights[index]["claims"] = .array([.object(claim)])
      let report = try report(told, nil, sights)
      #expect(report.complaints.contains { $0.contains("was told of claims") })
      break
    }
    sights = told.sights
    sights[0]["holds"] = .array([["id": 4711, "quantity": 1]])
    let report = try report(told, nil, sights)
    #expect(report.complaints.contains { $0.contains("was told of holds") })
  }

  /// The drop once more: no merchant takes orders while its holds run out.
  private func unattended() throws -> Told {
    var told = try told()
    told.test.house.takers = OrderTakers(names: [], sole: nil)
    told.wait(31_000)
    told.wait(5_000)
    return told
  }

  private func numbered(_ lines: [JSONObject]) -> [JSONObject] {
    zip(lines, Int64(1)...).map { line, sequence in
      var line = line
      line["sequence"] = .integer(sequence)
      return line
    }
  }

  @Test("what waits for a merchant, or for the end of a pause, waits rightly")
  func waiting() throws {
    var told = try unattended()
    #expect(told.events.count { $0.event.kind == "merchantAwaited" } == 1)
    #expect(try report(told).complaints == [])
    told.test.house.takers = nil
    told.wait(1_000)
    #expect(told.events.last?.event.kind == "holdMade")
    var pause = ShopSettingsChange()
    pause.isPaused = true
    _ = try told.host(.setShop(pause))
    told.wait(31_000)
    told.wait(5_000)
    let report = try report(told)
    #expect(report.complaints == [] && report.waiting > 0 && report.held == 0)
  }

  @Test("units that wait though a merchant takes orders are found")
  func waitingWrongly() throws {
    let told = try unattended()
    // Nobody says why they wait.
    let lines = told.events.map { told.line($0) }
    let index = try #require(lines.firstIndex { $0["kind"] == "merchantAwaited" })
    var silent = lines
    silent.remove(at: index)
    #expect(
      try report(told, numbered(silent)).complaints.contains {
        $0.contains("are free and somebody waits")
      })
    // It is said while orders are taken.
    let last = try #require(told.events.last)
    var order = told.line(last)
    order["sequence"] = .integer(last.sequence + 1)
    order["kind"] = "orderMade"
    order["body"] = .object(
      ShopEvent.orderMade(
        OrderMadeEvent(
          source: .cart, lines: [OrderLine(sku: "MUG", quantity: 1, priceMinor: 900)],
          discountMinor: 0, voucher: nil, untilMs: last.atMs + 60_000)
      ).body)
    let contrary = told.events.map { told.line($0) } + [order] + told.people
    #expect(
      try report(told, contrary).complaints.contains { $0.contains("while units wait") })
    // It is said before anything waits: it has no meaning.
    let early = [lines[0], lines[index]]
    #expect(try report(told, numbered(early), []).complaints.contains { $0.contains("no meaning") })
  }

  @Test("who was told of an event that is not in the log is found")
  func ahead() throws {
    let told = try told()
    let lines = told.events.prefix(5).map { told.line($0) } + told.people
    let report = try report(told, lines)
    #expect(report.complaints.contains { $0.contains("which is not in the log") })
  }

  @Test("a hold that the rules don't allow has no meaning, and is found")
  func tooMany() throws {
    let told = try told()
    var lines = told.events.map { told.line($0) }
    let made = try #require(told.events.first { $0.event.kind == "holdMade" })
    var again = told.line(made)
    again["sequence"] = .integer(Int64(lines.count) + 1)
    lines.append(again)
    let report = try report(told, lines + told.people)
    #expect(report.complaints.contains { $0.contains("no meaning") })
  }

  @Test("a log with a gap is refused")
  func gap() throws {
    let told = try told()
    var audit = DropAudit()
    try audit.take(log: JSONValue.object(told.line(told.events[0])).write())
    #expect(throws: DropAudit.Refusal.self) {
      try audit.take(log: JSONValue.object(told.line(told.events[2])).write())
    }
  }
}
