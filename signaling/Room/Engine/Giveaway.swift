// A giveaway: its rule, its entries and its draw.

/// One giveaway.
package struct Giveaway: Hashable, Sendable {
  /// Who may enter.
  package enum Rule: String, Hashable, Sendable, CaseIterable {
    case everyone
    /// Who writes the keyword in the chat.
    case keyword
    case followers
  }
  /// Where it stands.
  package enum Stage: String, Hashable, Sendable, CaseIterable {
    case open, closed, drawn, cancelled
  }

  package let id: EntryID
  package let prize: TextID
  package let rule: Rule
  package let keyword: String?
  /// How many are drawn, if so many enter.
  package let winnersWanted: Int
  /// Milliseconds since 1970.
  package let closesAtMs: Int64?
  package let commitment: [UInt8]
  package internal(set) var stage = Stage.open
  /// Never shown before the draw; emptied by a cancellation.
  package internal(set) var secret: [UInt8]
  /// In the order of the log; emptied by the draw.
  package internal(set) var entries: [PersonID] = []
  /// The same people, to look up.
  var entrants = PersonSet()
  package internal(set) var entryCount = 0
  package internal(set) var winners: [PersonID] = []

  init(id: EntryID, _ event: GiveawayOpenedEvent) {
    self.id = id
    prize = event.prize
    rule = event.rule
    keyword = event.keyword
    winnersWanted = event.winners
    closesAtMs = event.closesAtMs
    commitment = event.commitment
    secret = event.secret
  }

  /// Whether it takes entries at that time.
  package func isOpen(at atMs: Int64) -> Bool {
    stage == .open && closesAtMs.map { atMs < $0 } ?? true
  }

  /// Whether this person has entered; not known any more after the draw.
  package func hasEntered(_ person: PersonID) -> Bool { entrants.contains(person) }

  /// Adds an entry; false when it is there, or the giveaway is not open or full.
  mutating func enter(_ person: PersonID) -> Bool {
    guard stage == .open, entries.count < EngineLimits.entriesMax, entrants.insert(person) else {
      return false
    }
    entries.append(person)
    entryCount += 1
    return true
  }

  /// Takes out who was banned before the draw.
  mutating func remove(_ person: PersonID) {
    guard entrants.remove(person) else { return }
    entries.removeAll { $0 == person }
    entryCount -= 1
  }

  /// Keeps what is shown and forgets what only the log needs.
  mutating func settle(_ stage: Stage) {
    self.stage = stage
    entries = []
    entrants = PersonSet()
    if stage == .cancelled { secret = [] }
  }
}
