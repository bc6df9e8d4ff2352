// Which coding a client wants its playlists in: Accept-Encoding, RFC 9110 section 12.5.3.

import HTTP

/// The codings playlists come in. Media is coded already.
package enum ContentCoding: Hashable, Sendable, CaseIterable {
  case identity
  case gzip

  /// The better one of those a client accepts, which is gzip if it does not prefer `identity`. Whoever accepts
  /// none of the two gets `identity` like one who says nothing: a player has no use for a 406.
  package init(accepted fields: [String]) {
    var gzip: Int?
    var identity: Int?
    var others: Int?
    for element in fields.flatMap({ $0.split(separator: ",") }) {
      let pieces = element.split(separator: ";", omittingEmptySubsequences: false)
      guard let name = pieces.first.map(HTTPSyntax.trimmed), !name.isEmpty else { continue }
      let weight = ContentCoding.weight(pieces.dropFirst())
      switch HTTPSyntax.lowercased(name) {
      case "gzip", "x-gzip": gzip = weight
      case "identity": identity = weight
      case "*": others = weight
      case _: continue
      }
    }
    let wanted = gzip ?? others ?? 0
    self = wanted > 0 && wanted >= identity ?? 0 ? .gzip : .identity
  }

  /// A q-value in thousandths: 1000 without one, 0 for one that can't be read.
  private static func weight(_ parameters: ArraySlice<Substring>) -> Int {
    for parameter in parameters {
      let halves = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2, HTTPSyntax.lowercased(HTTPSyntax.trimmed(halves[0])) == "q" else {
        continue
      }
      let digits = Array(HTTPSyntax.trimmed(halves[1]).utf8)
      guard let first = digits.first, first == 0x30 || first == 0x31, digits.count <= 5,
        digits.count == 1 || digits[1] == 0x2E
      else { return 0 }
      var thousandths = first == 0x31 ? 1000 : 0
      for (place, digit) in zip([100, 10, 1], digits.dropFirst(2)) {
        guard (0x30...0x39).contains(digit) else { return 0 }
        thousandths += place * Int(digit - 0x30)
      }
      return min(thousandths, 1000)
    }
    return 1000
  }
}
