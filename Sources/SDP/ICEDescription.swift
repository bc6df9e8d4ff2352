// The ICE attributes of one level of a description (RFC 8839 section 5, RFC 8840 section 4).

/// What one level says about ICE.
package struct ICEDescription: Hashable, Sendable {
  package var ufrag: String?
  /// A secret: never logged, never in an error.
  package var password: String?
  /// `trickle`, `ice2`, `renomination`.
  package var options: [String] = []
  /// The values of the `a=candidate` lines, unparsed, without `candidate:`.
  package var candidates: [String] = []
  package var endOfCandidates = false
  package init() {}

  /// Takes in the attribute if it is one of ICE's.
  mutating func take(_ name: Substring, _ value: Substring?) throws(SDPError.Fault) -> Bool {
    switch name {
    case "ice-ufrag": try Self.setOnce(&ufrag, value, "a=ice-ufrag")
    case "ice-pwd": try Self.setOnce(&password, value, "a=ice-pwd")
    case "ice-options":
      guard let value else { throw .malformed("a=ice-options") }
      options += value.fields().map(String.init)
    case "candidate":
      guard let value, !value.isEmpty else { throw .malformed("a=candidate") }
      candidates.append(String(value))
    case "end-of-candidates": endOfCandidates = true
    default: return false
    }
    return true
  }

  private static func setOnce(
    _ field: inout String?, _ value: Substring?, _ name: String
  ) throws(SDPError.Fault) {
    guard field == nil else { throw .duplicate(name) }
    // 256: RFC 8839 section 5.4.
    guard let value, (1...256).contains(value.utf8.count), !value.utf8.contains(0x20) else {
      throw .malformed(name)
    }
    field = String(value)
  }

  func write(_ out: inout SDPWriter) {
    if let ufrag { out.attribute("ice-ufrag", ufrag) }
    if let password { out.attribute("ice-pwd", password) }
    if !options.isEmpty { out.attribute("ice-options", options.joined(separator: " ")) }
    for candidate in candidates { out.attribute("candidate", candidate) }
    if endOfCandidates { out.attribute("end-of-candidates") }
  }
}
