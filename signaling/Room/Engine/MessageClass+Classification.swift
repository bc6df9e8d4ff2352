// What a message is to the show, judged by its text alone.

extension MessageClass {
  /// Words that by themselves, or before others, say "I take it".
  private static let claims: Set<String> = [
    "mine", "+1", "me", "sold", "claim", "dibs", "buy", "i'll take it", "ill take it",
  ]
  /// Characters of the longest bid: "US$ 1,000,000.00".
  private static let bidMax = 16

  /// The class of a cleaned text.
  package init(text: String) {
    let lower = text.lowercased()
    if let last = lower.unicodeScalars.last, "?？؟".unicodeScalars.contains(last) {
      self = .question
    } else if MessageClass.isClaim(lower) {
      self = .claim
    } else if MessageClass.isBid(lower) {
      self = .bid
    } else {
      self = .plain
    }
  }

  private static func isClaim(_ lower: String) -> Bool {
    let text = String(lower.filter { $0 != "!" && $0 != "." })
    if claims.contains(text) { return true }
    // "mine in blue" is a claim; "me too" is talk.
    return text.hasPrefix("mine ") || text.hasPrefix("sold ") || text.hasPrefix("claim ")
  }

  /// A number, with or without a currency before or after it.
  private static func isBid(_ lower: String) -> Bool {
    guard lower.unicodeScalars.count <= bidMax else { return false }
    let scalars = lower.unicodeScalars.filter { $0 != " " }
    let isDigit: (Unicode.Scalar) -> Bool = { ("0"..."9").contains($0) }
    guard let first = scalars.firstIndex(where: isDigit),
      let last = scalars.lastIndex(where: isDigit)
    else { return false }
    return isCurrency(scalars[..<first]) && isCurrency(scalars[scalars.index(after: last)...])
      && scalars[first...last].allSatisfy { isDigit($0) || ".,'".unicodeScalars.contains($0) }
  }

  /// Nothing, a sign, a word for thousands or up to four letters of a currency.
  private static func isCurrency(_ scalars: Substring.UnicodeScalarView) -> Bool {
    scalars.count <= 4
      && scalars.allSatisfy {
        $0.properties.generalCategory == .currencySymbol || ("a"..."z").contains($0)
      }
  }
}
