// Every bound of the client shell, with its reason.

package import Wire

/// The named limits of our own clients.
package enum ClientLimits {
  /// An HTTP exchange on a working network ends long before; a server that drains does not.
  package static let exchangeTime = TimeSpan.seconds(5)
  /// Bytes of a request waiting for the kernel: an offer is under 16 KiB.
  static let requestBytesMax = 256 * 1024
  /// Bytes taken from a connection at once.
  static let readBytes = 4096
  /// Clients of one loop: one descriptor each, below the common limit of 20,000.
  package static let clientsMax = 10_000
  /// Datagrams queued in one turn of one client: a 1080p keyframe in all layers fits.
  static let batchEntries = 512
  /// Datagrams kept while a client's socket is full. A client sends little; a publisher's burst fits.
  static let backlogMax = 64
  /// Receiving calls for one socket in a turn, so that one client can't starve the others.
  static let readsPerTurn = 4
  /// A kernel's arrival time further back is a wall clock that was set.
  static let arrivalAgeMax = TimeSpan.seconds(1)
  /// Bytes queued for one ICE-TCP connection: 300 ms at 3.5 Mbit/s.
  static let connectionQueueBytes = 131_072
}
