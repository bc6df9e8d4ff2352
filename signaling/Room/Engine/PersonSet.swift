// A set of people as bits: ids are dense, so a thousand upvoters are 128 bytes.

/// A set of people of one room. Equal sets are equal values, whatever was removed before.
package struct PersonSet: Hashable, Sendable {
  /// Bit n of word w is person 64 w + n; the last word is never 0.
  private(set) var words: [UInt64] = []
  /// How many people are in it.
  package private(set) var count = 0

  /// Nobody.
  package init() {}

  /// The set of these bits; nil when it holds people beyond `EngineLimits.peopleMax`.
  init?(words: [UInt64]) {
    guard words.count <= Int(EngineLimits.peopleMax) / 64 + 1, words.last != 0 else { return nil }
    self.words = words
    for word in words { count += word.nonzeroBitCount }
  }

  /// Whether `person` is in it.
  package func contains(_ person: PersonID) -> Bool {
    let index = Int(person.rawValue >> 6)
    return index < words.count && words[index] & bit(person) != 0
  }

  /// Puts `person` in; false when it was there, or is beyond `EngineLimits.peopleMax`.
  @discardableResult
  package mutating func insert(_ person: PersonID) -> Bool {
    guard person.rawValue <= EngineLimits.peopleMax, !contains(person) else { return false }
    let index = Int(person.rawValue >> 6)
    while words.count <= index { words.append(0) }
    words[index] |= bit(person)
    count += 1
    return true
  }

  /// Takes `person` out; false when it was not there.
  @discardableResult
  package mutating func remove(_ person: PersonID) -> Bool {
    guard contains(person) else { return false }
    words[Int(person.rawValue >> 6)] &= ~bit(person)
    while words.last == 0 { words.removeLast() }
    count -= 1
    return true
  }

  private func bit(_ person: PersonID) -> UInt64 { 1 << UInt64(person.rawValue & 63) }
}
