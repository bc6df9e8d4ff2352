// How well the demo shop behaves: by flags, and on its page while it runs.

import HTTP

/// What goes wrong on purpose.
struct ShopSwitches: Hashable, Sendable {
  /// Milliseconds before each answer to Hawker; 0...30,000.
  var slowMs = 0
  /// Of a hundred messages, how many are answered 500.
  var failPercent = 0
  /// Reports what did not happen: payments of orders that were cancelled, signatures of nobody.
  var lies = false
  /// How often each report is sent; 1...10.
  var repeats = 1

  /// Reads the fields of the page's form; what is not there or out of range stays.
  mutating func take(_ form: HTTPTarget) {
    if let value = form.parameter("slow").flatMap({ Int($0) }), (0...30_000).contains(value) {
      slowMs = value
    }
    if let value = form.parameter("fail").flatMap({ Int($0) }), (0...100).contains(value) {
      failPercent = value
    }
    if let value = form.parameter("repeat").flatMap({ Int($0) }), (1...10).contains(value) {
      repeats = value
    }
    lies = form.parameter("lie") == "on"
  }
}
