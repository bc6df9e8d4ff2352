import Loop
import Testing
import Wire

@Suite("A wall clock without jumps")
struct SteadyClockTests {
  private let start = Instant(nanoseconds: 5_000_000_000)
  private let wall = WallTime(nanoseconds: 1_793_000_000_000_000_000)

  @Test("a clock set an hour ahead or back moves it by 10 ms a second, and is told once")
  func steps() {
    for sign: Int64 in [1, -1] {
      var clock = SteadyClock(at: start, wall: wall)
      let step = TimeSpan.seconds(3600 * sign)
      var told: [TimeSpan] = []
      for second in Int64(1)...10 {
        let passed = TimeSpan.seconds(second)
        if let by = clock.follow(wall + passed + step, at: start + passed) { told.append(by) }
        let moved = clock.wall(at: start + passed) - (wall + passed)
        #expect(moved == .milliseconds(10 * second * sign))
      }
      #expect(told == [step])
    }
  }

  @Test("a clock that runs right is followed to the nanosecond, and so is what NTP corrects")
  func steady() {
    var clock = SteadyClock(at: start, wall: wall)
    #expect(clock.follow(wall + .seconds(7), at: start + .seconds(7)) == nil)
    #expect(clock.wall(at: start + .seconds(7)) == wall + .seconds(7))
    let slightly = wall + .seconds(8) + .milliseconds(5)
    #expect(clock.follow(slightly, at: start + .seconds(8)) == nil)
    #expect(clock.wall(at: start + .seconds(8)) == slightly)
  }

  @Test("it never goes back, whatever it is told")
  func forward() {
    var clock = SteadyClock(at: start, wall: wall)
    var last = clock.wall(at: start)
    for turn in Int64(1)...1000 {
      let now = start + .milliseconds(turn)
      _ = clock.follow(WallTime(nanoseconds: turn % 2 == 0 ? .max / 4 : 0), at: now)
      #expect(clock.wall(at: now) > last)
      last = clock.wall(at: now)
    }
  }
}
