// Ranks and choices among one, two and three encodings.

import Forwarding
import MediaControl
import Testing

private func choose(
  _ selection: LayerSelection, _ order: [UInt8], active: Set<UInt8>, cap: LayerRank = .f
) -> UInt8? {
  LayerSelector.choose(selection, order: order, isActive: { active.contains($0) }, cap: cap)
}

@Suite("The layer selector chooses by rank")
struct LayerSelectorTests {
  @Test("a single encoding answers to q, h and f, whatever the cap")
  func single() {
    for rank in LayerRank.allCases {
      #expect(choose(.pinned(rank), [0], active: [0]) == 0)
      #expect(choose(.automatic, [0], active: [0], cap: rank) == 0)
    }
    #expect(LayerSelector.rank(of: 0, in: [0]) == .f)
  }

  @Test("of two encodings q is the smaller, h and f the larger")
  func two() {
    #expect(choose(.pinned(.q), [1, 0], active: [0, 1]) == 1)
    #expect(choose(.pinned(.h), [1, 0], active: [0, 1]) == 0)
    #expect(choose(.pinned(.f), [1, 0], active: [0, 1]) == 0)
    #expect(choose(.automatic, [1, 0], active: [0, 1], cap: .h) == 1)
    #expect(LayerSelector.rank(of: 1, in: [1, 0]) == .q)
    #expect(LayerSelector.rank(of: 0, in: [1, 0]) == .f)
  }

  @Test("three encodings are q, h and f by size, and the cap is the highest chosen")
  func three() {
    for (rank, encoding) in zip(LayerRank.allCases, [UInt8(2), 0, 1]) {
      #expect(choose(.pinned(rank), [2, 0, 1], active: [0, 1, 2]) == encoding)
      #expect(choose(.automatic, [2, 0, 1], active: [0, 1, 2], cap: rank) == encoding)
      #expect(LayerSelector.rank(of: encoding, in: [2, 0, 1]) == rank)
    }
  }

  @Test("automatic falls back to what comes, above the cap if nothing else does")
  func fallback() {
    #expect(choose(.automatic, [0, 1, 2], active: [0, 1]) == 1)
    #expect(choose(.automatic, [0, 1, 2], active: [0]) == 0)
    #expect(choose(.automatic, [0, 1, 2], active: [2], cap: .q) == 2)
    #expect(choose(.automatic, [0, 1, 2], active: []) == nil)
  }

  @Test("a pin is never substituted, stopped or capped")
  func pins() {
    #expect(choose(.pinned(.f), [0, 1, 2], active: [0], cap: .q) == 2)
    #expect(choose(.pinned(.h), [0, 1, 2], active: []) == 1)
    #expect(choose(.pinned(.q), [], active: []) == nil)
  }
}
