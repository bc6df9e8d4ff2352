// All media workers of a process: started together, addressed by index, stopped together.

import Crypto
package import DTLS
import Loop
package import MediaControl
import Wire

/// The media plane: workers, their sockets on one port, and the handshake threads.
package final class MediaPlane: Sendable {
  /// The port of UDP and ICE-TCP.
  package let port: UInt16
  package let workers: Int
  private let inboxes: [WorkerInbox]
  private let pool: HandshakePool
  private let threads: JoinedThreads

  /// Opens the sockets and starts the threads.
  ///
  /// - Parameters:
  ///   - port: 0 chooses one.
  ///   - workers: 1...36.
  ///   - report: called on the workers' threads, in order for each worker.
  /// - Throws: `SystemError` when a socket can't be opened, whose text names the call.
  package init(
    port: UInt16, workers: Int, identity: DTLSIdentity,
    report: @escaping @Sendable (MediaEvent) -> Void
  ) throws {
    let workers = min(max(1, workers), WorkerIndex.workersMax)
    let sockets = try MediaSockets.open(port: port, workers: workers)
    self.workers = workers
    self.port = sockets[0].port
    let inboxes = try (0..<workers).map { _ in try WorkerInbox(workers: workers) }
    self.inboxes = inboxes
    pool = try HandshakePool(threads: MediaPlane.handshakeThreads(workers), identity: identity) {
      worker, news in
      _ = inboxes[worker].mailbox.post(.news(news))
    }
    var random = RandomSource.system
    var threads: [WorkerThread] = []
    for index in 0..<workers {
      let config = WorkerShellConfig(
        core: WorkerConfig(index: WorkerIndex(UInt8(index)), seed: random.next()),
        sockets: sockets[index], inboxes: inboxes, pool: pool, report: report)
      threads.append(
        try WorkerThread(name: "media-\(index)", config: config, body: WorkerShell.run))
    }
    self.threads = JoinedThreads(threads)
  }

  /// A thread does some 500 handshakes a second; one for two workers keeps up with any join storm.
  private static func handshakeThreads(_ workers: Int) -> Int { max(1, workers / 2) }

  /// Sends a command to one worker; false when its mailbox is full.
  package func post(_ command: MediaCommand, to worker: WorkerIndex) -> Bool {
    guard Int(worker.rawValue) < inboxes.count else { return false }
    return inboxes[Int(worker.rawValue)].mailbox.post(.command(command))
  }

  /// Ends all peers and threads.
  package func stop() {
    for inbox in inboxes { _ = inbox.mailbox.post(.command(.stop)) }
    threads.join()
    pool.stop()
  }
}
