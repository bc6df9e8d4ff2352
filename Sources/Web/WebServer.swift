// The web server as the rest of the process sees it: a thread that is sent commands and tells events.

package import Loop
import Synchronization
package import Wire

/// Why a web server could not start.
package enum WebStartFailure: Error, Equatable, Sendable {
  case system(SystemError)
  case certificate(TLSFailure)
}

/// An HTTP and WebSocket server on a thread of its own, from `init` until `drain` or `stop`.
///
/// One socket loop for now. Connection ids carry the loop's index in their highest byte, so that
/// commands find their loop when there are more.
package final class WebServer: Sendable {
  /// The address it listens on, with the port the kernel chose.
  package let address: SocketAddress
  private let board: WebBoard
  private let thread: Mutex<WorkerThread>

  /// Listens and starts the thread.
  ///
  /// - Parameter onEvent: called on the server's thread; must not wait for anything.
  package init(
    _ config: WebConfig, onEvent: @escaping @Sendable (WebEvent) -> Void
  ) throws(WebStartFailure) {
    var context: TLSContext?
    if let files = config.tls {
      do { context = try TLSContext(files) } catch { throw .certificate(error) }
    }
    do {
      let listener = try TCPListener(binding: config.address)
      let board = try WebBoard(listener, commandsMax: config.limits.commandsMax)
      let parts = WebLoop.Parts(
        config: config, tls: context, board: board, emit: onEvent)
      let started = try WorkerThread(name: "web-0", config: parts) { parts in
        // Without a descriptor for epoll there is no server; nothing has begun that could be lost.
        guard let loop = try? EventLoop(waker: parts.board.waker) else {
          fatalError("no event loop for the web server")
        }
        WebLoop(parts, loop: loop).run()
      }
      thread = Mutex(started)
      address = listener.address
      self.board = board
    } catch {
      throw .system(error)
    }
  }

  /// Leaves a command for the server; false when too many wait, and it is lost.
  @discardableResult
  package func post(_ command: WebCommand) -> Bool { board.mailbox.post(command) }

  /// Takes no new connections, finishes what is under way, closes WebSockets (1001), then ends.
  package func drain() { board.end(.drain) }

  /// Closes everything at once and waits for the thread.
  package func stop() {
    board.end(.stop)
    join()
  }

  /// Waits until the server has ended after `drain` or `stop`.
  package func join() { thread.withLock { $0.join() } }

  /// The counts as of the last turn.
  package var counters: WebCounters { board.counters.withLock { $0 } }
}
