// What the control plane tells a media worker.

package import ICE

/// An order from the control plane to one worker, delivered in order through its mailbox.
package enum MediaCommand: Sendable {
  /// Creates a transport owned by this worker. Its ICE starts to answer at once.
  case addPeer(PeerID, TransportParameters, MediaParameters)
  /// Replaces the sections after a renegotiation on the same transport.
  case updatePeer(PeerID, MediaParameters)
  /// Adds credentials of a new ICE generation; the old ones live until a pair of the new is nominated.
  case restartICE(PeerID, local: ICECredentials, remote: ICECredentials)
  /// Candidates for the controlling side; ignored by a lite agent.
  case addCandidates(PeerID, [RemoteCandidate])
  /// Ends a transport: close_notify, then forgotten.
  case removePeer(PeerID)
  /// Attaches `track` to a viewer's send section (or detaches with nil): same SSRC, continuous numbers.
  case attach(PeerID, section: Int, track: TrackID?, LayerSelection)
  /// Changes the layer of an attached section.
  case select(PeerID, section: Int, LayerSelection)
  /// To a worker that is not the owner: keep a copy of the track. It asks `owner` for the packets.
  case follow(TrackDescription, owner: WorkerIndex)
  /// Forget a followed track.
  case unfollow(TrackID)
  /// Asks for one `MediaEvent.statistics` with this number.
  case reportStatistics(request: UInt64)
  /// Finish what is queued and stop the thread.
  case stop
}
