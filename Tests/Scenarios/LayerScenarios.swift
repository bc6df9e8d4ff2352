// Layers: switching, falling back, coming back.

import Client
import MediaControl
import Simulation
import Testing
import Wire

@Suite("Scenarios: layers")
struct LayerScenarios {
  @Test("f, then q, then f again: no gap, no broken frame, one numbering")
  func switching() throws {
    let scenario = try Scenario(seed: 51)
    let world = scenario.world
    let host = try world.addHost(.simulcast)
    try world.run(for: 1)
    var script = World.ViewerScript()
    script.selection = .pinned(.f)
    let viewer = try world.addViewer(of: host, script)
    world.at(world.instant(3)) { $0.select(.pinned(.q), for: viewer) }
    world.at(world.instant(5)) { $0.select(.pinned(.f), for: viewer) }
    try world.run(until: world.instant(7.5))
    for (span, layer) in [
      (scenario.span(2.5, 3), 2), (scenario.span(3.5, 5), 0), (scenario.span(5.5, 7), 2),
    ] {
      let share = viewer.share(of: host, layer: layer, capturedIn: span, within: .milliseconds(100))
      #expect(share == 1, "layer \(layer); \(scenario.replay)")
      let others = viewer.frames(in: span).filter { $0.mark.layer != layer }
      #expect(others.count <= 1, scenario.replay)
    }
    #expect(
      viewer.longestGap(in: scenario.span(2.5, 7)) <= .milliseconds(100), scenario.replay)
    #expect(viewer.video.frames.framesBroken == 0, scenario.replay)
    #expect(viewer.video.frames.discontinuities == 0, scenario.replay)
    #expect(viewer.video.keyframeRequestsSent == 0, scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
  }

  @Test("a layer that stops is left at once, and taken again when it is back")
  func stoppingLayer() throws {
    let scenario = try Scenario(seed: 52)
    let world = scenario.world
    let host = try world.addHost(.simulcast)
    try world.run(for: 1)
    let viewer = try world.addViewer(of: host)
    world.at(world.instant(3)) { _ in host.isSending[2] = false }
    world.at(world.instant(7)) { _ in host.isSending[2] = true }
    try world.run(until: world.instant(11))
    let last = viewer.frames(in: scenario.span(2.5, 3)).last
    #expect(last?.mark.layer == 2, scenario.replay)
    #expect(viewer.longestGap(in: scenario.span(2.5, 7)) <= .milliseconds(1500), scenario.replay)
    let lower = viewer.share(
      of: host, layer: 1, capturedIn: scenario.span(5, 6.5), within: .milliseconds(100))
    #expect(lower == 1, scenario.replay)
    let again = viewer.share(
      of: host, layer: 2, capturedIn: scenario.span(9.5, 10.5), within: .milliseconds(100))
    #expect(again == 1, scenario.replay)
    #expect(viewer.video.frames.discontinuities == 0, scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
  }

  @Test("a host that publishes again takes over the viewers' streams")
  func republishing() throws {
    let scenario = try Scenario(seed: 53)
    let world = scenario.world
    let first = try world.addHost(.simulcast)
    try world.run(for: 1)
    let viewer = try world.addViewer(of: first)
    try world.run(until: world.instant(3))
    world.remove(first.endpoint)
    world.vanish(first.endpoint)
    try world.run(until: world.instant(5))
    let second = try world.addHost(.simulcast)
    world.attach(viewer, to: second)
    try world.run(until: world.instant(9))
    let before = viewer.share(
      of: first, layer: 2, capturedIn: scenario.span(2, 2.9), within: .milliseconds(100))
    let after = viewer.share(
      of: second, layer: 2, capturedIn: scenario.span(7, 8.5), within: .milliseconds(100))
    #expect(before == 1, scenario.replay)
    #expect(after == 1, scenario.replay)
    let resumed = viewer.frames(in: scenario.span(5, 9)).first?.completedAt
    #expect(resumed.map { $0 <= world.instant(6.5) } ?? false, scenario.replay)
    #expect(viewer.end == nil, scenario.replay)
    #expect(viewer.video.frames.discontinuities == 0, scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
  }

  @Test("a queue that grows on the viewer's path takes the layer down before anything is lost")
  func growingQueue() throws {
    let scenario = try Scenario(seed: 54)
    let world = scenario.world
    let host = try world.addHost(.simulcast)
    try world.run(for: 1)
    var down = LinkConditions(delay: .milliseconds(20))
    // The top layer needs half as much again; the queue takes seven seconds of the excess.
    down.rate = .kilobits(1_050)
    down.queueBytes = 700_000
    let viewer = try world.addViewer(
      of: host, network: .init(up: LinkConditions(delay: .milliseconds(20)), down: down))
    try world.run(until: world.instant(20))
    #expect(viewer.endpoint.down.lost == 0, scenario.replay)
    let lower = viewer.share(
      of: host, layer: 1, capturedIn: scenario.span(7.5, 15), within: .seconds(6))
    #expect(lower >= 0.98, "\(lower); \(scenario.replay)")
    // The queue has drained, and no step up came before it had.
    let late = viewer.frames(in: scenario.span(18.5, 20))
    #expect(!late.isEmpty, scenario.replay)
    #expect(late.allSatisfy { $0.latency < .seconds(1) }, scenario.replay)
    #expect(viewer.video.frames.discontinuities == 0, scenario.replay)
  }
}
