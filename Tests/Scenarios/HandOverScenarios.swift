// Several workers: where a datagram lands must not matter.

import Client
import MediaControl
import Simulation
import Testing
import Wire

@Suite("Scenarios: workers")
struct HandOverScenarios {
  @Test("every packet handed over between workers: nothing is lost", arguments: [2, 3])
  func everyPacketHandedOver(workers: Int) throws {
    let scenario = try Scenario(seed: 41, workers: workers, misdelivery: 1)
    let world = scenario.world
    let host = try world.addHost(.simulcast, owner: 0)
    try world.run(for: 1)
    var viewers: [SimulatedViewer] = []
    for owner in 0..<workers {
      var script = World.ViewerScript()
      script.owner = owner
      viewers.append(try world.addViewer(of: host, script))
    }
    try world.run(for: 4)
    let span = scenario.span(2.5, 4.5)
    for viewer in viewers {
      let share = viewer.share(of: host, layer: 2, capturedIn: span, within: .milliseconds(100))
      #expect(share == 1, scenario.replay)
      #expect(viewer.audioArrivals.filter { span.contains($0) }.count == 100, scenario.replay)
      #expect(viewer.video.frames.framesBroken == 0, scenario.replay)
    }
    // Repair would hide a hand-off that was lost.
    #expect(world.statistics.nacksSent == 0, scenario.replay)
    // All that clients sent after their first checks went by way of another worker.
    let sent = world.hosts[0].endpoint.up.sent
    #expect(world.statistics.handedOver >= sent * 9 / 10, scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
  }

  @Test("half of the packets handed over, with loss: repair works across workers")
  func halfHandedOver() throws {
    let scenario = try Scenario(seed: 42, workers: 3, misdelivery: 0.5)
    let world = scenario.world
    var conditions = LinkConditions(delay: .milliseconds(20))
    conditions.loss = 0.03
    let host = try world.addHost(.simulcast, network: .init(conditions), owner: 1)
    try world.run(for: 2)
    var script = World.ViewerScript()
    script.owner = 2
    script.selection = .pinned(.f)
    let viewer = try world.addViewer(of: host, script, network: .init(conditions))
    try world.run(for: 8)
    let share = viewer.share(
      of: host, layer: 2, capturedIn: scenario.span(4, 9), within: .milliseconds(400))
    #expect(share >= 0.995, scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
  }
}
