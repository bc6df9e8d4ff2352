// The replay window against a set that remembers everything, and the guess of the rollover counter.

import Testing

@testable import SRTP

@Suite("SRTP replay window and index guess, RFC 3711 sections 3.3.1, 3.3.2 and appendix A")
struct ReplayWindowTests {
  @Test("it answers as a set of all indexes would, over jumps of every size", arguments: 0..<4)
  func againstSet(_ seed: UInt64) {
    var random = Seeded(state: seed)
    var window = ReplayWindow()
    var seen: Set<UInt64> = []
    var newest: UInt64 = 70_000
    for _ in 0..<20_000 {
      let reach = [3, 70, 1100, 5000][Int(random.next() % 4)] as UInt64
      let index = newest &- 2 * (reach / 3) &+ random.next() % reach
      let isOld = !seen.isEmpty && index + ReplayWindow.size <= newest
      let isFresh = !isOld && !seen.contains(index)
      #expect(window.isFresh(index) == isFresh, "\(index) after \(newest)")
      guard isFresh, random.next() % 4 != 0 else { continue }
      window.note(index)
      newest = seen.isEmpty ? index : max(newest, index)
      seen.insert(index)
    }
    #expect(window.newest == newest)
  }

  @Test("asking changes nothing")
  func asking() throws {
    var window = ReplayWindow()
    window.note(5000)
    for index in UInt64(0)..<20_000 { _ = window.isFresh(index) }
    for sequence in UInt16(0)...UInt16.max { _ = try window.index(of: sequence) }
    #expect(window.newest == 5000)
    #expect(!window.isFresh(5000))
    #expect(window.isFresh(4999))
  }

  @Test(
    "the index closest to the newest is guessed",
    arguments: [
      (0x1_FFFF, 0x0000, 0x2_0000), (0x2_0000, 0xFFFF, 0x1_FFFF), (0x1_0000, 0x8000, 0x1_8000),
      (0x2_0000, 0x8001, 0x1_8001), (0x1_8000, 0x0000, 0x1_0000), (0x1_8001, 0x0000, 0x2_0000),
      (0x1_9000, 0x9001, 0x1_9001),
      // Before the first turn there is nothing.
      (0x0_0005, 0xFFFF, 0x0_FFFF),
    ])
  func guess(_ newest: UInt64, _ sequence: UInt16, _ index: UInt64) throws {
    var window = ReplayWindow()
    window.note(newest)
    #expect(try window.index(of: sequence) == index)
  }

  @Test("a stream starts under rollover counter 0 and never passes the last index")
  func ends() throws {
    #expect(try ReplayWindow().index(of: 0xFFFF) == 0xFFFF)
    var window = ReplayWindow()
    window.note(0xFFFF_FFFF_FFFF)
    #expect(try window.index(of: 0xFFFE) == 0xFFFF_FFFF_FFFE)
    #expect(throws: SRTPError.keyExhausted) { try window.index(of: 0) }
  }
}
