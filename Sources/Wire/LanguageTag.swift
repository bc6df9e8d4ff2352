// A language's name as BCP 47 writes it.

/// A well-formed language tag (RFC 5646 section 2.1), in the case the RFC recommends: `de-CH`, `zh-Hant`. Whether there
/// is such a language is not looked up; grandfathered and private tags are refused.
package struct LanguageTag: Hashable, Sendable {
  /// `[A-Za-z0-9-]`, at most `LanguageTag.max` characters.
  package let text: String

  /// What RFC 5646 section 4.4.1 asks programs to take.
  package static let max = 35

  /// nil for what is no tag.
  package init?(_ raw: String) {
    guard (2...LanguageTag.max).contains(raw.utf8.count) else { return nil }
    var subtags: [String] = []
    var isExtension = false
    for part in raw.split(separator: "-", omittingEmptySubsequences: false) {
      guard let subtag = LanguageTag.subtag(part, at: subtags.count, inExtension: isExtension)
      else { return nil }
      isExtension = isExtension || subtag.utf8.count == 1
      subtags.append(subtag)
    }
    // A singleton introduces something.
    guard subtags.last?.utf8.count != 1 else { return nil }
    text = subtags.joined(separator: "-")
  }

  /// One subtag in its case (section 2.1.1).
  private static func subtag(_ part: Substring, at place: Int, inExtension: Bool) -> String? {
    guard (1...8).contains(part.utf8.count), part.utf8.allSatisfy({ isLetter($0) || isDigit($0) })
    else { return nil }
    let lower = part.lowercased()
    guard place > 0 else {
      // Four letters are reserved.
      return part.utf8.allSatisfy(isLetter) && part.utf8.count > 1 && part.utf8.count != 4
        ? lower : nil
    }
    let isWord = part.utf8.allSatisfy(isLetter)
    switch part.utf8.count {
    case 2 where !inExtension: return isWord ? part.uppercased() : nil
    case 4 where !inExtension && isWord: return lower.prefix(1).uppercased() + lower.dropFirst()
    case _: return lower
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
