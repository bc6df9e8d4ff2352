// Metrics as Prometheus reads them: the text exposition format, version 0.0.4.

/// A page of metrics being written. Names are constants of ours; label values may be anything.
package struct PrometheusText: Sendable {
  /// What a family's samples mean.
  package enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  /// The media type of the page.
  package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  /// The page so far.
  package private(set) var bytes: [UInt8] = []

  /// An empty page.
  package init() {}

  /// Begins a family: the samples that follow carry its name. Each name once per page.
  package mutating func family(_ name: StaticString, _ kind: Kind, help: StaticString) {
    let name = name.description
    bytes += "# HELP \(name) \(PrometheusText.escaped(help.description, quotes: false))\n".utf8
    bytes += "# TYPE \(name) \(kind.rawValue)\n".utf8
  }

  /// Writes one sample of a counter or gauge.
  package mutating func sample(
    _ name: StaticString, _ labels: KeyValuePairs<StaticString, String> = [:], _ value: Double
  ) {
    write(name.description, PrometheusText.labelTexts(labels), value)
  }

  /// Writes one sample of a counter or gauge.
  package mutating func sample(
    _ name: StaticString, _ labels: KeyValuePairs<StaticString, String> = [:], _ value: UInt64
  ) {
    write(name.description, PrometheusText.labelTexts(labels), String(value))
  }

  /// Writes a histogram: its cumulative buckets, sum and count.
  package mutating func sample(
    _ name: StaticString, _ labels: KeyValuePairs<StaticString, String> = [:],
    _ histogram: Histogram
  ) {
    let labelTexts = PrometheusText.labelTexts(labels)
    var cumulative: UInt64 = 0
    for (index, count) in histogram.counts.enumerated() {
      cumulative &+= count
      let bound = index < histogram.bounds.count ? histogram.bounds[index] : .infinity
      let texts = labelTexts + ["le=\"\(PrometheusText.number(bound))\""]
      write(name.description + "_bucket", texts, String(cumulative))
    }
    write(name.description + "_sum", labelTexts, histogram.sum)
    write(name.description + "_count", labelTexts, String(cumulative))
  }

  private mutating func write(_ name: String, _ labels: [String], _ value: Double) {
    write(name, labels, PrometheusText.number(value))
  }

  private mutating func write(_ name: String, _ labels: [String], _ value: String) {
    bytes += name.utf8
    if !labels.isEmpty { bytes += "{\(labels.joined(separator: ","))}".utf8 }
    bytes += " \(value)\n".utf8
  }

  private static func labelTexts(_ labels: KeyValuePairs<StaticString, String>) -> [String] {
    labels.map { "\($0.key.description)=\"\(escaped($0.value, quotes: true))\"" }
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if let whole = Int64(exactly: value) { return String(whole) }
    return "\(value)"
  }

  /// Backslash, line feed and, in label values, the quote are escaped.
  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x5C: result += [0x5C, 0x5C]
      case 0x0A: result += [0x5C, 0x6E]
      case 0x22 where quotes: result += [0x5C, 0x22]
      default: result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
