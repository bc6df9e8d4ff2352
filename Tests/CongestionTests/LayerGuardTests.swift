// The layer guard: a test per row of its table.

import Testing
import Wire

@testable import Congestion

private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

@Suite("Layer guard")
struct LayerGuardTests {
  var layerGuard = LayerGuard(at: .zero)

  private let calm = LayerGuard.Measurement(
    layerBitrate: .kilobits(500), receivable: .kilobits(500), lossFraction: 0.10)
  private let starved = LayerGuard.Measurement(
    layerBitrate: .kilobits(500), receivable: .kilobits(499), lossFraction: 0)
  private let lossy = LayerGuard.Measurement(
    layerBitrate: .kilobits(500), receivable: nil, lossFraction: 0.11)

  @Test("trouble is a REMB below the layer's rate or loss over a tenth")
  func trouble() {
    #expect(!calm.isTrouble && starved.isTrouble && lossy.isTrouble)
    var silent = lossy
    silent.lossFraction = 0.10
    #expect(!silent.isTrouble)
  }

  @Test("clean, no trouble: stays until ten seconds, then up, then ten more")
  mutating func up() {
    #expect(layerGuard.receive(calm, at: at(9999)) == .stay)
    #expect(layerGuard.receive(calm, at: at(10_000)) == .stepUp)
    #expect(layerGuard.receive(calm, at: at(19_999)) == .stay)
    #expect(layerGuard.receive(calm, at: at(20_000)) == .stepUp)
  }

  @Test("clean, but with a queue on the path: the ten seconds begin when it has gone")
  mutating func queued() {
    var queued = calm
    queued.isQueued = true
    #expect(layerGuard.receive(queued, at: at(10_000)) == .stay)
    #expect(layerGuard.receive(calm, at: at(19_999)) == .stay)
    #expect(layerGuard.receive(calm, at: at(20_000)) == .stepUp)
  }

  @Test("clean, trouble: nothing yet, but the clean seconds are gone")
  mutating func troubleBegins() {
    #expect(layerGuard.receive(starved, at: at(9900)) == .stay)
    #expect(layerGuard.receive(calm, at: at(10_000)) == .stay)
    #expect(layerGuard.receive(calm, at: at(19_999)) == .stay)
    #expect(layerGuard.receive(calm, at: at(20_000)) == .stepUp)
  }

  @Test("troubled, trouble: down after two seconds, whichever trouble it is")
  mutating func down() {
    #expect(layerGuard.receive(starved, at: at(100)) == .stay)
    #expect(layerGuard.receive(lossy, at: at(2099)) == .stay)
    #expect(layerGuard.receive(lossy, at: at(2100)) == .stepDown)
  }

  @Test("troubled, no trouble: the two seconds begin anew")
  mutating func recovers() {
    #expect(layerGuard.receive(starved, at: at(0)) == .stay)
    #expect(layerGuard.receive(calm, at: at(1900)) == .stay)
    #expect(layerGuard.receive(starved, at: at(2000)) == .stay)
    #expect(layerGuard.receive(starved, at: at(3999)) == .stay)
    #expect(layerGuard.receive(starved, at: at(4000)) == .stepDown)
  }

  @Test("after a step down it is clean again: another step takes two more seconds")
  mutating func downTwice() {
    _ = layerGuard.receive(starved, at: at(0))
    #expect(layerGuard.receive(starved, at: at(2000)) == .stepDown)
    #expect(layerGuard.receive(starved, at: at(2100)) == .stay)
    #expect(layerGuard.receive(starved, at: at(4099)) == .stay)
    #expect(layerGuard.receive(starved, at: at(4100)) == .stepDown)
  }

  @Test("a restart forgets the trouble and the clean seconds")
  mutating func restarts() {
    _ = layerGuard.receive(starved, at: at(0))
    layerGuard.restart(at: at(1900))
    #expect(layerGuard.receive(starved, at: at(2100)) == .stay)
    layerGuard.restart(at: at(3000))
    #expect(layerGuard.receive(calm, at: at(12_999)) == .stay)
    #expect(layerGuard.receive(calm, at: at(13_000)) == .stepUp)
  }
}
