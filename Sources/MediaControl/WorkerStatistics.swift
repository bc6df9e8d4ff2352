// The counters of one worker, summed by the control plane for /metrics.

/// A worker's counters since it started, and its gauges now.
package struct WorkerStatistics: Hashable, Sendable {
  package var peers = 0
  package var tracks = 0
  package var packetsReceived: UInt64 = 0
  package var bytesReceived: UInt64 = 0
  package var packetsSent: UInt64 = 0
  package var bytesSent: UInt64 = 0
  /// Datagrams the kernel or a full batch refused to take.
  package var packetsUnsent: UInt64 = 0
  /// Datagrams that arrived at this worker but belong to another.
  package var handedOver: UInt64 = 0
  package var nacksReceived: UInt64 = 0
  package var nacksSent: UInt64 = 0
  package var retransmissions: UInt64 = 0
  package var keyframeRequestsReceived: UInt64 = 0
  package var keyframeRequestsSent: UInt64 = 0
  /// By `DiscardReason.rawValue`.
  package var discards: [UInt64] = Array(repeating: 0, count: DiscardReason.allCases.count)
  package init() {}

  /// Adds another worker's figures to these.
  package mutating func add(_ other: WorkerStatistics) {
    peers += other.peers
    tracks += other.tracks
    packetsReceived += other.packetsReceived
    bytesReceived += other.bytesReceived
    packetsSent += other.packetsSent
    bytesSent += other.bytesSent
    packetsUnsent += other.packetsUnsent
    handedOver += other.handedOver
    nacksReceived += other.nacksReceived
    nacksSent += other.nacksSent
    retransmissions += other.retransmissions
    keyframeRequestsReceived += other.keyframeRequestsReceived
    keyframeRequestsSent += other.keyframeRequestsSent
    for index in discards.indices { discards[index] += other.discards[index] }
  }
}
