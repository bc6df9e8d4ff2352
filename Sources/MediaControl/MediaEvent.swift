// What a media worker tells the control plane.

package import RTP
package import Wire

/// Why a transport ended.
package enum PeerEnd: String, Hashable, Sendable {
  /// The control plane asked for it.
  case removed
  /// An authenticated DTLS close_notify.
  case closedByPeer = "closed-by-peer"
  /// No valid check on any path for 30 s (DESIGN 7.1).
  case consentExpired = "consent-expired"
  /// The DTLS handshake failed or did not end in time.
  case handshakeFailed = "handshake-failed"
  /// The peer's certificate matches none of its fingerprints.
  case fingerprintMismatch = "fingerprint-mismatch"
  /// A budget of the worker is full.
  case overloaded
}

/// What one encoding of a track sends, measured over the last second.
package struct EncodingStatus: Hashable, Sendable {
  package var rid: String?
  package var rank: LayerRank
  package var codec: Codec
  package var bitrate: Bitrate
  package var framesPerSecond: Double
  /// Pixels, from the last keyframe; 0 while unknown or audio.
  package var width: Int
  package var height: Int
  /// Whether packets came within the last second (video) or two (audio).
  package var isActive: Bool
  /// Packets lost on the way to us before repair, 0...1.
  package var fractionLost: Double
  package init(
    rid: String?, rank: LayerRank, codec: Codec, bitrate: Bitrate, framesPerSecond: Double,
    width: Int, height: Int, isActive: Bool, fractionLost: Double
  ) {
    self.rid = rid
    self.rank = rank
    self.codec = codec
    self.bitrate = bitrate
    self.framesPerSecond = framesPerSecond
    self.width = width
    self.height = height
    self.isActive = isActive
    self.fractionLost = fractionLost
  }
}

/// News from a worker, delivered in order to the control plane's mailbox.
package enum MediaEvent: Sendable {
  /// ICE, DTLS and SRTP are up.
  case connected(PeerID)
  /// No authenticated packet for 5 s: media to the peer is paused (DESIGN 7.1). True ends the pause.
  case reachable(PeerID, Bool)
  /// The transport is gone; nothing more will come of it.
  case ended(PeerID, PeerEnd)
  /// Packets of the track flow (true) or have stopped for two seconds (false).
  case trackActive(TrackID, Bool)
  /// Once a second for each track with packets.
  case trackStatus(TrackID, [EncodingStatus])
  /// A viewer's section now carries this layer of its track; nil when nothing fits or comes.
  case layer(PeerID, section: Int, LayerRank?)
  /// The first packet of a frame was sent to a viewer: the end of its join.
  case firstFrame(PeerID, section: Int)
  /// On the section's outgoing clock, `timestamp` was captured at `mediaTime` (about once a second,
  /// and at once when the mapping changes).
  case mediaTime(PeerID, section: Int, timestamp: RTPTimestamp, mediaTime: WallTime)
  /// A worker could not start; the process cannot serve. The text names the failing call.
  case workerFailed(WorkerIndex, String)
  /// The answer to `MediaCommand.reportStatistics`.
  case statistics(request: UInt64, WorkerStatistics)
}
