// Where a client sits in the simulated network.

package import MediaControl
package import Wire

/// A client's place: its address as the server sees it, and its two links.
package final class SimulatedEndpoint {
  package let peer: PeerID
  package let owner: WorkerIndex
  /// Changes when a NAT rebinds.
  package internal(set) var address: SocketAddress
  package var up: SimulatedLink
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
