// One media section, RFC 8866 section 5.14, with the attributes WebRTC gives it.

/// A media section.
package struct MediaDescription: Hashable, Sendable {
  package var line: MediaLine
  /// The value of `c=`.
  package var connection: String?
  /// `i=`, `b=` and `k=` lines, and further `c=` lines, as they are.
  package var otherLines: [OtherLine] = []
  /// The identification tag (RFC 5888); unique in the description.
  package var mid: String?
  /// Nil where the section does not say: then the session's holds, and without that sendrecv.
  package var direction: Direction?
  /// RFC 9143 section 6: the section exists inside its BUNDLE group only; its port is 0.
  package var isBundleOnly = false
  /// RFC 8285 section 6: one-byte and two-byte header extensions may be mixed.
  package var allowsMixedExtensions = false
  package var ice = ICEDescription()
  package var dtls = DTLSDescription()
  package var rtp = RTPDescription()
  /// `a=sctp-port` (RFC 8841).
  package var sctpPort: UInt16?
  /// Attributes nobody here interprets, in order.
  package var attributes: [Attribute] = []

  package init(line: MediaLine) { self.line = line }

  mutating func take(_ line: SDPLine) throws(SDPError.Fault) {
    switch line.letter {
    case "a": try takeAttribute(line)
    case "c" where connection == nil: connection = String(line.value)
    case "i", "b", "k", "c": otherLines.append(OtherLine(line.letter, String(line.value)))
    default: throw .unexpectedLine
    }
  }

  private mutating func takeAttribute(_ line: SDPLine) throws(SDPError.Fault) {
    let (name, value) = line.attribute
    if try ice.take(name, value) { return }
    if try dtls.take(name, value) { return }
    if try rtp.take(name, value) { return }
    switch name {
    case "mid":
      guard mid == nil else { throw .duplicate("a=mid") }
      // 32: browsers number; other clients use short words. RFC 8843 has no bound.
      guard let value, value.isToken, value.utf8.count <= 32 else { throw .malformed("a=mid") }
      mid = String(value)
    case "sendrecv", "sendonly", "recvonly", "inactive":
      guard direction == nil else { throw .duplicate("the direction") }
      direction = Direction(rawValue: String(name))
    case "bundle-only": isBundleOnly = true
    case "extmap-allow-mixed": allowsMixedExtensions = true
    case "sctp-port":
      guard let port = value?.decimal(UInt16.self) else { throw .malformed("a=sctp-port") }
      sctpPort = port
    default:
      guard name.isToken else { throw .malformed("a=") }
      attributes.append(Attribute(String(name), value.map { String($0) }))
    }
  }

  func write(_ out: inout SDPWriter) {
    out.line("m", line.text)
    for other in otherLines where other.letter == "i" { out.line("i", other.value) }
    if let connection { out.line("c", connection) }
    for other in otherLines where other.letter != "i" { out.line(other.letter, other.value) }
    ice.write(&out)
    dtls.write(&out)
    if let mid { out.attribute("mid", mid) }
    if isBundleOnly { out.attribute("bundle-only") }
    if allowsMixedExtensions { out.attribute("extmap-allow-mixed") }
    if let direction { out.attribute(direction.rawValue) }
    rtp.write(&out, formats: line.payloadTypes)
    if let sctpPort { out.attribute("sctp-port", String(sctpPort)) }
    for attribute in attributes { out.attribute(attribute.name, attribute.value) }
  }
}
