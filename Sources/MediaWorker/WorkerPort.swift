// The border between a worker's core and the world: the shell has one real port, simulation another.

package import DTLS
package import Forwarding
package import MediaControl
package import Wire

/// What travels beside the bytes from one worker to another.
package enum HandOff: BitwiseCopyable, Sendable {
  /// A datagram that came to the wrong worker, as received.
  case datagram(TransportPath)
  /// A track's packet for a worker that follows the track: descriptor, then payload.
  case packet(TrackID, PacketInfo)
  /// To a worker that has begun to follow a track: all that its viewers can start from has been passed on.
  /// In the same ring as the packets, so that it comes behind them.
  case chainsPassed(TrackID)
}

/// A word from one worker to another that carries no packet.
package enum WorkerNote: Sendable {
  /// To the owner: a viewer elsewhere wants a keyframe of this encoding.
  case keyframe(TrackID, encoding: UInt8, KeyframeBudget.Reason)
  /// To the owner: this worker holds the track and wants its packets, or no longer.
  case follow(TrackID, by: WorkerIndex, Bool)
  /// To a follower: the relation of the track's ticks to media time.
  case anchor(TrackID, TrackClock.Anchor)
}

/// An order to the threads that do handshakes.
package enum HandshakeOrder: Sendable {
  case open(PeerID, DTLSRole, [CertificateFingerprint])
  /// One datagram that began with a DTLS record, from a path with a valid check.
  case datagram(PeerID, [UInt8])
  case close(PeerID)
}

/// What the handshake threads answer.
package enum HandshakeNews: Sendable {
  case send(PeerID, [UInt8])
  case established(PeerID, KeyingMaterial)
  case failed(PeerID, DTLSFailure)
  /// An authenticated close_notify.
  case closed(PeerID)
}

/// Everything a worker does that is neither a datagram nor a hand-off.
package enum WorkerEffect: Sendable {
  case event(MediaEvent)
  case handshake(HandshakeOrder)
  case note(WorkerNote, to: WorkerIndex)
  /// Close the TCP connection with this number.
  case closeConnection(UInt32)
}

/// Where a worker's effects go. One conformer in the shell, one in simulation.
package protocol WorkerPort {
  /// Sends all datagrams of the batch, in order; what can't be sent is lost and counted.
  mutating func send(_ batch: borrowing DatagramBatch)
  /// Hands bytes to another worker; false when its ring is full.
  mutating func handOff(_ kind: HandOff, _ bytes: borrowing Span<UInt8>, to worker: WorkerIndex)
    -> Bool
  /// Does the rest.
  mutating func perform(_ effect: WorkerEffect)
}
