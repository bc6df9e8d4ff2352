// What a load run counts, and the JSON that tells it.

import ClientShell
import JSON
import Wire

/// One viewer's counts.
struct LoadViewer {
  let publisher: Int
  let requestedAt: Instant
  var connectedAt: Instant?
  var firstFrameAt: Instant?
  /// Packets sent in the window that came, each counted once.
  var delivered: UInt64 = 0
  var duplicates: UInt64 = 0
  /// Of the delivered: those that came by retransmission.
  var repaired: UInt64 = 0
  /// Complete frames before the window.
  var framesBefore: UInt64 = 0
  /// Frames given up before the window, while joining.
  var brokenBefore: UInt64 = 0
  var frames: UInt64 = 0
  var framesBroken: UInt64 = 0
  var discontinuities: UInt64 = 0
  var nacks: UInt64 = 0
  var hasEnded = false
}

/// One publisher's counts in the window.
struct LoadPublisher {
  var packets: UInt64 = 0
  var frames: UInt64 = 0
  var keyframeRequests: UInt64 = 0
}

/// All counts of one run.
struct LoadMeasurement {
  var viewers: [Int: LoadViewer] = [:]
  var publishers: [LoadPublisher]
  var latency = LatencyHistogram()
  var failures: [String] = []
  /// When what is sent counts; nil before and after.
  var window: (start: Instant, end: Instant)?
  /// Server and load at the beginning and end of the window, and before the first viewer.
  var serverBefore: ProcessSample?
  var server: (ProcessSample?, ProcessSample?) = (nil, nil)
  var own: (ProcessSample?, ProcessSample?) = (nil, nil)

  init(publishers count: Int) { publishers = Array(repeating: LoadPublisher(), count: count) }

  func isInWindow(_ instant: Instant) -> Bool {
    guard let window else { return false }
    return instant >= window.start && instant < window.end
  }

  // MARK: Report

  func report(_ settings: LoadSettings) -> JSONValue {
    let viewers = Array(viewers.values)
    let delivered = viewers.reduce(0) { $0 + $1.delivered }
    let expected = viewers.reduce(0) { $0 + publishers[$1.publisher].packets }
    let framesExpected = viewers.reduce(0) { $0 + publishers[$1.publisher].frames }
    let frames = viewers.reduce(0) { $0 + $1.frames }
    var report = JSONObject()
    report["viewers"] = .integer(Int64(settings.viewers))
    report["joined"] = .integer(Int64(viewers.count { $0.connectedAt != nil }))
    report["ended"] = .integer(Int64(viewers.count { $0.hasEnded }))
    report["publishers"] = .integer(Int64(settings.publishers))
    report["duration_s"] = .double(settings.duration.seconds)
    report["packets_published"] = number(publishers.reduce(0) { $0 + $1.packets })
    report["packets_expected"] = number(expected)
    report["packets_delivered"] = number(delivered)
    report["packets_lost"] = .integer(Int64(expected) - Int64(delivered))
    report["loss"] = .double(expected > 0 ? 1 - Double(delivered) / Double(expected) : 0)
    report["packets_repaired"] = number(viewers.reduce(0) { $0 + $1.repaired })
    report["duplicates"] = number(viewers.reduce(0) { $0 + $1.duplicates })
    report["nacks_sent"] = number(viewers.reduce(0) { $0 + $1.nacks })
    report["frames_expected"] = number(framesExpected)
    report["frames_complete"] = number(frames)
    report["frames_broken"] = number(viewers.reduce(0) { $0 + $1.framesBroken - $1.brokenBefore })
    report["frames_broken_joining"] = number(viewers.reduce(0) { $0 + $1.brokenBefore })
    report["discontinuities"] = number(viewers.reduce(0) { $0 + $1.discontinuities })
    report["keyframe_requests"] = number(publishers.reduce(0) { $0 + $1.keyframeRequests })
    report["latency_ms"] = percentiles(latency, [0.5, 0.95, 0.99])
    report["join_ms"] = times(viewers) { $0.connectedAt }
    report["first_frame_ms"] = times(viewers) { $0.firstFrameAt }
    addProcesses(to: &report, delivered: delivered)
    report["failures"] = .array(failures.prefix(5).map { .string($0) })
    return .object(report)
  }

  private func number(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }

  private func percentiles(_ histogram: LatencyHistogram, _ shares: [Double]) -> JSONValue {
    var result = JSONObject()
    for share in shares {
      result["p\(Int(share * 100))"] = milliseconds(histogram.percentile(share))
    }
    result["max"] = milliseconds(histogram.count > 0 ? histogram.longest : nil)
    return .object(result)
  }

  private func milliseconds(_ span: TimeSpan?) -> JSONValue {
    guard let span else { return .null }
    return .double((span.milliseconds * 1000).rounded() / 1000)
  }

  private func times(_ viewers: [LoadViewer], _ instant: (LoadViewer) -> Instant?) -> JSONValue {
    var histogram = LatencyHistogram()
    for viewer in viewers {
      if let instant = instant(viewer) { histogram.record(instant - viewer.requestedAt) }
    }
    return percentiles(histogram, [0.5, 0.99])
  }

  private func addProcesses(to report: inout JSONObject, delivered: UInt64) {
    if let first = own.0, let last = own.1 {
      report["load_cpu_s"] = rounded(last.cpuSeconds - first.cpuSeconds)
    }
    guard let first = server.0, let last = server.1 else { return }
    let seconds = last.cpuSeconds - first.cpuSeconds
    report["server_cpu_s"] = rounded(seconds)
    if delivered > 0 {
      report["server_cpu_us_per_packet"] = rounded(seconds * 1e6 / Double(delivered))
    }
    report["server_rss_bytes"] = .integer(Int64(last.residentBytes))
    if let before = serverBefore, !viewers.isEmpty {
      let growth = last.residentBytes - before.residentBytes
      report["server_rss_bytes_per_viewer"] = .integer(Int64(growth / viewers.count))
    }
  }

  private func rounded(_ value: Double) -> JSONValue { .double((value * 1000).rounded() / 1000) }
}
