// The names the control plane gives to things in the media plane. Never reused within a process.

/// One WebRTC transport.
package struct PeerID: Hashable, Sendable, BitwiseCopyable {
  package let rawValue: UInt32
  package init(_ rawValue: UInt32) { self.rawValue = rawValue }
}

/// One media source in a room, in all its encodings.
package struct TrackID: Hashable, Sendable, BitwiseCopyable {
  package let rawValue: UInt32
  package init(_ rawValue: UInt32) { self.rawValue = rawValue }
}

/// One media worker, 0..<workers.
package struct WorkerIndex: Hashable, Sendable, BitwiseCopyable {
  package let rawValue: UInt8
  package init(_ rawValue: UInt8) { self.rawValue = rawValue }

  /// The most workers one process runs: the owner is one base-36 digit of the ufrag.
  package static let workersMax = 36
}
