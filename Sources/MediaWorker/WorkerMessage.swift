// What reaches a worker's thread from others, through its one mailbox.

import Loop
package import MediaControl
import Wire

/// A message to a worker.
package enum WorkerMessage: Sendable {
  case command(MediaCommand)
  case note(WorkerNote)
  case news(HandshakeNews)
  /// A TCP connection on which a frame named this worker as owner.
  case connection(MovedConnection)
}

/// A TCP connection on its way from the worker that accepted it to the owner of its peer.
package struct MovedConnection: Sendable {
  var descriptor: FileDescriptor
  var local: SocketAddress
  var remote: SocketAddress
  /// The frame that named the owner.
  var firstFrame: [UInt8]
  /// What was read behind it, framed, its last frame perhaps in part: nobody can read it again.
  var rest: [UInt8]
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
