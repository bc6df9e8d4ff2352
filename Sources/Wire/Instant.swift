// Time as the core sees it: always an argument, never asked for.

/// A point on the process's monotonic clock. Only differences mean anything.
package struct Instant: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// Nanoseconds since an arbitrary origin.
  package var nanoseconds: Int64
  @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  /// The origin of the clock; virtual time starts here.
  package static let zero = Instant(nanoseconds: 0)
  /// Later than anything that will happen.
  package static let distantFuture = Instant(nanoseconds: .max)

  @inlinable package static func < (a: Instant, b: Instant) -> Bool {
    a.nanoseconds < b.nanoseconds
  }
  /// The instant `span` later; saturates at `distantFuture`.
  @inlinable package static func + (a: Instant, span: TimeSpan) -> Instant {
    let (sum, overflow) = a.nanoseconds.addingReportingOverflow(span.nanoseconds)
    return overflow ? .distantFuture : Instant(nanoseconds: sum)
  }
  /// The instant `span` earlier.
  @inlinable package static func - (a: Instant, span: TimeSpan) -> Instant {
    Instant(nanoseconds: a.nanoseconds &- span.nanoseconds)
  }
  /// The time from `b` to `a`; negative when `a` is earlier.
  @inlinable package static func - (a: Instant, b: Instant) -> TimeSpan {
    TimeSpan(nanoseconds: a.nanoseconds &- b.nanoseconds)
  }
}

/// A length of time in whole nanoseconds: eight bytes where Swift's `Duration` has sixteen.
package struct TimeSpan: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// The length; negative means earlier.
  package var nanoseconds: Int64
  @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  /// No time at all.
  package static let zero = TimeSpan(nanoseconds: 0)
  @inlinable package static func seconds(_ n: Int64) -> TimeSpan {
    .init(nanoseconds: n * 1_000_000_000)
  }
  /// A length from fractional seconds.
  @inlinable package init(fractionalSeconds n: Double) { nanoseconds = Int64(n * 1e9) }
  @inlinable package static func milliseconds(_ n: Int64) -> TimeSpan {
    .init(nanoseconds: n * 1_000_000)
  }
  @inlinable package static func microseconds(_ n: Int64) -> TimeSpan {
    .init(nanoseconds: n * 1000)
  }
  /// The length in seconds.
  @inlinable package var seconds: Double { Double(nanoseconds) / 1e9 }
  /// The length in milliseconds.
  @inlinable package var milliseconds: Double { Double(nanoseconds) / 1e6 }
  @inlinable package static func < (a: TimeSpan, b: TimeSpan) -> Bool {
    a.nanoseconds < b.nanoseconds
  }
  @inlinable package static func + (a: TimeSpan, b: TimeSpan) -> TimeSpan {
    TimeSpan(nanoseconds: a.nanoseconds &+ b.nanoseconds)
  }
  @inlinable package static func - (a: TimeSpan, b: TimeSpan) -> TimeSpan {
    TimeSpan(nanoseconds: a.nanoseconds &- b.nanoseconds)
  }
  @inlinable package static func * (a: TimeSpan, n: Int64) -> TimeSpan {
    TimeSpan(nanoseconds: a.nanoseconds &* n)
  }
  @inlinable package static func / (a: TimeSpan, n: Int64) -> TimeSpan {
    TimeSpan(nanoseconds: a.nanoseconds / n)
  }
}

/// A point on the wall clock: nanoseconds since 1970-01-01T00:00:00Z, leap seconds ignored.
package struct WallTime: Hashable, Comparable, Sendable, BitwiseCopyable {
  package var nanoseconds: Int64
  @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  @inlinable package static func < (a: WallTime, b: WallTime) -> Bool {
    a.nanoseconds < b.nanoseconds
  }
  @inlinable package static func + (a: WallTime, span: TimeSpan) -> WallTime {
    WallTime(nanoseconds: a.nanoseconds &+ span.nanoseconds)
  }
  @inlinable package static func - (a: WallTime, span: TimeSpan) -> WallTime {
    WallTime(nanoseconds: a.nanoseconds &- span.nanoseconds)
  }
  @inlinable package static func - (a: WallTime, b: WallTime) -> TimeSpan {
    TimeSpan(nanoseconds: a.nanoseconds &- b.nanoseconds)
  }
  /// Whole milliseconds since 1970.
  package var milliseconds: Int64 { nanoseconds / 1_000_000 }
}

/// A 64-bit NTP timestamp: seconds since 1900 in the high half, fraction in the low (RFC 3550 section 4).
package struct NTPTime: Hashable, Sendable {
  package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Seconds between the NTP epoch (1900) and the Unix epoch (1970).
  static let unixEpochSeconds: UInt64 = 2_208_988_800

  /// The NTP form of a wall-clock time; wraps in 2036 as NTP does.
  package init(_ time: WallTime) {
    let (seconds, nanoseconds) = time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let whole = UInt64(bitPattern: seconds) &+ NTPTime.unixEpochSeconds
    let fraction = (UInt64(bitPattern: max(0, nanoseconds)) << 32) / 1_000_000_000
    rawValue = whole << 32 | fraction
  }

  /// The wall-clock time this stands for, in the era that holds today (1968 to 2104).
  package var wallTime: WallTime {
    var seconds = Int64(rawValue >> 32) - Int64(NTPTime.unixEpochSeconds)
    if seconds < 0 { seconds += 1 << 32 }
    let nanoseconds = ((rawValue & 0xFFFF_FFFF) * 1_000_000_000) >> 32
    return WallTime(nanoseconds: seconds &* 1_000_000_000 &+ Int64(nanoseconds))
  }

  /// The middle 32 bits, as LSR and DLSR carry them (RFC 3550 section 6.4.1).
  package var compact: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 16) }
}
