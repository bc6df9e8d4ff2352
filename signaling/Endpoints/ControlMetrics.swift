// What /metrics tells: joins, first frames, ends, and the workers' counters.

package import MediaControl
package import Telemetry
import Wire

/// The figures of the control plane, and the last ones the workers reported.
package struct ControlMetrics: Sendable {
  package private(set) var joins: UInt64 = 0
  package private(set) var ends: [PeerEnd: UInt64] = [:]
  package private(set) var joinTimes = Histogram(bounds: ControlMetrics.bounds)
  package private(set) var firstFrameTimes = Histogram(bounds: ControlMetrics.bounds)
  /// The sum over all workers of the last round of reports.
  package private(set) var media = WorkerStatistics()
  private var round = WorkerStatistics()

  /// The seconds that matter for joining.
  static let bounds = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10]

  package init() {}

  mutating func joined(after time: TimeSpan) {
    joins += 1
    joinTimes.observe(time)
  }

  mutating func firstFrame(after time: TimeSpan) { firstFrameTimes.observe(time) }

  mutating func ended(_ reason: PeerEnd) { ends[reason, default: 0] += 1 }

  mutating func add(_ statistics: WorkerStatistics) { round.add(statistics) }

  /// All workers of a round have reported.
  package mutating func finishRound() {
    media = round
    round = WorkerStatistics()
  }
}
