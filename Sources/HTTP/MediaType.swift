// Media types and the Accept header, RFC 9110 sections 8.3.1 and 12.5.1.

/// A media type with its parameters.
package struct MediaType: Hashable, Sendable {
  /// `type/subtype` in lower case; either side may be "*" in a range.
  package let essence: String
  /// Names in lower case, values unquoted.
  package let parameters: [HTTPTarget.Parameter]

  /// Parses `type/subtype; name=value`; nil for anything else.
  package init?(_ text: some StringProtocol) {
    let parts = HTTPSyntax.split(text, at: 0x3B)
    let essence = HTTPSyntax.lowercased(HTTPSyntax.trimmed(parts[0]))
    let sides = essence.split(separator: "/", omittingEmptySubsequences: false)
    guard sides.count == 2,
      sides.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(HTTPSyntax.isToken) })
    else { return nil }
    self.essence = essence
    parameters = parts.dropFirst().compactMap { MediaType.parameter($0) }
  }

  private static func parameter(_ text: String) -> HTTPTarget.Parameter? {
    let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2 else { return nil }
    let name = HTTPSyntax.lowercased(HTTPSyntax.trimmed(sides[0]))
    let value = HTTPSyntax.unquoted(HTTPSyntax.trimmed(sides[1]))
    return name.isEmpty ? nil : HTTPTarget.Parameter(name: name, value: value)
  }

  /// The value of the parameter called `name` (lower case).
  package func parameter(_ name: String) -> String? {
    parameters.first { $0.name == name }?.value
  }

  /// How much a client with this Accept header wants `essence`, in thousandths: 0 is "not at all".
  ///
  /// The most specific matching range decides. No header accepts everything.
  package static func quality(of essence: String, accept: String?) -> Int {
    guard let accept else { return 1000 }
    let kind = essence.prefix { $0 != "/" }
    var best = (specificity: -1, quality: 0)
    for range in HTTPSyntax.listElements(accept).compactMap({ MediaType($0) }) {
      let specificity =
        switch range.essence {
        case essence: 2
        case "\(kind)/*": 1
        case "*/*": 0
        default: -1
        }
      let quality = range.parameter("q").map { thousandths($0) } ?? 1000
      if specificity > best.specificity { best = (specificity, quality) }
    }
    return best.quality
  }

  /// Reads a qvalue, 0...1 with up to three decimals; 0 for anything else (RFC 9110 section 12.4.2).
  private static func thousandths(_ text: String) -> Int {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = HTTPSyntax.decimal(parts[0], digitsMax: 1), whole <= 1
    else { return 0 }
    let decimals = parts.count == 2 ? String(parts[1].prefix(3)) : ""
    guard decimals.utf8.allSatisfy(HTTPSyntax.isDigit) else { return 0 }
    let padded = decimals + String(repeating: "0", count: 3 - decimals.utf8.count)
    let value = whole * 1000 + (Int(padded) ?? 0)
    return value <= 1000 ? value : 0
  }
}
