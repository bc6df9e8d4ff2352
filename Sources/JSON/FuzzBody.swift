// What a fuzzer runs against the JSON reader.

/// The JSON fuzz body.
package enum JSONFuzzBody {
  /// Reads `bytes`; whatever is accepted must survive writing and reading again.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    guard let value = try? JSONValue.parse(bytes) else { return }
    // Escapes may make the written text longer than the limit on what we read.
    var limits = JSONLimits.standard
    limits.bytesMax *= 8
    let again = try? JSONValue.parse(value.write(escapingHTML: true), limits: limits)
    precondition(again == value, "a document changed by writing and reading it")
  }
}
