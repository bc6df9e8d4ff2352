// Publishers without transport-wide feedback: REMB tells them what they may send.

import Client
import Congestion
import MediaControl
import Simulation
import Testing
import Wire

@Suite("Scenarios: publishers that only know REMB")
struct EstimateScenarios {
  private static func script() -> HostScript {
    var script = HostScript(layers: [
      .init(rid: nil, width: 1280, height: 720, bitrate: .kilobits(1500))
    ])
    script.knowsOnlyREMB = true
    return script
  }

  /// Payload bits of the host's video in so many seconds, per second.
  private func rate(of host: SimulatedHost, in world: World, for seconds: Double) throws -> Double {
    let before = host.client.streams[0].bytesSent
    try world.run(for: seconds)
    return Double(host.client.streams[0].bytesSent - before) * 8 / seconds
  }

  @Test("a clear path: the host grows from 300 kbit/s to its full 1.5 Mbit/s within 8 s")
  func growth() throws {
    let scenario = try Scenario(seed: 81)
    let world = scenario.world
    let host = try world.addHost(EstimateScenarios.script())
    try world.run(for: 1)
    #expect(host.client.estimate != nil, scenario.replay)
    try world.run(for: 7)
    #expect(try rate(of: host, in: world, for: 2) >= 1_350_000, scenario.replay)
    #expect(host.client.feedback.receivedCount == 0, "no transport-wide feedback was agreed")
  }

  @Test("a path of 800 kbit/s: the host stays near what gets through")
  func narrowPath() throws {
    let scenario = try Scenario(seed: 82)
    let world = scenario.world
    var up = LinkConditions(delay: .milliseconds(20))
    up.rate = .kilobits(800)
    up.queueBytes = 20_000
    let host = try world.addHost(
      EstimateScenarios.script(), network: .init(up: up, down: LinkConditions()))
    try world.run(for: 10)
    let rate = try rate(of: host, in: world, for: 10)
    #expect((350_000...950_000).contains(rate), "\(rate); \(scenario.replay)")
    let sent = host.endpoint.up.sent
    let lost = host.endpoint.up.lost
    try world.run(for: 10)
    let share =
      Double(host.endpoint.up.lost - lost) / Double(host.endpoint.up.sent - sent)
    #expect(share < 0.12, "\(share); \(scenario.replay)")
  }
}
