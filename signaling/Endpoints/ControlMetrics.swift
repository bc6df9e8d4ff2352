// What /metrics tells: joins, first frames, ends, and the workers' counters.

package import Hooks
package import MediaControl
package import Messages
package import Nodes
package import Telemetry
package import Web
import Wire

/// The figures of the control plane, and the last ones the workers reported.
package struct ControlMetrics: Sendable {
  package private(set) var joins: UInt64 = 0
  package private(set) var ends: [PeerEnd: UInt64] = [:]
  package private(set) var joinTimes = Histogram(bounds: ControlMetrics.bounds)
  package private(set) var firstFrameTimes = Histogram(bounds: ControlMetrics.bounds)
  /// By worker: what it reported last.
  private var workers: [Int: WorkerStatistics] = [:]
  /// What the web server counted last.
  package var web = WebCounters()
  /// What the thread that sends webhooks counted last.
  package var hooks = HookCounters()

  /// The sum over all workers of what each reported last. A worker that is late keeps its old figures:
  /// left out, its counters would seem to run backwards; counted twice, to leap.
  package var media: WorkerStatistics {
    var sum = WorkerStatistics()
    for statistics in workers.values { sum.add(statistics) }
    return sum
  }

  /// The seconds that matter for joining.
  static let bounds = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10]

  /// What became of hints; nil without Redis.
  package var bus: BusCounters?
  /// What became of requests that were passed on to other processes.
  package internal(set) var forwards = ForwardCounters()

  /// What viewers were told: by way and reason.
  package private(set) var deliveries: [DeliveryTold: UInt64] = [:]

  /// What a viewer was told.
  package struct DeliveryTold: Hashable, Sendable {
    package let via: DeliveryWay
    package let reason: Delivery.Reason
  }

  package init() {}

  mutating func delivered(_ via: DeliveryWay, _ reason: Delivery.Reason) {
    deliveries[DeliveryTold(via: via, reason: reason), default: 0] += 1
  }

  mutating func joined(after time: TimeSpan) {
    joins += 1
    joinTimes.observe(time)
  }

  mutating func firstFrame(after time: TimeSpan) { firstFrameTimes.observe(time) }

  mutating func ended(_ reason: PeerEnd) { ends[reason, default: 0] += 1 }

  /// Takes a worker's report.
  mutating func take(_ statistics: WorkerStatistics, of worker: Int) {
    workers[worker] = statistics
  }
}
