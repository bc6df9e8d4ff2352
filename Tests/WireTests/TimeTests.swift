// Time: saturation, NTP across 2036, dates.

import Testing
import Wire

@Suite("Time")
struct TimeTests {
  @Test("adding to an instant saturates instead of wrapping into the past")
  func saturation() {
    #expect(Instant.distantFuture + .seconds(1) == .distantFuture)
    #expect(Instant.zero + .milliseconds(1500) - Instant.zero == .milliseconds(1500))
    #expect(Instant.zero - .seconds(1) < Instant.zero)
    #expect(Instant.distantFuture > Instant.zero + .seconds(9_000_000_000))
  }

  @Test("NTP time has 1900 as its origin and is read back within a nanosecond")
  func ntp() {
    let epoch = NTPTime(WallTime(nanoseconds: 0))
    #expect(epoch.rawValue == 2_208_988_800 << 32)
    let half = NTPTime(WallTime(nanoseconds: 1_793_247_543_500_000_000))
    #expect(half.rawValue & 0xFFFF_FFFF == 0x8000_0000)
    #expect(half.compact == UInt32(truncatingIfNeeded: half.rawValue >> 16))
    for nanoseconds in [0, 1, 999_999_999, 1_793_247_543_123_456_789] as [Int64] {
      let back = NTPTime(WallTime(nanoseconds: nanoseconds)).wallTime.nanoseconds
      #expect(abs(back - nanoseconds) <= 1)
    }
  }

  @Test("NTP's wrap in February 2036 is passed without a jump")
  func era() {
    // 2036-02-07T06:28:16Z is second 2^32 of NTP.
    let wrap = WallTime(nanoseconds: ((1 << 32) - 2_208_988_800) * 1_000_000_000)
    #expect(NTPTime(wrap).rawValue == 0)
    #expect(NTPTime(wrap).wallTime == wrap)
    #expect(NTPTime(wrap - .seconds(1)).wallTime == wrap - .seconds(1))
    #expect(NTPTime(wrap + .seconds(1)).wallTime == wrap + .seconds(1))
  }

  @Test("any 64 bits are a time: none traps")
  func anyNTP() {
    for value in [0, 1, UInt64.max, 0x8000_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF] {
      let time = NTPTime(rawValue: value).wallTime
      #expect(time.nanoseconds >= -62_000_000_000_000_000)
    }
    _ = NTPTime(WallTime(nanoseconds: .min))
    _ = NTPTime(WallTime(nanoseconds: .max))
  }

  @Test(
    "dates are those of the proleptic Gregorian calendar",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
      (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
      (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (1_793_247_543_120, "2026-10-29T04:19:03.120Z"),
    ] as [(Int64, String)])
  func dates(milliseconds: Int64, text: String) {
    // Floor, so that a millisecond before the epoch is the last of its day.
    let time = WallTime(nanoseconds: milliseconds * 1_000_000)
    #expect(CalendarDate(time).rfc3339 == text)
  }
}
