// Every bound of the kernel shell, with its reason.

/// The bounds of the kernel shell.
package enum Limits {
  /// Datagrams taken by one receiving call: PLATFORM's figures flatten out at 64, and a turn stays short.
  package static let receiveBatchMax = 64
  /// Bytes of one receiving slot: an Ethernet payload with room to decrypt in place.
  package static let receiveSlotBytes = 2048
  /// Kernel messages in one sending call.
  package static let sendMessagesMax = 64
  /// Datagrams merged into one message: what kernels accept before 6.9 (UDP_MAX_SEGMENTS).
  package static let mergedDatagramsMax = 64
  /// Bytes merged into one message: an IPv6 UDP payload of 65,527 less some slack.
  package static let mergedBytesMax = 65_000
  /// Datagrams kept while a socket's buffer is full. The kernel already holds megabytes by then, so
  /// this only covers one burst (768 kB); more would be delay, not delivery.
  package static let sendBacklogMax = 512
  /// Kernel buffer of a UDP socket in bytes: over 20 ms at 1 Gbit/s, which covers a turn and a
  /// scheduling gap. The kernel caps it at net.core.rmem_max and wmem_max.
  package static let udpBufferBytes = 4 << 20
  /// Connections the kernel holds for us until they are accepted; somaxconn caps it.
  package static let listenBacklog = 1024
  /// The largest RFC 4571 frame: as large as a datagram we would take.
  package static let frameBytesMax = receiveSlotBytes
  /// Bytes of one ring slot: the largest datagram of a DatagramBatch.
  package static let ringSlotBytes = 1500
  /// Ports tried when the kernel chooses: a free UDP number may be taken for TCP.
  package static let portAttemptsMax = 32
  /// Storage a drained byte queue keeps, so that thousands of idle connections stay small.
  package static let idleQueueBytesMax = 4096
}
