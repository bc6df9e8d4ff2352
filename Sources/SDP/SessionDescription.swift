// A whole session description, RFC 8866, with the attributes WebRTC gives it. No policy.

/// A group of sections: `a=group` (RFC 5888).
package struct SectionGroup: Hashable, Sendable {
  /// `BUNDLE`, `LS`…
  package var semantics: String
  package var mids: [String]
  package init(semantics: String, mids: [String]) {
    self.semantics = semantics
    self.mids = mids
  }

  init?(_ text: Substring) {
    let fields = text.fields()
    guard let semantics = fields.first, fields.allSatisfy(\.isToken) else { return nil }
    self.init(semantics: String(semantics), mids: fields.dropFirst().map { String($0) })
  }

  var text: String { ([semantics] + mids).joined(separator: " ") }
}

/// An SDP offer or answer.
package struct SessionDescription: Hashable, Sendable {
  package var origin: Origin
  /// The value of `s=`; may be empty.
  package var name = "-"
  /// The value of `c=`.
  package var connection: String?
  /// The value of the first `t=`.
  package var timing = "0 0"
  /// `i= u= e= p= b=` and, after the timing, `t= r= z= k=` lines, as they are.
  package var otherLines: [OtherLine] = []
  package var groups: [SectionGroup] = []
  /// The direction of sections that have none.
  package var direction: Direction?
  /// `a=ice-lite`.
  package var isLite = false
  /// `a=extmap-allow-mixed` for all sections.
  package var allowsMixedExtensions = false
  package var ice = ICEDescription()
  package var dtls = DTLSDescription()
  /// Header extensions of all sections.
  package var extensions: [ExtensionMapping] = []
  /// Attributes nobody here interprets, in order.
  package var attributes: [Attribute] = []
  package var media: [MediaDescription] = []

  package init(origin: Origin) { self.origin = origin }

  /// The tags of the first BUNDLE group, nil without one.
  package var bundle: [String]? { groups.first { $0.semantics == "BUNDLE" }?.mids }

  // MARK: What holds for a section, from its own level or the session's

  /// The direction of `section`: its own, the session's, or sendrecv.
  package func direction(of section: MediaDescription) -> Direction {
    section.direction ?? direction ?? .sendrecv
  }

  /// The ICE attributes that hold for `section`; user fragment and password come from one level.
  package func ice(of section: MediaDescription) -> ICEDescription {
    var result = section.ice
    if result.ufrag == nil && result.password == nil {
      result.ufrag = ice.ufrag
      result.password = ice.password
    }
    result.options += ice.options
    result.candidates += ice.candidates
    result.endOfCandidates = result.endOfCandidates || ice.endOfCandidates
    return result
  }

  /// The DTLS attributes that hold for `section`.
  package func dtls(of section: MediaDescription) -> DTLSDescription {
    var result = section.dtls
    if result.fingerprints.isEmpty { result.fingerprints = dtls.fingerprints }
    result.setup = result.setup ?? dtls.setup
    return result
  }

  /// The header extensions of `section`, the session's included.
  package func extensions(of section: MediaDescription) -> [ExtensionMapping] {
    section.rtp.extensions + extensions
  }
}
