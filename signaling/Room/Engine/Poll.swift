// A poll and its votes.

/// One poll.
package struct Poll: Hashable, Sendable {
  /// When members see the counts; staff always do.
  package enum Results: String, Hashable, Sendable, CaseIterable {
    case live, afterVote, afterClose
  }

  package let id: EntryID
  package let question: TextID
  package let options: [TextID]
  /// Whether a vote may name several options.
  package let isMultiple: Bool
  /// Whether a vote may be changed until the poll closes.
  package let isChangeable: Bool
  package let results: Results
  /// Milliseconds since 1970.
  package let closesAtMs: Int64?
  package internal(set) var isOpen = true
  /// Everybody sees the counts, whatever `results` says.
  package internal(set) var isRevealed = false
  /// Votes by option.
  package internal(set) var counts: [Int]
  /// People who voted.
  package internal(set) var voterCount = 0
  /// Each voter's options as bits; emptied some time after the poll has closed.
  package internal(set) var voters: [PersonID: UInt16] = [:]

  init(id: EntryID, _ event: PollOpenedEvent) {
    self.id = id
    question = event.question
    options = event.options
    isMultiple = event.isMultiple
    isChangeable = event.isChangeable
    results = event.results
    closesAtMs = event.closesAtMs
    counts = [Int](repeating: 0, count: event.options.count)
  }

  /// Whether everybody sees the counts.
  package var isPublic: Bool { isRevealed || !isOpen || results == .live }

  /// Whether it takes votes at that time.
  package func isOpen(at atMs: Int64) -> Bool { isOpen && closesAtMs.map { atMs < $0 } ?? true }

  /// Replaces or adds one person's vote; false when the mask names no option or one that is not there.
  mutating func count(_ mask: UInt16, of person: PersonID) -> Bool {
    guard isOpen, mask != 0, Int(mask) < 1 << options.count else { return false }
    guard isMultiple || mask.nonzeroBitCount == 1 else { return false }
    let old = voters[person]
    guard old == nil || isChangeable else { return false }
    if old == nil { voterCount += 1 }
    for option in options.indices {
      if let old, old & 1 << UInt16(option) != 0 { counts[option] -= 1 }
      if mask & 1 << UInt16(option) != 0 { counts[option] += 1 }
    }
    voters[person] = mask
    return true
  }
}
