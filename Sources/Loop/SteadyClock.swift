// A wall clock without jumps: for what begins and ends at a time.

package import Wire

/// The machine's wall clock of the start, carried on by a clock that never jumps, and led back to the
/// machine's own by little.
///
/// A room's holds, drops and auctions end by it. A wall clock that is set an hour ahead would end all of
/// them at once; one that is set back would hold up for an hour whatever is due.
package struct SteadyClock: Sendable {
  /// How fast it follows a clock that was set: 10 ms a second, which no countdown shows.
  private static let pace: Int64 = 100
  /// From where on a difference is a step, and not what NTP corrects by itself.
  private static let stepNanoseconds: Int64 = 1_000_000_000

  /// The wall time less the other clock's, in nanoseconds.
  private var offset: Int64
  private var last: Instant
  private var isApart = false

  /// - Parameters:
  ///   - base: a clock that never jumps, as every later one.
  ///   - wall: the machine's wall clock at that moment.
  package init(at base: Instant, wall: WallTime) {
    offset = wall.nanoseconds &- base.nanoseconds
    last = base
  }

  /// The wall time at a moment.
  package func wall(at base: Instant) -> WallTime {
    WallTime(nanoseconds: base.nanoseconds &+ offset)
  }

  /// Follows the machine's clock.
  ///
  /// - Returns: by how much it was set, once for each time; nil otherwise.
  package mutating func follow(_ wall: WallTime, at base: Instant) -> TimeSpan? {
    let most = max(0, base.nanoseconds &- last.nanoseconds) / SteadyClock.pace
    last = max(last, base)
    let apart = wall.nanoseconds &- base.nanoseconds &- offset
    offset = offset &+ min(max(apart, -most), most)
    let isStep = apart.magnitude > SteadyClock.stepNanoseconds.magnitude
    defer { isApart = isStep }
    return isStep && !isApart ? TimeSpan(nanoseconds: apart) : nil
  }
}
