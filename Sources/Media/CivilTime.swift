// Dates and clock times for people, in UTC.
package import Wire

/// A point in time taken apart by the Gregorian calendar, in UTC.
package struct CivilTime: Hashable, Sendable {
  package let year: Int
  /// 1...12.
  package let month: Int
  /// 1...31.
  package let day: Int
  package let hour: Int
  package let minute: Int
  package let second: Int
  package let millisecond: Int

  /// Years 1 ... 2262, all that `WallTime` can hold of them.
  package init(_ time: WallTime) {
    let dayLength: Int64 = 86_400_000
    var (days, rest) = time.milliseconds.quotientAndRemainder(dividingBy: dayLength)
    if rest < 0 {
      days -= 1
      rest += dayLength
    }
    let inDay = Int(rest)
    (hour, minute) = (inDay / 3_600_000, inDay / 60_000 % 60)
    (second, millisecond) = (inDay / 1000 % 60, inDay % 1000)
    // Counted from 0000-03-01, so that the leap day is the last of its year.
    let shifted = Int(days) + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// `YYYY-MM-DD`.
  package var date: String {
    "\(CivilTime.padded(year, 4))-\(CivilTime.padded(month, 2))-\(CivilTime.padded(day, 2))"
  }

  /// `HH:MM:SS.mmm`.
  package var clock: String {
    let parts = [hour, minute, second].map { CivilTime.padded($0, 2) }
    return parts.joined(separator: ":") + "." + CivilTime.padded(millisecond, 3)
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
