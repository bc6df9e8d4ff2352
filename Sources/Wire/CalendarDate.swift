// A wall-clock time as a UTC calendar date: for log lines and HTTP headers.

/// The proleptic Gregorian calendar date and time of day, UTC.
package struct CalendarDate: Hashable, Sendable {
  package let year: Int
  /// 1...12.
  package let month: Int
  /// 1...31.
  package let day: Int
  package let hour: Int
  package let minute: Int
  package let second: Int
  /// 0...999.
  package let millisecond: Int
  /// Whole days since 1970-01-01, a Thursday.
  package let daysSince1970: Int64

  /// The date on which `time` falls.
  package init(_ time: WallTime) {
    let dayLength: Int64 = 86_400_000
    var days = time.milliseconds / dayLength
    var rest = time.milliseconds % dayLength
    if rest < 0 {
      rest += dayLength
      days -= 1
    }
    daysSince1970 = days
    hour = Int(rest / 3_600_000)
    minute = Int(rest / 60_000 % 60)
    second = Int(rest / 1000 % 60)
    millisecond = Int(rest % 1000)

    // Years are counted from March of year 0, so that the leap day comes last: 400 years are 146,097 days.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
    year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
  }

  /// `2026-08-22T09:30:00.123Z` (RFC 3339).
  package var rfc3339: String {
    let two = CalendarDate.twoDigits
    let fraction = String(1000 + millisecond).dropFirst()
    return
      "\(year)-\(two(month))-\(two(day))T\(two(hour)):\(two(minute)):\(two(second)).\(fraction)Z"
  }

  /// `value` (0...99) with a leading zero.
  package static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}
