import Glibc
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
    "whatever happens, members are told only what is on the disk, once, and end with the same room")
  func histories() throws {
    var (crashes, repeats, resumes, lags, events) = (0, 0, 0, 0, 0)
    for seed in Self.first..<Self.first + Self.seeds {
      var rooms = try SimulatedRooms(seed: seed)
      try rooms.run()
      #expect(
        rooms.complaints.isEmpty,
        "replay with: SEED=\(seed) ROOM_SEEDS=1 swift test --filter EndpointsTests.*histories")
      crashes += rooms.crashes
      repeats += rooms.repeats
      resumes += rooms.resumes
      lags += rooms.lags
      events += rooms.disk.rooms.values.reduce(0) { $0 + $1.events.count }
    }
    // The histories are worth something.
    let count = Int(Self.seeds)
    print(
      "\(count) rooms: \(crashes) crashes, \(repeats) repeats, \(resumes) resumes, \(lags) lags, \(events) events"
    )
    #expect(crashes >= count / 2 && repeats >= count && resumes >= count)
    #expect(lags >= count && events > 30 * count)
  }
}
