// Source-level attributes and groups of sources, RFC 5576.

/// `a=ssrc`: one attribute of one RTP source.
package struct SourceAttribute: Hashable, Sendable {
  package var ssrc: UInt32
  /// `cname`, `msid`…
  package var name: String
  package var value: String?

  package init(ssrc: UInt32, name: String, value: String? = nil) {
    self.ssrc = ssrc
    self.name = name
    self.value = value
  }

  init?(_ text: Substring) {
    let (number, rest) = text.cut(UInt8(ascii: " "))
    guard let ssrc = number.decimal(UInt32.self), let rest else { return nil }
    let (name, value) = rest.trimmed.cut(UInt8(ascii: ":"))
    guard name.isToken else { return nil }
    self.init(ssrc: ssrc, name: String(name), value: value.map { String($0) })
  }

  var text: String { "\(ssrc) \(name)" + (value.map { ":\($0)" } ?? "") }
}

/// `a=ssrc-group`: sources that belong together.
package struct SourceGroup: Hashable, Sendable {
  /// `FID` (a source and its retransmissions), `SIM`, `FEC-FR`…
  package var semantics: String
  /// At least one.
  package var ssrcs: [UInt32]

  package init(semantics: String, ssrcs: [UInt32]) {
    self.semantics = semantics
    self.ssrcs = ssrcs
  }

  init?(_ text: Substring) {
    let fields = text.fields()
    guard fields.count >= 2, fields[0].isToken else { return nil }
    self.init(semantics: String(fields[0]), ssrcs: [])
    for field in fields[1...] {
      guard let ssrc = field.decimal(UInt32.self) else { return nil }
      ssrcs.append(ssrc)
    }
  }

  var text: String { semantics + " " + ssrcs.map { String($0) }.joined(separator: " ") }
}
