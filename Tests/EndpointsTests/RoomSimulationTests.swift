import Glibc
import RoomLog
import Testing

@testable import Endpoints

@Suite("Durable rooms, over random histories with cuts and crashes")
struct RoomSimulationTests {
  /// How many seeds; the variable ROOM_SEEDS says otherwise, and SEED where they begin.
  private static let seeds = number("ROOM_SEEDS") ?? 200
  private static let first = number("SEED") ?? 0

  private static func number(_ name: String) -> UInt64? {
    unsafe getenv(name).flatMap { unsafe String(validatingCString: $0) }.flatMap { UInt64($0) }
  }

  @Test(
    "what once went wrong goes right: counters that were on their way at a cut",
    arguments: [1_795_264_513, 1_795_264_980, 1_795_265_459] as [UInt64])
  func regressions(seed: UInt64) throws {
    var rooms = try SimulatedRooms(seed: seed)
    try rooms.run()
    #expect(rooms.complaints == [])
  }

  @Test(
    "whatever happens, members are told only what is on the disk, once, and end with the same room")
  func histories() throws {
    var (crashes, repeats, resumes, lags, events) = (0, 0, 0, 0, 0)
    var kinds: [String: Int] = [:]
    for seed in Self.first..<Self.first + Self.seeds {
      var rooms = try SimulatedRooms(seed: seed)
      try rooms.run()
      #expect(
        rooms.complaints.isEmpty,
        "replay with: SEED=\(seed) ROOM_SEEDS=1 swift test --filter EndpointsTests.*histories")
      if Self.seeds == 1 { rooms.printLogs() }
      crashes += rooms.crashes
      repeats += rooms.repeats
      resumes += rooms.resumes
      lags += rooms.lags
      for event in rooms.disk.rooms.values.flatMap(\.events) {
        events += 1
        kinds[event.kind, default: 0] += 1
      }
    }
    // The histories are worth something.
    let count = Int(Self.seeds)
    print(
      "\(count) rooms: \(crashes) crashes, \(repeats) repeats, \(resumes) resumes, \(lags) lags, \(events) events"
    )
    let sales = [
      "dropScheduled", "claimed", "dropDecided", "holdMade", "holdEnded", "dropSettled",
      "bidPlaced", "lotAwarded", "orderMade", "paymentOffered", "orderMoved", "cartSet",
      "listingPinned",
    ]
    print(sales.map { "\($0) \(kinds[$0] ?? 0)" }.joined(separator: ", "))
    if count >= 100 { for kind in sales { #expect(kinds[kind] ?? 0 >= count / 50, "\(kind)") } }
    #expect(crashes >= count / 2 && repeats >= count && resumes >= count)
    #expect(lags >= count && events > 30 * count)
  }
}
