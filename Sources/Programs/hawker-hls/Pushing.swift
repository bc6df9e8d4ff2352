// Shows of the process on their way to a store: the thread, what is counted, and what the log says.

import HLS
import HLSPushing
import Loop
import Synchronization
import Telemetry
import Wire

/// The store of the process and its thread.
final class Pushing {
  let pusher: StorePusher
  private let counts = PushCounts()

  /// How long the end of shows may take when the process ends.
  private static let stopPatience = TimeSpan.seconds(5)

  /// - Throws: `SidecarSettings.Fault` where certificates can't be read.
  init(_ target: PushTarget) throws {
    let counts = counts
    do {
      pusher = try StorePusher(target) { news, waiting in counts.note(news, waiting: waiting) }
    } catch {
      throw SidecarSettings.Fault(text: "--push: \(error)", status: 1)
    }
    SidecarLog.write(.info, "shows are pushed to \(target.address)")
  }

  /// Adds what is counted to a page of metrics.
  func write(to page: inout PrometheusText) { counts.write(to: &page) }

  /// Lets ends of shows be put, and ends.
  func stop() { pusher.stop(within: Pushing.stopPatience) }
}

/// Counts of the pushing thread, read by the loop. A class because threads share it; all of it is atomic.
private final class PushCounts: Sendable {
  private let objects = Atomic<UInt64>(0)
  private let bytes = Atomic<UInt64>(0)
  private let deleted = Atomic<UInt64>(0)
  private let lost = Atomic<UInt64>(0)
  private let waiting = Atomic<UInt64>(0)
  private let isStopped = Atomic(false)

  /// Counts, and logs what an operator must know: once each time it changes.
  func note(_ news: [OnPush], waiting count: Int) {
    waiting.store(UInt64(clamping: count), ordering: .relaxed)
    for event in news { note(event) }
  }

  private func note(_ event: OnPush) {
    switch event {
    case .stored(let count):
      objects.add(1, ordering: .relaxed)
      bytes.add(UInt64(count), ordering: .relaxed)
    case .deleted: deleted.add(1, ordering: .relaxed)
    case .stopped(let reason):
      isStopped.store(true, ordering: .relaxed)
      SidecarLog.write(
        .error, "push-stopped: \(reason); shows go on here, the store is tried again")
    case .resumed:
      isStopped.store(false, ordering: .relaxed)
      SidecarLog.write(.info, "push-resumed: the store takes shows again")
    case .lost(let room, let count):
      lost.add(count, ordering: .relaxed)
      SidecarLog.write(
        .warning, "push-lost: \(count) segments are gaps in the store", room: room)
    case .ended(let room): SidecarLog.write(.info, "the store has the show's end", room: room)
    case .givenUp(let room):
      SidecarLog.write(.error, "push-given-up: the store never got the show's end", room: room)
    }
  }

  func write(to page: inout PrometheusText) {
    page.family("hawker_hls_push_stopped", .gauge, help: "1 while the store fails.")
    page.sample(
      "hawker_hls_push_stopped", [:], isStopped.load(ordering: .relaxed) ? 1 as UInt64 : 0)
    page.family("hawker_hls_pushed_objects_total", .counter, help: "Objects put into the store.")
    page.sample("hawker_hls_pushed_objects_total", [:], objects.load(ordering: .relaxed))
    page.family("hawker_hls_pushed_bytes_total", .counter, help: "Bytes of those objects.")
    page.sample("hawker_hls_pushed_bytes_total", [:], bytes.load(ordering: .relaxed))
    page.family(
      "hawker_hls_push_deleted_objects_total", .counter, help: "Objects deleted from the store.")
    page.sample("hawker_hls_push_deleted_objects_total", [:], deleted.load(ordering: .relaxed))
    page.family(
      "hawker_hls_push_lost_segments_total", .counter, help: "Segments that are gaps in the store.")
    page.sample("hawker_hls_push_lost_segments_total", [:], lost.load(ordering: .relaxed))
    page.family("hawker_hls_push_waiting_bytes", .gauge, help: "Media that waits for the store.")
    page.sample("hawker_hls_push_waiting_bytes", [:], waiting.load(ordering: .relaxed))
  }
}
