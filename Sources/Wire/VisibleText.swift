// Texts of people made fit to be shown to others.

/// Cleaning of what people write. Characters are Unicode scalars.
package enum VisibleText {
  /// Marks on one letter: Vietnamese and Thai use two or three, towers of them cover other people's lines.
  package static let marksMax = 4

  /// Why a text is no text.
  package enum Fault: Error, Hashable, Sendable {
    /// Nothing visible is left.
    case empty
    case tooLong
  }

  /// The text without control characters, without white space at its ends and without towers of marks.
  ///
  /// - Parameters:
  ///   - max: characters.
  ///   - allowsLines: whether line breaks stay; else they become spaces.
  package static func clean(
    _ raw: String, max: Int, allowsLines: Bool = false
  ) throws(Fault) -> String {
    var scalars = String.UnicodeScalarView()
    var isVisible = false
    var marks = 0
    // Twice the limit is read at most: what is longer is refused whatever it is.
    for scalar in raw.unicodeScalars.prefix(2 * max + 2) {
      guard let kept = kept(scalar, allowsLines: allowsLines) else { continue }
      marks = kept.properties.canonicalCombiningClass == .notReordered ? 0 : marks + 1
      guard marks <= marksMax else { continue }
      let isSpace = kept.properties.isWhitespace
      if isSpace, scalars.isEmpty { continue }
      if !isSpace, !kept.properties.isDefaultIgnorableCodePoint { isVisible = true }
      scalars.append(kept)
    }
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    guard isVisible else { throw .empty }
    guard scalars.count <= max else { throw .tooLong }
    return String(scalars)
  }

  /// What a scalar becomes; nil when it goes.
  private static func kept(_ scalar: Unicode.Scalar, allowsLines: Bool) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x0A: return allowsLines ? scalar : " "
    case 0x09, 0x0D, 0x2028, 0x2029: return " "
    case 0..<0x20, 0x7F..<0xA0: return nil
    // Bidirectional embeddings, overrides and isolates would turn the text around them.
    case 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: return nil
    default: return scalar
    }
  }
}
