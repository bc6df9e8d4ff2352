// Numbers that wrap: distance, order and extension around every seam.

import Testing
import Wire

@Suite("Serial numbers, RFC 1982 and RFC 3550 appendix A.1")
struct SerialNumberTests {
  @Test("distance is signed and right across the wrap")
  func distance() {
    let last = SerialNumber16(0xFFFF)
    let first = SerialNumber16(0)
    #expect(first.distance(from: last) == 1)
    #expect(last.distance(from: first) == -1)
    #expect(first.isNewer(than: last))
    #expect(!last.isNewer(than: first))
    #expect(!first.isNewer(than: first))
    #expect(SerialNumber16(0x7FFF).distance(from: first) == 32767)
    // Exactly half way round neither is newer by rule; it reads as older, never as both newer.
    #expect(SerialNumber16(0x8000).distance(from: first) == -32768)
  }

  @Test("moving by a distance is its inverse, for every start near a seam")
  func advanced() {
    for start in [0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF] as [UInt16] {
      for offset in [-32768, -1000, -1, 0, 1, 1000, 32767] {
        let start = SerialNumber16(start)
        #expect(start.advanced(by: offset).distance(from: start) == offset)
      }
    }
    #expect(SerialNumber16(5).advanced(by: 0x1_0000 * 7) == SerialNumber16(5))
  }

  @Test("timestamps behave so over 32 bits")
  func timestamps() {
    let last = RTPTimestamp(0xFFFF_FFFF)
    #expect(RTPTimestamp(0).distance(from: last) == 1)
    #expect(RTPTimestamp(0).isNewer(than: last))
    #expect(last.advanced(by: 3001) == RTPTimestamp(3000))
    #expect(RTPTimestamp(10).advanced(by: -20).distance(from: RTPTimestamp(10)) == -20)
    #expect(RTPTimestamp(0x8000_0000).distance(from: RTPTimestamp(0)) == Int(Int32.min))
  }

  @Test("extended numbers go on over a hundred wraps, with late ones in their place")
  func extending() {
    var extender = SerialNumberExtender()
    #expect(extender.highestSeen == nil)
    var expected: Int64 = 0x1_0000 + 65_000
    #expect(extender.extend(SerialNumber16(65_000)) == expected)
    for _ in 0..<(100 * 65_536 / 997) {
      expected += 997
      #expect(extender.extend(SerialNumber16(UInt16(truncatingIfNeeded: expected))) == expected)
      let late = expected - 500
      #expect(extender.extend(SerialNumber16(UInt16(truncatingIfNeeded: late))) == late)
      #expect(extender.highestSeen == expected)
    }
  }

  @Test("a number late over the very first wrap still has a positive index")
  func lateAtTheBeginning() {
    var extender = SerialNumberExtender()
    #expect(extender.extend(SerialNumber16(2)) == 0x1_0002)
    #expect(extender.extend(SerialNumber16(0xFFFF)) == 0xFFFF)
    #expect(extender.highestSeen == 0x1_0002)
  }

  @Test("peeking changes nothing")
  func peeking() {
    var extender = SerialNumberExtender()
    #expect(extender.peek(SerialNumber16(9)) == 0x1_0009)
    #expect(extender.highestSeen == nil)
    _ = extender.extend(SerialNumber16(0xFFF0))
    #expect(extender.peek(SerialNumber16(4)) == 0x2_0004)
    #expect(extender.highestSeen == 0x1_FFF0)
  }
}
