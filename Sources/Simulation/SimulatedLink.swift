// One direction of one network path: decides when a datagram arrives, if at all.

import Crypto
import Wire

/// A link with its own generator, so that what other links carry does not change its luck.
package struct SimulatedLink {
  /// May change while the world runs.
  package var conditions: LinkConditions
  private var random: RandomSource
  private var isInBurst = false
  private var lastArrival = Instant.zero
  private var bottleneckFree = Instant.zero
  /// Datagrams given to the link.
  package private(set) var sent: UInt64 = 0
  /// Of those, the ones that never arrive.
  package private(set) var lost: UInt64 = 0

  init(_ conditions: LinkConditions, random: RandomSource) {
    self.conditions = conditions
    self.random = random
  }

  /// When a datagram of `byteCount` bytes sent at `now` arrives: never, once or twice.
  mutating func send(_ byteCount: Int, at now: Instant) -> (first: Instant?, second: Instant?) {
    sent += 1
    // The same number of draws for every datagram: one condition does not shift another's luck.
    let draws = (
      loss: random.unitInterval(), burst: random.unitInterval(), burstLoss: random.unitInterval(),
      jitter: random.unitInterval(), reorder: random.unitInterval(),
      duplicate: random.unitInterval()
    )
    var isLost = draws.loss < conditions.loss
    if let bursts = conditions.bursts {
      if draws.burst < (isInBurst ? bursts.end : bursts.begin) { isInBurst.toggle() }
      if isInBurst && draws.burstLoss < bursts.lossWithin { isLost = true }
    }
    if conditions.outages.contains(where: { $0.contains(now) }) { isLost = true }
    guard !isLost, let leaves = passBottleneck(byteCount, at: now) else {
      lost += 1
      return (nil, nil)
    }
    let jitter = TimeSpan(
      nanoseconds: Int64(Double(conditions.jitter.nanoseconds) * draws.jitter))
    var arrival = leaves + conditions.delay + jitter
    if draws.reorder < conditions.reordering {
      arrival = arrival + conditions.reorderDelay
    } else {
      arrival = max(arrival, lastArrival)
      lastArrival = arrival
    }
    let isDoubled = draws.duplicate < conditions.duplication
    return (arrival, isDoubled ? arrival + .microseconds(300) : nil)
  }

  /// When the datagram leaves the bottleneck; nil when its queue is full.
  private mutating func passBottleneck(_ byteCount: Int, at now: Instant) -> Instant? {
    guard let rate = conditions.rate, rate.bitsPerSecond > 0 else { return now }
    let start = max(now, bottleneckFree)
    let waiting = (start - now).seconds * Double(rate.bitsPerSecond) / 8
    guard waiting + Double(byteCount) <= Double(conditions.queueBytes) else { return nil }
    let time = Double(byteCount) * 8 / Double(rate.bitsPerSecond)
    bottleneckFree = start + TimeSpan(fractionalSeconds: time)
    return bottleneckFree
  }
}
