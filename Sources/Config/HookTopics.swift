// What the configuration says a merchant is told of and asked: topics by name.

import Hooks

/// `NAME=TOPIC[+TOPIC...]`: words as they were given, which may be no topics.
struct HookTopics: Hashable {
  let merchant: String
  let words: [String]

  /// Reads the form; nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, HookTarget.isName(String(parts[0])) else { return nil }
    merchant = String(parts[0])
    words = parts[1].split(separator: "+", omittingEmptySubsequences: false).map { String($0) }
  }

  /// The topics, families as all of theirs.
  ///
  /// - Parameter place: where the words stood.
  func topics(at place: String) throws(ConfigError) -> [String] {
    var topics: [String] = []
    for word in words {
      guard let named = HookTopic.topics(named: word) else {
        throw ConfigError(
          "\(place): \"\(word)\" is no topic" + NearestName.hint(word, among: HookTopic.known))
      }
      topics += named
    }
    return topics
  }
}
