// Trickle fragments, RFC 8840 section 9: the body of a WHIP or WHEP PATCH.

/// An `application/trickle-ice-sdpfrag` document.
package struct TrickleFragment: Hashable, Sendable {
  /// The candidates of one section.
  package struct Section: Hashable, Sendable {
    /// A pseudo m-line: only its being there matters.
    package var line: MediaLine
    package var mid: String?
    package var ice: ICEDescription
    package init(line: MediaLine, mid: String?, ice: ICEDescription) {
      self.line = line
      self.mid = mid
      self.ice = ice
    }
  }

  package var isLite = false
  package var groups: [SectionGroup] = []
  package var ice = ICEDescription()
  package var sections: [Section] = []
  package init() {}

  /// The credentials the fragment speaks of, from the session level or the first section that has
  /// them; nil without.
  package var credentials: (ufrag: String, password: String)? {
    for level in [ice] + sections.map(\.ice) {
      if let ufrag = level.ufrag, let password = level.password { return (ufrag, password) }
    }
    return nil
  }

  /// All candidates in order, unparsed.
  package var candidates: [String] { ice.candidates + sections.flatMap(\.ice.candidates) }

  /// Parses a fragment. Attributes other than ICE's, groups and mids are passed over, as RFC 8840
  /// section 9.2 asks; lines other than `a=` and `m=` are refused.
  package static func parse(_ bytes: borrowing Span<UInt8>) throws(SDPError) -> TrickleFragment {
    var fragment = TrickleFragment()
    for line in try SDPLine.split(bytes) {
      do throws(SDPError.Fault) {
        try fragment.take(line)
      } catch {
        throw SDPError(error, line: line.number)
      }
    }
    return fragment
  }

  /// Parses a fragment.
  package static func parse(_ bytes: [UInt8]) throws(SDPError) -> TrickleFragment {
    try parse(bytes.span)
  }

  private mutating func take(_ line: SDPLine) throws(SDPError.Fault) {
    switch line.letter {
    case "m":
      guard sections.count < SDPLimits.sectionsMax else { throw .tooManySections }
      guard let parsed = MediaLine(line.value) else { throw .malformed("m=") }
      sections.append(Section(line: parsed, mid: nil, ice: ICEDescription()))
    case "a": try takeAttribute(line)
    default: throw .unexpectedLine
    }
  }

  private mutating func takeAttribute(_ line: SDPLine) throws(SDPError.Fault) {
    let (name, value) = line.attribute
    guard let last = sections.indices.last else {
      if try ice.take(name, value) { return }
      if name == "ice-lite" { isLite = true }
      if name == "group" {
        guard let value, let group = SectionGroup(value) else { throw .malformed("a=group") }
        groups.append(group)
      }
      return
    }
    if try sections[last].ice.take(name, value) { return }
    guard name == "mid" else { return }
    guard sections[last].mid == nil else { throw .duplicate("a=mid") }
    guard let value, value.isToken else { throw .malformed("a=mid") }
    sections[last].mid = String(value)
  }

  /// The fragment as text with CRLF line ends.
  package var text: String {
    var out = SDPWriter()
    if isLite { out.attribute("ice-lite") }
    for group in groups { out.attribute("group", group.text) }
    ice.write(&out)
    for section in sections {
      out.line("m", section.line.text)
      if let mid = section.mid { out.attribute("mid", mid) }
      section.ice.write(&out)
    }
    return out.text
  }
}
