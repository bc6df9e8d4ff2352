// What a fuzzer runs against the SDP parsers.

/// The SDP fuzz body.
package enum SDPFuzzBody {
  /// Parses `bytes` as a description and as a fragment. What is accepted is written, and what was
  /// written must parse and be written as the same text: the writer's form is a fixed point.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    if let session = try? SessionDescription.parse(bytes) {
      let text = session.text
      if fits(text) {
        let again = try? SessionDescription.parse(Array(text.utf8))
        precondition(again?.text == text, "a description changed by writing and parsing it")
      }
    }
    if let fragment = try? TrickleFragment.parse(bytes) {
      let text = fragment.text
      if fits(text) {
        let again = try? TrickleFragment.parse(Array(text.utf8))
        precondition(again == fragment, "a fragment changed by writing and parsing it")
      }
    }
  }

  /// Whether written text, which may be longer than what was read by a CR per line or so, is still
  /// within the limits on what we read.
  private static func fits(_ text: String) -> Bool {
    text.utf8.count <= SDPLimits.bytesMax
      && text.utf8.split(separator: 0x0A).allSatisfy { $0.count <= SDPLimits.lineBytesMax }
  }
}
