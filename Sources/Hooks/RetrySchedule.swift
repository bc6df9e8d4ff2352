// When a delivery that failed is tried again, and what an answer means.

package import Crypto

/// The waits between tries, as Standard Webhooks suggests.
package enum RetrySchedule {
  /// Milliseconds after the first, second, … failed try.
  package static let waitsMs: [Int64] = [
    5000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000,
  ]
  /// Tries of one delivery: the first at once, then one after each wait.
  package static var attemptsMax: Int { waitsMs.count + 1 }

  /// The milliseconds to wait after the `attempts`-th try (1, 2, …) failed, spread by a fifth either
  /// way, so that what failed together does not come back together; nil when it was the last.
  ///
  /// - Parameter retryAfterMs: what the receiver asked for: waited for at least, up to a day.
  package static func waitMs(
    after attempts: Int, retryAfterMs: Int64?, _ random: inout RandomSource
  ) -> Int64? {
    guard attempts >= 1, attempts <= waitsMs.count else { return nil }
    let spread = 0.8 + 0.4 * random.unitInterval()
    let wait = Int64(Double(waitsMs[attempts - 1]) * spread)
    return max(wait, min(retryAfterMs ?? 0, HookLimits.retryAfterMsMax))
  }
}

/// How one try ended.
package enum HookOutcome: Hashable, Sendable {
  /// The receiver answered.
  case answered(status: Int, retryAfterMs: Int64?)
  /// It could not be reached, or did not answer in time or in HTTP.
  case failed(String)

  /// The status, if there was an answer.
  package var status: Int? {
    if case .answered(let status, _) = self { return status }
    return nil
  }

  /// Whether it took the message.
  package var isDelivered: Bool { status.map { (200..<300).contains($0) } ?? false }

  /// Whether it wants no more messages, ever.
  package var isGone: Bool { status == 410 }

  package var retryAfterMs: Int64? {
    if case .answered(_, let retryAfterMs) = self { return retryAfterMs }
    return nil
  }

  /// What an operator reads; nil for a success.
  package var errorText: String? {
    switch self {
    case .answered(let status, _) where (200..<300).contains(status): nil
    case .answered(let status, _) where (300..<400).contains(status):
      "answered \(status): redirects are not followed"
    case .answered(let status, _): "answered \(status)"
    case .failed(let text): String(text.prefix(HookLimits.errorMax))
    }
  }
}

/// `Retry-After` (RFC 9110 section 10.2.3).
package enum RetryAfter {
  /// Milliseconds to wait: a count of seconds, or an HTTP date; nil for anything else or the past.
  ///
  /// - Parameter nowMs: since 1970.
  package static func milliseconds(_ text: String, nowMs: Int64) -> Int64? {
    if (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) {
      return Int64(text).map { $0 * 1000 }
    }
    guard let dateMs = date(text), dateMs > nowMs else { return nil }
    return dateMs - nowMs
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that is still sent.
  private static func date(_ text: String) -> Int64? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0].utf8.count == 4, parts[5] == "GMT",
      let day = number(parts[1], 2), let month = months.firstIndex(of: String(parts[2])),
      let year = number(parts[3], 4), (1...31).contains(day), (1970...9999).contains(year)
    else { return nil }
    let clock = parts[4].split(separator: ":", omittingEmptySubsequences: false)
    guard clock.count == 3, let hour = number(clock[0], 2), let minute = number(clock[1], 2),
      let second = number(clock[2], 2), hour < 24, minute < 60, second < 61
    else { return nil }
    let days = daysSince1970(year: year, month: month + 1, day: day)
    return (days * 86_400 + hour * 3600 + minute * 60 + second) * 1000
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func number(_ text: Substring, _ digits: Int) -> Int64? {
    guard text.utf8.count == digits, text.utf8.allSatisfy({ (48...57).contains($0) }) else {
      return nil
    }
    return Int64(text)
  }

  /// The civil calendar, by Hinnant's algorithm; years are from 1970 on.
  private static func daysSince1970(year: Int64, month: Int, day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = y / 400
    let yearOfEra = y - era * 400
    let shifted = Int64((month + 9) % 12)
    let dayOfYear = (153 * shifted + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
