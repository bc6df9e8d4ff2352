// Joining: quick for the viewer, cheap for the publisher.

import Client
import MediaControl
import Simulation
import Testing
import Wire

@Suite("Scenarios: joining")
struct JoinScenarios {
  @Test("a late joiner starts from the chain: a picture at once, no keyframe request")
  func fromTheChain() throws {
    let scenario = try Scenario(seed: 61)
    let world = scenario.world
    var script = HostScript.tiny
    script.keyframeInterval = .seconds(10)
    let host = try world.addHost(script)
    // The keyframe is 1.5 s old when the viewer's keys are there.
    try world.run(for: 1.5)
    let asked = scenario.keyframeRequests
    let viewer = try world.addViewer(of: host)
    try world.run(for: 2)
    let connected = try #require(viewer.connectedAt, scenario.replay)
    let first = try #require(viewer.frames.first, scenario.replay)
    #expect(first.isKeyframe, scenario.replay)
    #expect(first.mark.number == 0, scenario.replay)
    #expect(first.completedAt - connected <= .milliseconds(100), scenario.replay)
    #expect(scenario.keyframeRequests == asked, scenario.replay)
    let share = viewer.share(
      of: host, layer: 0, capturedIn: scenario.span(2.5, 3.3), within: .milliseconds(100))
    #expect(share == 1, scenario.replay)
    #expect(viewer.video.frames.discontinuities == 0, scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
  }

  @Test("50 joins in 10 s cost the publisher at most 5 keyframe requests")
  func manyJoins() throws {
    let scenario = try Scenario(seed: 62)
    let world = scenario.world
    var script = HostScript.tiny
    script.keyframeInterval = .seconds(10)
    let host = try world.addHost(script)
    try world.run(for: 3)
    let asked = scenario.keyframeRequests
    for index in 0..<50 {
      world.at(world.instant(3 + Double(index) * 0.2)) { _ = try? $0.addViewer(of: host) }
    }
    try world.run(until: world.instant(15.5))
    #expect(world.viewers.count == 50, scenario.replay)
    #expect(scenario.keyframeRequests - asked <= 5, scenario.replay)
    for viewer in world.viewers {
      let share = viewer.share(
        of: host, layer: 0, capturedIn: scenario.span(14.5, 15.4), within: .milliseconds(100))
      #expect(share == 1, scenario.replay)
      let first = viewer.frames.first.map { $0.completedAt - viewer.joinedAt }
      #expect(first.map { $0 <= .milliseconds(2600) } ?? false, scenario.replay)
    }
    #expect(world.nonceViolations == 0, scenario.replay)
  }

  @Test("50 viewers that ask for keyframes all the time cost at most one request per 500 ms")
  func keyframeStorm() throws {
    let scenario = try Scenario(seed: 63)
    let world = scenario.world
    let host = try world.addHost(.tiny)
    try world.run(for: 1)
    // Out of step: together they ask a hundred times a second.
    for index in 0..<50 {
      world.at(world.instant(1 + Double(index) * 0.01)) {
        try? $0.addViewer(of: host).stormInterval = .milliseconds(100)
      }
    }
    try world.run(until: world.instant(3))
    let asked = scenario.keyframeRequests
    let received = world.statistics.keyframeRequestsReceived
    try world.run(until: world.instant(8))
    #expect(world.statistics.keyframeRequestsReceived - received > 100, scenario.replay)
    #expect(scenario.keyframeRequests - asked <= 11, scenario.replay)
    #expect(scenario.keyframeRequests - asked >= 5, scenario.replay)
    let keyframes = host.keyframesSent[0]
    for (earlier, later) in zip(keyframes.dropFirst(), keyframes.dropFirst(2)) {
      #expect(later - earlier >= .milliseconds(400), scenario.replay)
    }
    #expect(world.nonceViolations == 0, scenario.replay)
  }
}
