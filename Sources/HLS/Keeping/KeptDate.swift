// A date as `CalendarDate.rfc3339` writes it, read back.

import Wire

/// Reads dates of kept playlists.
enum KeptDate {
  /// `2026-11-21T20:16:00.123Z`; nil for anything else.
  static func parse(_ text: Substring) -> WallTime? {
    let bytes = Array(text.utf8)
    guard bytes.count == 24, bytes[23] == 0x5A else { return nil }
    for (place, mark) in [(4, 0x2D), (7, 0x2D), (10, 0x54), (13, 0x3A), (16, 0x3A), (19, 0x2E)] {
      guard bytes[place] == UInt8(mark) else { return nil }
    }
    func number(_ range: Range<Int>) -> Int64? {
      var value: Int64 = 0
      for digit in bytes[range] {
        guard (0x30...0x39).contains(digit) else { return nil }
        value = value * 10 + Int64(digit - 0x30)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      let millisecond = number(20..<23), (1970...2200).contains(year), (1...12).contains(month),
      (1...31).contains(day)
    else { return nil }
    // Years are counted from March, as in `CalendarDate`.
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = (shifted / 400, shifted % 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let days =
      era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second
    return WallTime(nanoseconds: (seconds * 1000 + millisecond) * 1_000_000)
  }
}
