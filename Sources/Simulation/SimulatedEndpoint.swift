// Where a client sits in the simulated network.

package import MediaControl
package import Wire

/// A client's place: its address as the server sees it, and its two links.
package final class SimulatedEndpoint {
  /// The server's name for it.
  package let peer: PeerID
  /// The worker that holds its peer.
  package let owner: WorkerIndex
  /// Changes when a NAT rebinds.
  package internal(set) var address: SocketAddress
  /// From the client to the server.
  package var up: SimulatedLink
  /// From the server to the client.
  package var down: SimulatedLink
  var scheduledAt = Instant.distantFuture

  init(
    peer: PeerID, owner: WorkerIndex, address: SocketAddress, up: SimulatedLink, down: SimulatedLink
  ) {
    self.peer = peer
    self.owner = owner
    self.address = address
    self.up = up
    self.down = down
  }
}
