// Networks that reorder, repeat, fall silent or change addresses.

import Client
import MediaControl
import Simulation
import Testing
import Wire

@Suite("Scenarios: networks")
struct NetworkScenarios {
  private func watch(_ conditions: LinkConditions, _ scenario: Scenario) throws -> (
    SimulatedHost, SimulatedViewer
  ) {
    let world = scenario.world
    let host = try world.addHost(.simulcast, network: .init(conditions))
    try world.run(for: 2)
    var script = World.ViewerScript()
    script.selection = .pinned(.f)
    let viewer = try world.addViewer(of: host, script, network: .init(conditions))
    return (host, viewer)
  }

  @Test("reordering on both legs: every frame is whole, in order")
  func reordering() throws {
    let scenario = try Scenario(seed: 71)
    var conditions = LinkConditions(delay: .milliseconds(20))
    conditions.jitter = .milliseconds(10)
    conditions.reordering = 0.05
    let (host, viewer) = try watch(conditions, scenario)
    try scenario.world.run(for: 6)
    let share = viewer.share(
      of: host, layer: 2, capturedIn: scenario.span(4, 7), within: .milliseconds(250))
    #expect(share == 1, scenario.replay)
    #expect(viewer.video.frames.framesBroken == 0, scenario.replay)
    #expect(viewer.video.frames.discontinuities == 0, scenario.replay)
    #expect(scenario.world.nonceViolations == 0, scenario.replay)
  }

  @Test("duplication on both legs: no packet is forwarded twice")
  func duplication() throws {
    let scenario = try Scenario(seed: 72)
    var conditions = LinkConditions(delay: .milliseconds(20))
    conditions.duplication = 0.2
    let (host, viewer) = try watch(conditions, scenario)
    try scenario.world.run(for: 4)
    let share = viewer.share(
      of: host, layer: 2, capturedIn: scenario.span(4, 5.5), within: .milliseconds(150))
    #expect(share == 1, scenario.replay)
    #expect(viewer.video.frames.discontinuities == 0, scenario.replay)
    #expect(scenario.world.discards(.replayed) > 100, scenario.replay)
    // SRTP refuses what comes twice, so what the player counts twice was sent twice.
    #expect(viewer.video.duplicates == 0, scenario.replay)
    #expect(scenario.world.nonceViolations == 0, scenario.replay)
  }

  @Test("an outage of two seconds on the viewer's path: the picture is back within a second")
  func outage() throws {
    let scenario = try Scenario(seed: 73)
    let world = scenario.world
    let (host, viewer) = try watch(LinkConditions(delay: .milliseconds(20)), scenario)
    viewer.endpoint.up.conditions.outages = [scenario.span(4, 6)]
    viewer.endpoint.down.conditions.outages = [scenario.span(4, 6)]
    try world.run(until: world.instant(9))
    let resumed = viewer.frames(in: scenario.span(6, 9)).first?.completedAt
    #expect(resumed.map { $0 <= world.instant(7) } ?? false, scenario.replay)
    let share = viewer.share(
      of: host, layer: 2, capturedIn: scenario.span(7.5, 8.5), within: .milliseconds(200))
    #expect(share == 1, scenario.replay)
    #expect(viewer.end == nil, scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
  }

  @Test("an outage of eight seconds: media pauses and comes back with the viewer")
  func longOutage() throws {
    let scenario = try Scenario(seed: 74)
    let world = scenario.world
    let (host, viewer) = try watch(LinkConditions(delay: .milliseconds(20)), scenario)
    viewer.endpoint.up.conditions.outages = [scenario.span(4, 12)]
    viewer.endpoint.down.conditions.outages = [scenario.span(4, 12)]
    try world.run(until: world.instant(10))
    let sent = viewer.endpoint.down.sent
    try world.run(until: world.instant(12))
    #expect(viewer.endpoint.down.sent == sent, scenario.replay)
    try world.run(until: world.instant(18))
    let share = viewer.share(
      of: host, layer: 2, capturedIn: scenario.span(16.5, 17.5), within: .milliseconds(200))
    #expect(share == 1, scenario.replay)
    let news = world.reports.compactMap { report -> Bool? in
      guard case .reachable(viewer.endpoint.peer, let isReachable) = report.event else {
        return nil
      }
      return isReachable
    }
    #expect(news == [false, true], scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
  }

  @Test("a NAT gives the viewer another address: media follow within a consent check")
  func viewerRebinds() throws {
    let scenario = try Scenario(seed: 75)
    let world = scenario.world
    let (host, viewer) = try watch(LinkConditions(delay: .milliseconds(20)), scenario)
    world.at(world.instant(4)) { $0.rebind(viewer.endpoint) }
    try world.run(until: world.instant(13))
    let share = viewer.share(
      of: host, layer: 2, capturedIn: scenario.span(11.5, 12.5), within: .milliseconds(200))
    #expect(share == 1, scenario.replay)
    #expect(viewer.longestGap(in: scenario.span(3.5, 12.5)) <= .seconds(7), scenario.replay)
    #expect(viewer.end == nil, scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
  }

  @Test("a NAT gives the host another address: its media are taken again")
  func hostRebinds() throws {
    let scenario = try Scenario(seed: 76)
    let world = scenario.world
    let (host, viewer) = try watch(LinkConditions(delay: .milliseconds(20)), scenario)
    world.at(world.instant(4)) { $0.rebind(host.endpoint) }
    try world.run(until: world.instant(13))
    let share = viewer.share(
      of: host, layer: 2, capturedIn: scenario.span(11.5, 12.5), within: .milliseconds(200))
    #expect(share == 1, scenario.replay)
    #expect(viewer.longestGap(in: scenario.span(3.5, 12.5)) <= .seconds(7), scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
  }

  @Test("a viewer that vanishes is paused after 5 s and ended after 30 s; the others see all")
  func consentExpiry() throws {
    let scenario = try Scenario(seed: 77)
    let world = scenario.world
    let host = try world.addHost(.tiny)
    try world.run(for: 1)
    let lost = try world.addViewer(of: host)
    let other = try world.addViewer(of: host)
    try world.run(until: world.instant(3))
    world.vanish(lost.endpoint)
    try world.run(until: world.instant(9))
    let sent = lost.endpoint.down.sent
    try world.run(until: world.instant(38))
    #expect(lost.endpoint.down.sent <= sent + 1, scenario.replay)
    let ends = world.reports.compactMap { report -> (Instant, PeerID, PeerEnd)? in
      guard case .ended(let peer, let end) = report.event else { return nil }
      return (report.at, peer, end)
    }
    #expect(ends.count == 1, scenario.replay)
    #expect(ends.first?.1 == lost.endpoint.peer, scenario.replay)
    #expect(ends.first?.2 == .consentExpired, scenario.replay)
    #expect(ends.first.map { $0.0 <= world.instant(34) } ?? false, scenario.replay)
    let share = other.share(
      of: host, layer: 0, capturedIn: scenario.span(3, 37.5), within: .milliseconds(100))
    #expect(share == 1, scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
  }
}
