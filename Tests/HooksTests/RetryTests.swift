// The schedule of tries, and what a Retry-After says.

import Crypto
import Testing

@testable import Hooks

@Suite("Retries of webhooks")
struct RetryTests {
  @Test("ten tries, each wait within a fifth of the specification's, and then none")
  func schedule() {
    let seconds: [Double] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    for seed in 0..<200 {
      var random = RandomSource.seeded(UInt64(seed))
      for (index, wanted) in seconds.enumerated() {
        let wait = RetrySchedule.waitMs(after: index + 1, retryAfterMs: nil, &random)
        guard let wait else {
          Issue.record("no wait after \(index + 1)")
          continue
        }
        #expect((wanted * 800...wanted * 1200).contains(Double(wait)))
      }
      #expect(RetrySchedule.waitMs(after: 10, retryAfterMs: nil, &random) == nil)
      #expect(RetrySchedule.waitMs(after: 10, retryAfterMs: 5000, &random) == nil)
    }
    #expect(RetrySchedule.attemptsMax == 10)
  }

  @Test("only a 2xx is a delivery, only 410 ends the endpoint")
  func outcomes() {
    for status in 100...599 {
      let outcome = HookOutcome.answered(status: status, retryAfterMs: nil)
      #expect(outcome.isDelivered == (200...299).contains(status))
      #expect(outcome.isGone == (status == 410))
      #expect((outcome.errorText == nil) == outcome.isDelivered)
    }
    let failed = HookOutcome.failed(String(repeating: "x", count: 1000))
    #expect(!failed.isDelivered && !failed.isGone && failed.errorText?.count == 200)
  }

  @Test("the waits are spread")
  func spread() {
    var random = RandomSource.seeded(7)
    let waits = (0..<100).compactMap { _ in
      RetrySchedule.waitMs(after: 2, retryAfterMs: nil, &random)
    }
    #expect(Set(waits).count > 50)
    #expect((waits.min() ?? 0) < 260_000 && (waits.max() ?? 0) > 340_000)
  }

  @Test("a Retry-After is waited for at least, up to a day")
  func retryAfter() {
    var random = RandomSource.seeded(1)
    #expect(RetrySchedule.waitMs(after: 1, retryAfterMs: 60_000, &random) == 60_000)
    #expect(RetrySchedule.waitMs(after: 1, retryAfterMs: .max, &random) == 86_400_000)
    #expect((RetrySchedule.waitMs(after: 2, retryAfterMs: 1, &random) ?? 0) >= 240_000)
  }

  @Test("Retry-After is seconds or an HTTP date; anything else says nothing")
  func reading() {
    let now: Int64 = 784_111_777_000  // Sun, 06 Nov 1994 08:49:37 GMT
    func read(_ text: String) -> Int64? { RetryAfter.milliseconds(text, nowMs: now) }
    #expect(read("0") == 0)
    #expect(read("120") == 120_000)
    #expect(read("Sun, 06 Nov 1994 08:50:37 GMT") == 60_000)
    #expect(read("Mon, 07 Nov 1994 08:49:37 GMT") == 86_400_000)
    #expect(read("Tue, 29 Feb 2000 00:00:00 GMT") == (951_782_400_000 - now))
    for text in [
      "", "-1", "+1", "1.5", " 1", "9999999999", "Sun, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:36 GMT", "Sun, 06 Xyz 1999 08:49:36 GMT",
      "Sun, 06 Nov 1999 24:49:36 GMT", "Sun, 06 Nov 1999 08:49:36 CET", "Sunday, 06-Nov-99 GMT",
      "Sun, 00 Nov 1999 08:49:36 GMT", "Sun, 06 Nov 199９ 08:49:36 GMT",
    ] { #expect(read(text) == nil, "\(text)") }
  }
}
