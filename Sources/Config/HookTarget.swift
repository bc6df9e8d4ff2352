// One webhook of the configuration: whose it is, where it goes, what it is told.

package import Hooks

/// `NAME=URL`.
package struct HookTarget: Hashable, Sendable {
  /// The merchant: `[A-Za-z0-9_-]{1,64}`.
  package let merchant: String
  package let url: HookURL
  /// What it is told of and asked (`hook-topics`), each once; nil where the configuration does not say.
  package var topics: [String]?

  /// Reads `NAME=URL`; nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, HookTarget.isName(String(parts[0])), let url = HookURL(String(parts[1]))
    else { return nil }
    merchant = String(parts[0])
    self.url = url
  }

  /// Whether `text` can name a merchant.
  package static func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || byte == 45 || byte == 95
      }
  }
}
