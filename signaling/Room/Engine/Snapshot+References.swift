// People and texts in snapshots.

import Wire

extension SnapshotWriter {
  mutating func write(_ person: PersonID) { write(UInt64(person.rawValue)) }
  mutating func write(_ text: TextID) { write(text.rawValue) }

  mutating func write(_ set: PersonSet) {
    list(set.words) { $0.write($1) }
  }
}

extension SnapshotReader {
  mutating func person() throws(WireError) -> PersonID {
    PersonID(UInt32(try int(max: Int64(EngineLimits.peopleMax))))
  }

  mutating func text() throws(WireError) -> TextID { TextID(try int()) }

  mutating func people() throws(WireError) -> PersonSet {
    let words = try list(max: Int(EngineLimits.peopleMax) / 64 + 1) { reader throws(WireError) in
      try reader.word()
    }
    guard let set = PersonSet(words: words) else { throw .badValue }
    return set
  }
}
