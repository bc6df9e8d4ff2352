// The receiving side of transport-wide feedback: what arrived from one publisher, reported in time.

package import RTP
package import Wire

/// Records when the packets of one transport arrived and writes the feedback on them.
///
/// Every packet is reported once, lost ones included; one that comes late is reported again with all
/// after it. Allocates at creation only.
package struct TransportFeedbackRecorder: Sendable {
  /// Arrival in ticks, by extended sequence number modulo the window.
  private var arrivals: [Int64]
  private var scratch: [Int64] = []
  private var extender = SerialNumberExtender()
  /// The first packet of the next message; nil before the first packet.
  private var nextReported: Int64?
  private var highest: Int64 = 0
  private var hasNews = false
  private var feedbackCount: UInt8 = 0
  private var reportedAt: Instant?

  /// Packets remembered: over two seconds of the busiest publisher (three layers and audio, under
  /// 1000 packets/s), far more than one interval holds.
  package static let windowMax: Int64 = 2048
  /// Between two rounds of messages: a browser raises its bitrate as fast as it hears back.
  package static let interval = TimeSpan.milliseconds(50)
  private static let nanosecondsPerTick: Int64 = 1_000_000_000 / TransportFeedback.ticksPerSecond

  /// A recorder that has seen nothing.
  package init() {
    arrivals = [Int64](
      repeating: TransportFeedback.notReceived, count: Int(TransportFeedbackRecorder.windowMax))
    scratch.reserveCapacity(Int(TransportFeedbackRecorder.windowMax))
  }

  /// Notes that the packet with this transport-wide sequence number arrived; `now` is not below zero.
  ///
  /// A repeated number keeps its first arrival; one older than the window is passed over.
  package mutating func record(_ number: SerialNumber16, at now: Instant) {
    let extended = extender.extend(number)
    guard let next = nextReported else {
      nextReported = extended
      highest = extended
      store(extended, now)
      return
    }
    if extended > highest {
      // Slots that come into the window hold packets a whole window ago.
      let stale = min(extended - highest, TransportFeedbackRecorder.windowMax)
      for passed in (extended - stale + 1)...extended {
        arrivals[slot(passed)] = TransportFeedback.notReceived
      }
      highest = extended
      nextReported = max(next, extended - TransportFeedbackRecorder.windowMax + 1)
    } else {
      guard extended > highest - TransportFeedbackRecorder.windowMax,
        arrivals[slot(extended)] == TransportFeedback.notReceived
      else { return }
      nextReported = min(next, extended)
    }
    store(extended, now)
  }

  /// Whether there is something to report and the interval has passed.
  package func isDue(at now: Instant) -> Bool {
    guard hasNews else { return false }
    return reportedAt.map { now - $0 >= TransportFeedbackRecorder.interval } ?? true
  }

  /// When `isDue` becomes true without further packets; nil while there is nothing to report.
  package var nextDue: Instant? {
    guard hasNews else { return nil }
    return reportedAt.map { $0 + TransportFeedbackRecorder.interval } ?? .zero
  }

  /// Appends one message on packets not reported yet; call until it returns false.
  ///
  /// - Parameters:
  ///   - sender: our SSRC towards the publisher.
  ///   - media: any SSRC of the publisher's.
  /// - Returns: whether a message was written; false when everything is reported.
  /// - Throws: `.noSpace` when the buffer holds no message at all.
  package mutating func writeFeedback(
    sender: SSRC, media: SSRC, at now: Instant, to buffer: inout WireBuffer
  ) throws(WireError) -> Bool {
    guard hasNews, let base = nextReported else { return false }
    scratch.removeAll(keepingCapacity: true)
    for number in base...highest { scratch.append(arrivals[slot(number)]) }
    let origin = TransportFeedback.Origin(
      sender: sender, media: media, feedbackCount: feedbackCount)
    let covered = try TransportFeedback.write(
      origin, base: SerialNumber16(UInt16(truncatingIfNeeded: base)), arrivals: scratch.span,
      to: &buffer)
    feedbackCount &+= 1
    nextReported = base + Int64(covered)
    hasNews = base + Int64(covered) <= highest
    reportedAt = now
    return true
  }

  private func slot(_ number: Int64) -> Int {
    Int(number & (TransportFeedbackRecorder.windowMax - 1))
  }

  private mutating func store(_ number: Int64, _ now: Instant) {
    arrivals[slot(number)] =
      max(0, now.nanoseconds) / TransportFeedbackRecorder.nanosecondsPerTick
    hasNews = true
  }
}
