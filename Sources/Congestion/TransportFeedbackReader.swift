// The sending side of transport-wide feedback: what one viewer received of what was sent.

package import RTP
package import Wire

/// Matches a viewer's feedback with what was sent and measures the loss.
package struct TransportFeedbackReader: Sendable {
  /// One sent packet that feedback says arrived.
  package struct Arrival: Hashable, Sendable {
    package var number: SerialNumber16
    package var sentAt: Instant
    package var byteCount: Int
    /// By the viewer's clock, in ticks of 250 µs since its own epoch.
    package var arrivalTicks: Int64
  }

  /// What was sent; every packet with a transport-wide sequence number gets it from here.
  package var history = SentPacketHistory()
  /// Packets ever reported as received.
  package private(set) var receivedCount: UInt64 = 0
  /// Packets ever reported as lost and not as received since.
  package private(set) var lostCount: UInt64 = 0
  private var received = SlidingWindow(span: TransportFeedbackReader.lossWindow)
  private var lost = SlidingWindow(span: TransportFeedbackReader.lossWindow)

  /// The loss is measured over this: some 400 packets at a usual rate, so 10 % is no accident.
  package static let lossWindow = TimeSpan.seconds(Int64(2))

  /// Nothing sent, nothing heard.
  package init() {}

  /// Takes in one message.
  ///
  /// Numbers that were not sent lately, or were settled before, change nothing: a viewer cannot make
  /// up losses beyond what it was sent.
  ///
  /// - Parameters:
  ///   - feedback: as parsed from `datagram`, not stepped through.
  ///   - arrivals: gets the packets newly known to have arrived, ascending; bounded by its capacity.
  package mutating func receive(
    _ feedback: TransportFeedback, in datagram: borrowing Span<UInt8>, at now: Instant,
    arrivals: inout [Arrival]
  ) {
    var feedback = feedback
    while let status = feedback.next(in: datagram) {
      guard let entry = history[status.sequenceNumber] else { continue }
      if let ticks = status.arrivalTicks {
        noteReceived(entry, at: now)
        guard entry.fate != .received, arrivals.count < arrivals.capacity else { continue }
        arrivals.append(
          Arrival(
            number: entry.number, sentAt: entry.sentAt, byteCount: Int(entry.byteCount),
            arrivalTicks: ticks))
      } else if entry.fate == .unknown {
        history.settle(entry.number, as: .lost)
        lost.add(1, at: now)
        lostCount += 1
      }
    }
  }

  /// The share of packets lost among those reported on in the last two seconds, 0...1; 0 without any.
  package mutating func lossFraction(at now: Instant) -> Double {
    let lost = max(0, self.lost.sum(at: now))
    let total = lost + received.sum(at: now)
    return total > 0 ? Double(lost) / Double(total) : 0
  }

  private mutating func noteReceived(_ entry: SentPacketHistory.Entry, at now: Instant) {
    guard entry.fate != .received else { return }
    history.settle(entry.number, as: .received)
    received.add(1, at: now)
    receivedCount += 1
    if entry.fate == .lost {
      // It was only late. The loss may have left the window already: the sum is kept from 0 above.
      lost.add(-1, at: now)
      lostCount -= 1
    }
  }
}
