// What reaches a worker's thread from others, through its one mailbox.

package import Loop
package import MediaControl
package import Wire

/// A message to a worker.
package enum WorkerMessage: Sendable {
  case command(MediaCommand)
  case note(WorkerNote)
  case news(HandshakeNews)
  /// A TCP connection whose first frame named this worker as owner; the frame comes along.
  case connection(FileDescriptor, local: SocketAddress, remote: SocketAddress, firstFrame: [UInt8])
}

/// How others reach a worker.
package struct WorkerInbox: Sendable {
  let waker: Waker
  let mailbox: Mailbox<WorkerMessage>
  /// By sending worker: what it hands over.
  let rings: [PacketRing<HandOff>]

  /// Messages waiting for one worker: a burst of a thousand joins, each a few commands.
  static let mailboxCapacity = 65_536
  /// Packets waiting between two workers: three layers' chains of 2 s, and what comes meanwhile.
  static let ringCapacity = 2048

  init(workers: Int) throws(SystemError) {
    let waker = try Waker()
    self.waker = waker
    mailbox = Mailbox(capacity: WorkerInbox.mailboxCapacity, waker: waker)
    rings = (0..<workers).map { _ in
      PacketRing<HandOff>(capacity: WorkerInbox.ringCapacity, waker: waker)
    }
  }
}
