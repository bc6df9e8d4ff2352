// A writing process is killed at random moments: what it acknowledged is there after each restart.

import Foundation
import RoomLog
import Testing

@testable import Store

@Suite("Killed processes")
struct KillTests {
  private static let rooms = 8
  /// Beside the test bundle, where the build puts all products.
  private static let program = Bundle.main.executableURL?.deletingLastPathComponent()
    .appending(path: "StoreWriter")

  /// The greatest acknowledged command of each room, over all runs.
  private struct Acknowledged {
    var last = [Int64](repeating: 0, count: rooms)

    /// Takes in whole lines "room command"; the last one may be cut.
    mutating func read(_ output: Data) {
      for line in output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        .dropLast()
      {
        let numbers = String(decoding: line, as: UTF8.self).split(separator: " ")
          .compactMap { Int64($0) }
        #expect(numbers.count == 2)
        guard numbers.count == 2 else { continue }
        let (room, command) = (Int(numbers[0]), numbers[1])
        #expect(command == last[room] + 1, "acknowledged out of order")
        last[room] = command
      }
    }
  }

  @Test(
    "kill -9 at random moments loses no acknowledged command, does none twice, leaves no gap",
    arguments: StoreKind.allCases)
  func kill(_ kind: StoreKind) throws {
    let stage = try StoreStage(kind)
    // The tables are there before anything is looked for in them.
    _ = try stage.writer()
    var random = SeededNumbers(seed: 9)
    var acknowledged = Acknowledged()
    for round in 0..<(isLong ? 200 : 20) {
      // Some are killed before they said anything.
      let bytes = round % 5 == 4 ? 0 : Int.random(in: 1...30_000, using: &random)
      acknowledged.read(try run(stage, acknowledged, killedAfter: bytes))
      try check(stage, acknowledged, "round \(round)")
    }
    #expect(acknowledged.last.allSatisfy { $0 > 100 })
  }

  /// Runs the program until it has said `count` bytes, kills it, and returns all it said.
  private func run(
    _ stage: StoreStage, _ acknowledged: Acknowledged, killedAfter count: Int
  ) throws -> Data {
    let (process, output) = try KillTests.start(
      stage.place, stage.folder, after: acknowledged.last, lease: 15_000)
    var said = Data()
    while said.count < count {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { break }
      said += more
    }
    Glibc.kill(process.processIdentifier, SIGKILL)
    said += output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal, "it ended by itself")
    return said
  }

  /// Starts the program.
  static func start(
    _ place: StorePlace, _ folder: TemporaryFolder, after last: [Int64], lease: Int
  ) throws -> (Process, Pipe) {
    let process = Process()
    process.executableURL = KillTests.program
    process.arguments = [
      folder.path, last.map { String($0 + 1) }.joined(separator: ","),
    ]
    if case .postgres(let address, _) = place {
      process.arguments? += [address.url, String(lease)]
    }
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    return (process, output)
  }

  private func check(
    _ stage: StoreStage, _ acknowledged: Acknowledged, _ place: String
  ) throws {
    try stage.check()
    try KillTests.check(try stage.tables(), acknowledged.last, place)
  }

  /// Whether all that was acknowledged is there, once.
  static func check(_ database: any SQLDatabase, _ last: [Int64], _ place: String) throws {
    let twice = try database.integer("SELECT count(*) - count(DISTINCT key) FROM replies")
    #expect(twice == 0, "\(place): a command was done twice")
    for (index, last) in last.enumerated() where last > 0 {
      let stored = try database.integer(
        """
        SELECT count(*) FROM replies WHERE at_ms <= ?
        AND room = (SELECT key FROM rooms WHERE name = ?)
        """, .integer(1_000_000 + last), .text("room-\(index)"))
      #expect(stored == last, "\(place): room \(index) lost commands")
      let events = try database.integer(
        """
        SELECT count(*) FROM events WHERE at_ms <= ?
        AND room = (SELECT key FROM rooms WHERE name = ?)
        """, .integer(last), .text("room-\(index)"))
      #expect(events == (1...last).reduce(0) { $0 + 1 + $1 % 3 }, "\(place): events are missing")
    }
  }
}
