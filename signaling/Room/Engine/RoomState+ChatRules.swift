// Chat rules: what a change may say.

extension RoomState {
  func setChat(_ change: ChatRulesChange, _ draft: inout Draft) throws(CommandRefusal) {
    var rules = chat.rules
    rules.mode = change.mode ?? rules.mode
    rules.hold = change.hold ?? rules.hold
    rules.links = change.links ?? rules.links
    rules.isEmojiOnly = change.isEmojiOnly ?? rules.isEmojiOnly
    if let seconds = change.slowSeconds {
      try check(seconds, "slowSeconds", in: 0...EngineLimits.slowSecondsMax)
      rules.slowSeconds = seconds
    }
    if let words = change.words { rules.words = try cleaned(words) }
    if rules != chat.rules { draft.add(.chatSet(rules)) }
  }

  private func cleaned(_ words: [String]) throws(CommandRefusal) -> [String] {
    guard words.count <= EngineLimits.wordsMax else {
      throw CommandRefusal(.limit, "words: at most \(EngineLimits.wordsMax)")
    }
    var result: [String] = []
    for word in words {
      let clean = try CleanText.clean(word, "words", max: EngineLimits.wordMax).lowercased()
      if !result.contains(clean) { result.append(clean) }
    }
    return result
  }

  /// Refuses a number out of its range by the field's name.
  func check(
    _ value: Int64, _ field: String, in range: ClosedRange<Int64>
  ) throws(CommandRefusal) {
    guard range.contains(value) else {
      throw CommandRefusal(.badField, "\(field): from \(range.lowerBound) to \(range.upperBound)")
    }
  }
}
