// The machine's two clocks.

import CLinux
package import Wire

/// Reads the machine's clocks. The core never does: it is given the time.
package enum SystemClock {
  /// The monotonic clock now; comparable between threads of this process.
  package static func now() -> Instant {
    Instant(nanoseconds: clinux_monotonic_nanoseconds())
  }

  /// The monotonic clock with the time the machine slept: the wall clock's pace without its jumps.
  package static func sinceBoot() -> Instant {
    Instant(nanoseconds: clinux_boot_nanoseconds())
  }

  /// Whether the kernel believes that the wall clock is kept right, by NTP or the like.
  package static var isSynchronised: Bool { clinux_clock_is_synchronised() != 0 }

  /// The wall clock now; it may jump.
  package static func wallTime() -> WallTime {
    WallTime(nanoseconds: clinux_wall_nanoseconds())
  }
}
