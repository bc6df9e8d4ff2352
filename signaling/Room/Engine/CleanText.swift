// Texts of people made fit to be shown to others.

import Wire

/// Cleaning and measuring of what people write. Characters are Unicode scalars.
package enum CleanText {
  /// The text without control characters, without white space at its ends and without towers of marks.
  ///
  /// - Parameter allowsLines: whether line breaks stay; else they become spaces.
  /// - Throws: `bad-field` when nothing visible is left or more than `max` characters are.
  package static func clean(
    _ raw: String, _ field: String, max: Int, allowsLines: Bool = false
  ) throws(CommandRefusal) -> String {
    do throws(VisibleText.Fault) {
      return try VisibleText.clean(raw, max: max, allowsLines: allowsLines)
    } catch {
      switch error {
      case .empty: throw CommandRefusal(.badField, "\(field): there is no text")
      case .tooLong: throw CommandRefusal(.badField, "\(field): at most \(max) characters")
      }
    }
  }

  /// Whether the text is made of emojis and spaces only.
  package static func isEmojiOnly(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      let properties = scalar.properties
      switch scalar.value {
      case 0x20, 0x200D, 0xFE0F, 0x20E3, 0xE0020...0xE007F: return true
      case 0..<0x80: return false
      default: return properties.isEmoji || properties.isEmojiModifier
      }
    }
  }

  /// Whether the text looks like it names a page elsewhere.
  package static func hasLink(_ text: String) -> Bool {
    text.lowercased().split(whereSeparator: { $0.isWhitespace }).contains { word in
      word.contains("://") || word.hasPrefix("www.") || isHostName(word)
    }
  }

  /// Endings by which a bare `name.ending` counts as a link: common ones, because "ok.then" is none.
  private static let endings: Set<Substring> = [
    "app", "biz", "cc", "ch", "club", "cn", "co", "com", "de", "dev", "es", "eu", "fr", "gg",
    "info",
    "io", "it", "jp", "ly", "me", "net", "nl", "online", "org", "pl", "ru", "shop", "site", "store",
    "top", "tv", "uk", "us", "xyz",
  ]

  private static func isHostName(_ word: Substring) -> Bool {
    let host = word.prefix { $0 != "/" && $0 != "?" && $0 != ":" }
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    guard labels.count > 1, let last = labels.last?.prefix(while: { $0.isLetter }) else {
      return false
    }
    return endings.contains(last) && labels.dropLast().allSatisfy { !$0.isEmpty }
  }

  /// Whether one of `words`, in lower case, stands in the text as a word of its own.
  package static func contains(_ words: [String], in text: String) -> Bool {
    guard !words.isEmpty else { return false }
    let scalars = Array(text.lowercased().unicodeScalars)
    return words.contains { word in
      let wanted = Array(word.unicodeScalars)
      guard !wanted.isEmpty, wanted.count <= scalars.count else { return false }
      return (0...scalars.count - wanted.count).contains { start in
        scalars[start] == wanted[0] && scalars[start..<start + wanted.count].elementsEqual(wanted)
          && !isWordPart(scalars, start - 1) && !isWordPart(scalars, start + wanted.count)
      }
    }
  }

  private static func isWordPart(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
    scalars.indices.contains(index)
      && (scalars[index].properties.isAlphabetic || scalars[index].properties.numericType != nil)
  }
}
