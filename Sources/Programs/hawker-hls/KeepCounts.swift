// What is counted of kept shows, and said in the log.

import HLSKeeping
import Synchronization
import Telemetry

/// Counts of the writing thread, read by the loop. A class because threads share it; all of it is atomic.
final class KeepCounts: Sendable {
  /// Bytes of orders that are not carried out.
  let waitingBytes = Atomic(0)
  let lost = Atomic<UInt64>(0)
  let finished = Atomic<UInt64>(0)
  private let segments = Atomic<UInt64>(0)
  private let bytes = Atomic<UInt64>(0)
  private let isStopped = Atomic(false)

  /// Counts what the writer says, and logs what an operator must know: once each time it changes.
  func note(_ event: OnShowWriter) {
    switch event {
    case .kept(let count):
      segments.add(1, ordering: .relaxed)
      bytes.add(UInt64(count), ordering: .relaxed)
    case .lost: lost.add(1, ordering: .relaxed)
    case .stopped(let fault):
      isStopped.store(true, ordering: .relaxed)
      SidecarLog.write(
        .error, "keep-stopped: \(fault); shows go on and are kept with a gap from here")
    case .resumed:
      isStopped.store(false, ordering: .relaxed)
      SidecarLog.write(.info, "keep-resumed: shows are kept again")
    case .finished(let folder):
      finished.add(1, ordering: .relaxed)
      SidecarLog.write(.info, "\(folder) is kept")
    case .givenUp(let folder):
      SidecarLog.write(.error, "\(folder): no more is kept of it, too much waits for room")
    }
  }

  /// Adds the metrics to a page.
  func write(to page: inout PrometheusText) {
    page.family("hawker_hls_keep_stopped", .gauge, help: "1 while kept shows get gaps: no room.")
    page.sample(
      "hawker_hls_keep_stopped", [:], isStopped.load(ordering: .relaxed) ? 1 as UInt64 : 0)
    page.family("hawker_hls_kept_segments_total", .counter, help: "Segments written.")
    page.sample("hawker_hls_kept_segments_total", [:], segments.load(ordering: .relaxed))
    page.family("hawker_hls_kept_bytes_total", .counter, help: "Bytes of segments written.")
    page.sample("hawker_hls_kept_bytes_total", [:], bytes.load(ordering: .relaxed))
    page.family(
      "hawker_hls_kept_lost_segments_total", .counter, help: "Segments that are gaps on the disk.")
    page.sample("hawker_hls_kept_lost_segments_total", [:], lost.load(ordering: .relaxed))
    page.family("hawker_hls_kept_shows_total", .counter, help: "Shows finished.")
    page.sample("hawker_hls_kept_shows_total", [:], finished.load(ordering: .relaxed))
    page.family("hawker_hls_keep_waiting_bytes", .gauge, help: "Bytes on their way to the disk.")
    page.sample(
      "hawker_hls_keep_waiting_bytes", [:],
      UInt64(clamping: waitingBytes.load(ordering: .relaxed)))
  }
}
