// One request per layer and interval, however many viewers ask.

import Forwarding
import Testing
import Wire

private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

@Suite("Keyframe requests of a layer have a budget")
struct KeyframeBudgetTests {
  @Test("repairs go at most every 500 ms, and one over budget goes when it is due")
  func repairs() {
    var budget = KeyframeBudget()
    var sent: [Int64] = []
    for now in Int64(0)..<2000 where budget.ask(.repair, at: at(now)) { sent.append(now) }
    #expect(sent == [0, 500, 1000, 1500])

    budget = KeyframeBudget()
    #expect(budget.ask(.repair, at: at(0)) == true)
    #expect(budget.takeOverdue(at: at(100)) == false)
    #expect(budget.ask(.repair, at: at(100)) == false)
    #expect(budget.takeOverdue(at: at(499)) == false)
    #expect(budget.takeOverdue(at: at(500)) == true)
    #expect(budget.takeOverdue(at: at(2000)) == false, "one wish is one request")
  }

  @Test("a keyframe that comes takes the wish with it")
  func satisfied() {
    var budget = KeyframeBudget()
    #expect(budget.ask(.repair, at: at(0)) == true)
    #expect(budget.ask(.repair, at: at(100)) == false)
    budget.satisfy()
    #expect(budget.takeOverdue(at: at(600)) == false)
  }

  @Test("joins go at most every 2 s; 50 joins in 10 s are 5 requests")
  func joins() {
    var budget = KeyframeBudget()
    var sent = 0
    for join in Int64(0)..<50 where budget.ask(.refresh, at: at(join * 200)) { sent += 1 }
    #expect(sent == 5)
    #expect(budget.takeOverdue(at: at(20_000)) == false, "a join is not remembered")
  }

  @Test("a repair may follow a join after 500 ms, and a join never follows anything sooner")
  func mixed() {
    var budget = KeyframeBudget()
    #expect(budget.ask(.refresh, at: at(0)) == true)
    #expect(budget.ask(.repair, at: at(400)) == false)
    #expect(budget.ask(.repair, at: at(500)) == true)
    #expect(budget.ask(.refresh, at: at(900)) == false)
    #expect(budget.ask(.refresh, at: at(1900)) == false)
    #expect(budget.ask(.refresh, at: at(2000)) == true)
  }
}
