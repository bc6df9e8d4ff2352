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

  /// When `viewer` had its first frame that was no older than 100 ms.
  private func firstLive(_ viewer: SimulatedViewer) -> Instant? {
    viewer.frames.first { $0.latency <= .milliseconds(100) }?.completedAt
  }

  @Test(
    "a join onto the longest chain is live within 400 ms, also where the worker has to follow first",
    arguments: [0, 1])
  func liveSoon(owner: Int) throws {
    let scenario = try Scenario(seed: 64, workers: 2)
    let world = scenario.world
    var script = HostScript.simulcast
    script.keyframeInterval = .seconds(10)
    let host = try world.addHost(script, owner: 0)
    // The keyframe is 1.9 s old when the viewers' keys are there.
    try world.run(for: 1.9)
    let asked = scenario.keyframeRequests
    var viewing = World.ViewerScript()
    viewing.owner = owner
    let viewer = try world.addViewer(of: host, viewing)
    try world.run(for: 1.5)
    #expect(viewer.frames.first?.mark.number == 0, scenario.replay)
    #expect(viewer.frames.first?.mark.layer == 2, scenario.replay)
    let connected = try #require(viewer.connectedAt, scenario.replay)
    let live = try #require(firstLive(viewer), scenario.replay)
    #expect(live - connected <= .milliseconds(400), scenario.replay)
    #expect(scenario.keyframeRequests == asked, scenario.replay)
    #expect(viewer.video.frames.framesBroken == 0, scenario.replay)
    #expect(viewer.video.frames.discontinuities == 0, scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
  }

  @Test("a viewer that waits connected gets a followed track's chain, which comes in many turns")
  func chainInManyTurns() throws {
    let scenario = try Scenario(seed: 65, workers: 2)
    let world = scenario.world
    var script = HostScript.simulcast
    script.keyframeInterval = .seconds(10)
    let host = try world.addHost(script, owner: 0)
    var viewing = World.ViewerScript()
    viewing.owner = 1
    let viewer = try world.addViewer(of: nil, viewing)
    try world.run(for: 1.5)
    let attached = world.now
    world.attach(viewer, to: host)
    try world.run(for: 1.5)
    let live = try #require(firstLive(viewer), scenario.replay)
    // Up to 250 ms until the layer is chosen, then 1.75 s of chain at eight times its rate.
    #expect(live - attached <= .milliseconds(600), scenario.replay)
    #expect(viewer.frames.first?.mark.number == 0, scenario.replay)
    #expect(viewer.video.frames.framesBroken == 0, scenario.replay)
    #expect(viewer.video.frames.discontinuities == 0, scenario.replay)
  }

  @Test("a keyframe that comes during a catch-up ends it: the rest of the chain is not sent")
  func keyframeInCatchUp() throws {
    let scenario = try Scenario(seed: 66, workers: 2)
    let world = scenario.world
    var script = HostScript.simulcast
    script.keyframeInterval = .seconds(2)
    let host = try world.addHost(script, owner: 0)
    try world.run(for: 1.95)
    var viewing = World.ViewerScript()
    viewing.owner = 1
    let viewer = try world.addViewer(of: host, viewing)
    try world.run(for: 1)
    #expect(viewer.frames.first?.mark.number == 0, scenario.replay)
    let next = try #require(viewer.frames.dropFirst().first { $0.isKeyframe }, scenario.replay)
    #expect((58...62).contains(next.mark.number), scenario.replay)
    let before = viewer.frames.prefix { $0.completedAt < next.completedAt }
    #expect(before.count > 5, "the chain was under way")
    #expect(before.count < 50, "and was left")
    #expect(next.latency <= .milliseconds(100), scenario.replay)
    let numbers = viewer.frames.drop { $0.mark.number < next.mark.number }.map(\.mark.number)
    #expect(
      numbers == (numbers.first.map { Array($0..<($0 + numbers.count)) } ?? []),
      scenario.replay)
    #expect(viewer.video.frames.framesBroken == 0, scenario.replay)
    #expect(viewer.video.frames.discontinuities == 0, scenario.replay)
    #expect(world.statistics.nacksReceived == 0, scenario.replay)
    #expect(world.nonceViolations == 0, scenario.replay)
  }

  @Test(
    "50 joins in 10 s cost the publisher at most 5 keyframe requests, whichever worker they are on",
    arguments: [1, 2])
  func manyJoins(workers: Int) throws {
    let scenario = try Scenario(seed: 62, workers: workers)
    let world = scenario.world
    var script = HostScript.tiny
    script.keyframeInterval = .seconds(10)
    let host = try world.addHost(script)
    try world.run(for: 3)
    let asked = scenario.keyframeRequests
    var viewing = World.ViewerScript()
    viewing.owner = workers - 1
    for index in 0..<50 {
      world.at(world.instant(3 + Double(index) * 0.2)) { [viewing] in
        _ = try? $0.addViewer(of: host, viewing)
      }
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
