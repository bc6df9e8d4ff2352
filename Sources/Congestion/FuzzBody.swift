// What the fuzz target runs: feedback from a viewer against a history of sent packets.

import RTP
import Wire

/// Transport-wide feedback as a viewer may send it.
package enum CongestionFuzzBody {
  /// Reads `bytes` as RTCP and takes in its feedback. Traps when an invariant is broken.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    var reader = TransportFeedbackReader()
    let sent = 2000
    for index in 0..<sent {
      _ = reader.history.record(byteCount: 1200, at: .zero + .milliseconds(Int64(index)))
    }
    let now = Instant.zero + .milliseconds(Int64(sent))
    var arrivals: [TransportFeedbackReader.Arrival] = []
    arrivals.reserveCapacity(64)
    let capacity = arrivals.capacity
    var compound = RTCPCompound()
    while let item = try? compound.next(in: bytes) {
      guard item.kind == .transportFeedback,
        let feedback = try? TransportFeedback(parsing: item, in: bytes)
      else { continue }
      reader.receive(feedback, in: bytes, at: now, arrivals: &arrivals)
    }
    precondition(arrivals.capacity == capacity)
    let settled = reader.receivedCount + reader.lostCount
    precondition(settled <= UInt64(SentPacketHistory.entriesMax))
    precondition((0...1).contains(reader.lossFraction(at: now)))
  }
}
