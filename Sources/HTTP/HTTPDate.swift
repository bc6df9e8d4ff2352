// The date format of HTTP headers, RFC 9110 section 5.6.7.

package import Wire

/// Calendar arithmetic for `Date` headers and log lines; no time zones, no leap seconds.
package enum HTTPDate {
  /// `Sun, 06 Nov 1994 08:49:37 GMT`.
  package static func text(_ time: WallTime) -> String {
    let date = CalendarDate(time)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let weekday = weekdays[Int(((date.daysSince1970 % 7) + 7) % 7)]
    let two = CalendarDate.twoDigits
    return "\(weekday), \(two(date.day)) \(months[date.month - 1]) \(date.year) "
      + "\(two(date.hour)):\(two(date.minute)):\(two(date.second)) GMT"
  }
}
