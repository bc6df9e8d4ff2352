// How long repairs take.

import RTP
import Testing
import Wire

@Suite("The time a repair takes")
struct RepairTimeTests {
  private static func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

  /// Asks for a packet each second and gets it after `milliseconds`.
  private static func measured(_ milliseconds: [Int64]) -> RepairTime {
    var time = RepairTime()
    for (index, delay) in milliseconds.enumerated() {
      let asked = at(Int64(index) * 1000)
      let number = SerialNumber16(UInt16(index))
      time.note(askedFor: [number], at: asked)
      time.note(repaired: number, at: asked + .milliseconds(delay))
    }
    return time
  }

  @Test("nothing is known before the first repair; then it is a little above what repairs take")
  func steady() {
    #expect(RepairTime().estimate == nil)
    let estimate = RepairTimeTests.measured(Array(repeating: 80, count: 40)).estimate ?? .zero
    #expect(estimate > .milliseconds(80) && estimate <= .milliseconds(86))
  }

  @Test("it widens with what repairs vary by")
  func varying() {
    let delays = (0..<40).map { $0 % 2 == 0 ? 60 : 100 } as [Int64]
    #expect(RepairTimeTests.measured(delays).estimate ?? .zero > .milliseconds(100))
  }

  @Test("a packet asked for twice measures nothing")
  func ambiguous() {
    var time = RepairTime()
    time.note(askedFor: [SerialNumber16(7)], at: RepairTimeTests.at(0))
    time.note(askedFor: [SerialNumber16(7)], at: RepairTimeTests.at(50))
    time.note(repaired: SerialNumber16(7), at: RepairTimeTests.at(90))
    #expect(time.estimate == nil)
  }

  @Test("a packet that never comes does not end the measuring")
  func lostProbe() {
    var time = RepairTime()
    time.note(askedFor: [SerialNumber16(7)], at: RepairTimeTests.at(0))
    time.note(askedFor: [SerialNumber16(9)], at: RepairTimeTests.at(1500))
    time.note(repaired: SerialNumber16(9), at: RepairTimeTests.at(1580))
    #expect(time.estimate != nil)
  }
}
