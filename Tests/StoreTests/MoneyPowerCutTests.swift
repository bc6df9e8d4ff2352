// The power goes while people buy, bid and give: what they were answered is there.

import Room
import RoomLog
import Testing

@testable import Store

@Suite("Power cuts while something is sold")
struct MoneyPowerCutTests {
  /// Moments that are looked at, of some thousand.
  private static let moments = isLong ? 1_000_000 : 150

  @Test("orders, bids, gifts and purchases that were answered are there, and the ledger is whole")
  func sales() throws {
    let recording = try FaultyDisk()
    let disk = try MoneyDisk(.sqlite, recording: recording)
    var show = SimulatedMoney(seed: 5, on: disk, steps: 220, dies: false)
    try show.run()
    #expect(show.complaints == [])
    var kinds: Set<String> = []
    for promise in show.promises {
      kinds.insert(String("\(promise.envelope.command)".prefix { $0 != "(" }))
    }
    #expect(kinds.isSuperset(of: ["shop", "gift", "buyCoins"]) && show.promises.count > 20)

    var images = CrashImages()
    var random = SeededNumbers(seed: 3)
    let stride = max(1, recording.count / MoneyPowerCutTests.moments)
    var checked = 0
    for index in 0..<recording.count {
      let (file, operation) = recording.operation(index)
      guard images.advance(file, operation), index % stride == 0 else { continue }
      let kept = show.promises.filter { $0.operations <= index + 1 }
      guard !kept.isEmpty else { continue }
      let loss = CrashImages.Loss.allCases.randomElement(using: &random) ?? .everything
      let crashed = try TemporaryFolder()
      try images.write(to: crashed.directory, losing: loss, &random)
      let place = "operation \(index), losing \(loss)"
      let reader = try RoomReader(crashed.directory)
      #expect(try reader.ledgerFaults() == [], "\(place)")
      for promise in kept {
        #expect(try MoneyPowerCutTests.isThere(promise, reader), "\(promise.key): \(place)")
      }
      try checkRooms(reader, place)
      checked += 1
    }
    #expect(checked > 80)
  }

  private static func isThere(
    _ promise: (operations: Int, key: String, envelope: CommandEnvelope, body: [UInt8]),
    _ reader: RoomReader
  ) throws -> Bool {
    switch promise.envelope.command {
    case .gift, .buyCoins:
      try reader.database.integer(
        "SELECT 1 FROM transfers WHERE subject = ? AND key = ?",
        .text(promise.envelope.identity), .text(promise.key)) == 1
    default:
      try reader.database.first(
        "SELECT body FROM replies WHERE subject = ? AND key = ?",
        [.text(promise.envelope.identity), .text(promise.key)]
      ) { $0.bytes(0) } == promise.body
    }
  }

  /// The logs are whole, and tell no gift that was not paid for.
  private func checkRooms(_ reader: RoomReader, _ place: String) throws {
    for number in 0...1 {
      guard let room = try reader.room(named: "show-5-\(number)") else { continue }
      let replayed = try ReplayedRoom(room, from: reader, atMs: .max / 2)
      #expect(replayed.complaints == [], "\(place)")
      let paid = try reader.gifts(in: room, after: 0).map {
        [$0.number ?? 0, $0.purpose.coins, $0.purpose.count]
      }
      #expect(Array(paid.prefix(replayed.gifts.count)) == replayed.gifts, "\(place)")
    }
  }
}
