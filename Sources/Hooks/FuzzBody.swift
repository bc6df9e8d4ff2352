// What a fuzzer runs against the parsers of webhooks.

import JSON
import Wire

/// The fuzz body of webhooks.
package enum HooksFuzzBody {
  /// Reads `bytes` as each thing a stranger may send; what is accepted must be what it seems.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    let array = bytes.toArray()
    let text = String(decoding: array, as: UTF8.self)
    if let url = HookURL(text) { check(url) }
    if let key = HookKey(text) {
      precondition(HookKey(key.text)?.text == key.text, "a key changed by writing and reading it")
    }
    if let wait = RetryAfter.milliseconds(text, nowMs: 1_700_000_000_000) {
      precondition(wait >= 0, "a wait before now")
    }
    let headers = HookHeaders(id: text, timestamp: "1700000000", signature: text)
    let isBelieved =
      (try? HookSignature.verify(
        headers, body: array, keys: [.symmetric([UInt8](repeating: 7, count: 32))],
        seconds: 1_700_000_000)) != nil
    precondition(!isBelieved, "a signature nobody made")
    _ = try? MerchantReport(merchant: "shop", id: "x", body: array)
    if case .answered(let object) = SyncAnswer(status: 200, body: array) {
      _ = ReviewVerdict(object)
      _ = CheckoutVerdict(object, isPlainAllowed: false)
    }
  }

  private static func check(_ url: HookURL) {
    precondition(url.target.hasPrefix("/") && url.port > 0, "a URL without path or port")
    precondition(!url.authority.contains("@"), "a user in a URL")
    precondition(
      HookURL((url.isSecure ? "https://" : "http://") + url.authority + url.target)?.host
        == url.host, "a host that reads otherwise the second time")
  }
}
