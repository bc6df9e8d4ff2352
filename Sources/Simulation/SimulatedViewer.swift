// A scripted viewer: a playing client that notes what frames it could show, and when.

package import Client
import ICE
import MediaControl
import RTP
package import Wire

/// A frame a viewer could show.
package struct SeenFrame: Hashable, Sendable {
  package var mark: FrameMark
  package var timestamp: RTPTimestamp
  package var completedAt: Instant
  package var isKeyframe: Bool
  package var width: Int
  /// From capture to completion.
  package var latency: TimeSpan { completedAt - mark.capturedAt }
}

/// One viewer in the world.
package final class SimulatedViewer {
  package let endpoint: SimulatedEndpoint
  package let client: PlayingClient
  package let joinedAt: Instant
  /// The frames of the video section, in the order they were completed.
  package private(set) var frames: [SeenFrame] = []
  package private(set) var connectedAt: Instant?
  package private(set) var end: ClientEnd?
  /// Frames whose first packet was never seen: must stay 0.
  package private(set) var unmarked = 0
  /// Audio packets, when they came first.
  package private(set) var audioArrivals: [Instant] = []
  private var marks: [UInt32: FrameMark] = [:]
  /// Sends a PLI every so often whatever it sees; nil for a well-behaved viewer.
  package var stormInterval: TimeSpan?
  private var nextStormAt = Instant.zero

  init(endpoint: SimulatedEndpoint, client: PlayingClient, at now: Instant) {
    self.endpoint = endpoint
    self.client = client
    joinedAt = now
    client.keepFrames()
  }

  /// The video section's stream.
  package var video: ReceivingStream { client.streams[0] }

  var nextDeadline: Instant {
    guard stormInterval != nil, client.transport.isConnected else { return client.nextDeadline }
    return min(client.nextDeadline, nextStormAt)
  }

  func advance(at now: Instant, into batch: inout DatagramBatch) {
    note(client.advance(at: now, into: &batch), at: now)
    if let stormInterval, client.transport.isConnected, now >= nextStormAt {
      nextStormAt = now + stormInterval
      client.requestKeyframe(section: 0, at: now, into: &batch)
    }
    collect()
  }

  func receive(
    _ bytes: inout [UInt8], on path: TransportPath, at now: Instant, into batch: inout DatagramBatch
  ) {
    let length = bytes.count
    var datagram = bytes.mutableSpan
    let outcome = client.receive(&datagram, length: length, on: path, at: now, into: &batch)
    if case .media(let played) = outcome, !played.isDuplicate {
      if played.codec == .opus { audioArrivals.append(now) }
      if let payload = datagram.span.slice(played.payload), played.codec == .vp8,
        let mark = SyntheticVP8.mark(in: payload)
      {
        marks[played.timestamp.rawValue] = mark
      }
    }
    note(outcome, at: now)
    collect()
  }

  private func note(_ outcome: OnPlaying, at now: Instant) {
    switch outcome {
    case .connected: connectedAt = now
    case .ended(let reason): end = reason
    case .nothing, .media: break
    }
  }

  private func collect() {
    client.takeFrames(section: 0) { frame in
      guard let mark = marks.removeValue(forKey: frame.timestamp.rawValue) else {
        unmarked += 1
        return
      }
      frames.append(
        SeenFrame(
          mark: mark, timestamp: frame.timestamp, completedAt: frame.completedAt,
          isKeyframe: frame.isKeyframe, width: frame.width))
    }
  }
}

extension SimulatedViewer {
  /// The share of a host's frames of `layer`, captured in `span`, that were complete here within
  /// `limit` of capture.
  package func share(
    of host: SimulatedHost, layer: Int, capturedIn span: Range<Instant>, within limit: TimeSpan
  ) -> Double {
    let expected = host.captured[layer].filter { span.contains($0) }
    guard !expected.isEmpty else { return 0 }
    let seen = frames.filter {
      $0.mark.layer == layer && span.contains($0.mark.capturedAt) && $0.latency <= limit
    }
    return Double(seen.count) / Double(expected.count)
  }

  /// The frames completed in `span`.
  package func frames(in span: Range<Instant>) -> [SeenFrame] {
    frames.filter { span.contains($0.completedAt) }
  }

  /// The longest time without a completed frame in `span`, its ends included.
  package func longestGap(in span: Range<Instant>) -> TimeSpan {
    var last = span.lowerBound
    var longest = TimeSpan.zero
    for frame in frames(in: span) {
      longest = max(longest, frame.completedAt - last)
      last = frame.completedAt
    }
    return max(longest, span.upperBound - last)
  }
}
