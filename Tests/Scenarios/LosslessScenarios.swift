// A perfect network: everything must arrive, in order, at once.

import Client
import MediaControl
import Simulation
import Testing
import Wire

@Suite("Scenarios: a perfect network")
struct LosslessScenarios {
  @Test("a viewer sees every frame of the best layer and hears every packet")
  func lossless() throws {
    let scenario = try Scenario(seed: 1)
    let world = scenario.world
    let host = try world.addHost(.simulcast)
    try world.run(for: 1)
    let viewer = try world.addViewer(of: host)
    try world.run(for: 4)
    let span = scenario.span(2, 4.5)
    let share = viewer.share(of: host, layer: 2, capturedIn: span, within: .milliseconds(100))
    #expect(share == 1, scenario.replay)
    #expect(viewer.audioArrivals.filter { span.contains($0) }.count == 125, scenario.replay)
    #expect(viewer.video.frames.framesBroken == 0, scenario.replay)
    #expect(viewer.video.frames.discontinuities == 0, scenario.replay)
    #expect(viewer.video.duplicates == 0, scenario.replay)
    #expect(viewer.unmarked == 0, scenario.replay)
    #expect(viewer.video.nacksSent == 0, scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
    #expect(world.strays.isEmpty, scenario.replay)
  }
  @Test("the same seed makes the same run, losses and all")
  func determinism() throws {
    var conditions = LinkConditions(delay: .milliseconds(20))
    conditions.loss = 0.05
    conditions.jitter = .milliseconds(5)
    conditions.reordering = 0.02
    let runs = try (0..<2).map { _ in
      let scenario = try Scenario(seed: 2, workers: 2, misdelivery: 0.5)
      let host = try scenario.world.addHost(.simulcast, network: .init(conditions))
      try scenario.world.run(for: 1)
      let viewer = try scenario.world.addViewer(of: host, network: .init(conditions))
      try scenario.world.run(for: 4)
      return (scenario, viewer)
    }
    #expect(runs[0].1.frames.count > 30, runs[0].0.replay)
    #expect(runs[0].1.frames == runs[1].1.frames, runs[0].0.replay)
    #expect(runs[0].1.endpoint.up.sent == runs[1].1.endpoint.up.sent, runs[0].0.replay)
  }
}
