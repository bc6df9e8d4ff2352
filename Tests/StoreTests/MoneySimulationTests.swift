import Foundation
import Testing

@Suite("Shops and wallets, over random histories with kills")
struct MoneySimulationTests {
  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  /// How many seeds; the variable MONEY_SEEDS says otherwise, and SEED where they begin.
  private static let seeds = number("MONEY_SEEDS") ?? 200
  private static let first = number("SEED") ?? 0
  /// Seeds on PostgreSQL, where each commit costs a round trip and an fsync: as many as every run has.
  private static let postgresSeeds = min(seeds, 200)
  /// Histories in one database: making one takes longer than a history.
  private static let perDatabase: UInt64 = 10

  @Test(
    "no coin is made or lost, no lot is won twice, holds end in time, log and ledger agree",
    arguments: StoreKind.allCases)
  func ledgers(_ kind: StoreKind) throws {
    let seeds = kind == .sqlite ? MoneySimulationTests.seeds : MoneySimulationTests.postgresSeeds
    var (crashes, repeats, gifts, sold, wins, expired, moves) = (0, 0, 0, 0, 0, 0, 0)
    var disk = try MoneyDisk(kind)
    for (index, seed) in (MoneySimulationTests.first..<MoneySimulationTests.first + seeds)
      .enumerated()
    {
      if index > 0, UInt64(index) % MoneySimulationTests.perDatabase == 0 {
        moves += disk.moves
        disk = try MoneyDisk(kind)
      }
      var show = SimulatedMoney(seed: seed, on: disk)
      try show.run()
      #expect(
        show.complaints == [],
        "replay with: SEED=\(seed) MONEY_SEEDS=1 swift test --filter StoreTests.*ledgers")
      guard show.complaints.isEmpty else { return }
      crashes += show.crashes
      repeats += show.repeats
      gifts += show.gifts
      sold += show.sold
      wins += show.wins
      expired += show.expired
    }
    moves += disk.moves
    let name = kind == .sqlite ? "SQLite" : "PostgreSQL"
    print(
      "\(seeds) ledgers on \(name): \(crashes) kills, \(repeats) repeats, \(gifts) gifts, "
        + "\(sold) sold, \(wins) auctions won, \(expired) holds ran out, \(moves) commits of coins")
    // The histories are worth something.
    let count = Int(seeds)
    guard count >= 100 else { return }
    #expect(crashes >= count && repeats >= count && gifts >= 5 * count)
    #expect(sold >= count / 2 && wins >= count / 4 && expired >= count / 4)
  }
}
