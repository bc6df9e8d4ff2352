// Sends batches of datagrams from one socket and keeps a bounded rest while the kernel's buffer is full.

package import Wire

/// The sending side of one UDP socket, for the thread that owns it.
package struct UDPSender: ~Copyable {
  private var transmitter: UDPTransmitter
  private var backlog: DatagramBatch
  private var backlogNext = 0
  private let socket: UDPSocket

  /// A sender for `socket`; allocates all it will ever need.
  ///
  /// - Parameter backlogMax: datagrams kept while the kernel's buffer is full, 1500 bytes each.
  package init(socket: UDPSocket, backlogMax: Int = Limits.sendBacklogMax) {
    self.socket = socket
    backlog = DatagramBatch(entriesMax: backlogMax)
    transmitter = UDPTransmitter(socket: socket)
  }

  /// Sends the datagrams of `batch` that belong to this socket: channel UDP, remote of its family.
  ///
  /// Each leaves from its path's local address when that is specified. When the kernel's buffer is full the rest waits in
  /// the backlog; beyond its bound it is given up and counted. A refused destination
  /// loses only its own datagrams.
  package mutating func send(_ batch: borrowing DatagramBatch) {
    let next = isBlocked ? 0 : transmitter.transmit(batch, from: 0)
    for index in next..<batch.entries.count where socket.carries(batch.entries[index].path) {
      if !backlog.append(batch.bytes(at: index), to: batch.entries[index].path) {
        transmitter.counters.unsentCount += 1
      }
    }
  }

  /// Whether datagrams wait for the socket to become writable: then ask the loop for that.
  package var isBlocked: Bool { !backlog.isEmpty }

  /// Sends the backlog, as far as the kernel takes it. Call when the socket is writable.
  package mutating func resume() {
    backlogNext = transmitter.transmit(backlog, from: backlogNext)
    if backlogNext >= backlog.entries.count {
      backlog.removeAll()
      backlogNext = 0
    }
  }

  /// What became of all datagrams so far.
  package var counters: SendCounters { transmitter.counters }
  /// Whether runs of datagrams still leave merged: false once the kernel has refused that.
  package var mergesDatagrams: Bool { transmitter.mergesDatagrams }
}
