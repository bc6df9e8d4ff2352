// The table that a shop's state is made of, against a plain dictionary.

import Testing

@testable import Commerce

@Suite("Sorted tables")
struct SortedTableTests {
  @Test("like a dictionary, in order, with ranks; a copy is not changed with its original")
  func model() {
    for seed in UInt64(0)..<20 {
      var random = Randomness(state: seed)
      var table = SortedTable<Int64, Int64>()
      var model: [Int64: Int64] = [:]
      var copies: [(SortedTable<Int64, Int64>, [Int64: Int64])] = []
      // Rising keys at first, as numbers of a log are.
      for step in Int64(0)..<600 {
        let key = step < 300 ? step : random.number(-20...320)
        if random.chance(step < 300 ? 5 : 60) {
          table[key] = nil
          model[key] = nil
        } else {
          table[key] = step
          model[key] = step
        }
        if step % 200 == 100 { copies.append((table, model)) }
      }
      copies.append((table, model))
      for (table, model) in copies {
        let keys = model.keys.sorted()
        #expect(table.map(\.key) == keys)
        #expect(table.map(\.value) == keys.map { model[$0] })
        #expect(table.count == keys.count)
        #expect(table.first?.key == keys.first && table.last?.key == keys.last)
        #expect(table.suffix(7).map(\.key) == Array(keys.suffix(7).reversed()))
        for (rank, key) in keys.enumerated() { #expect(table.rank(of: key) == rank) }
        #expect(table[1000] == nil && table.rank(of: 1000) == nil)
        // Equal by what is in it, not by how it came there.
        var other = SortedTable<Int64, Int64>()
        for key in keys.reversed() { other[key] = model[key] }
        #expect(other == table && other.hashValue == table.hashValue)
      }
    }
  }
}
