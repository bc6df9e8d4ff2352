// Decoding and encoding off the sidecar's loop: one thread per room that needs it.

import Loop
import Synchronization
import Transcoding
import Wire

/// A thread with a `TranscodeLine`. Orders are bounded by the feed that gives them.
final class TranscodeThread {
  private enum Message: Sendable {
    case order(TranscodeOrder)
    case stop
  }

  private let inbox: Mailbox<Message>
  private let thread: WorkerThread

  /// Orders that wait at most: more than a feed has on their way.
  private static let ordersMax = 256

  /// - Parameter report: takes results, on the thread; never waits.
  init(
    _ ladder: Ladder, _ settings: EncoderSettings,
    report: @escaping @Sendable (TranscodeResult) -> Void
  ) throws(SystemError) {
    let waker = try Waker()
    let inbox = Mailbox<Message>(capacity: TranscodeThread.ordersMax, waker: waker)
    self.inbox = inbox
    thread = try WorkerThread(name: "transcode", config: waker) { waker in
      guard let loop = try? EventLoop(waker: waker) else { return }
      let line = TranscodeLine(ladder, settings)
      var messages: [Message] = []
      while true {
        loop.wait(until: .distantFuture)
        inbox.drain(into: &messages)
        var orders: [TranscodeOrder] = []
        for message in messages {
          guard case .order(let order) = message else { return }
          orders.append(order)
        }
        line.run(orders, report)
      }
    }
  }

  deinit { stop() }

  /// Leaves an order for the thread.
  func post(_ order: TranscodeOrder) { _ = inbox.post(.order(order)) }

  /// Ends the thread after what it is doing.
  func stop() {
    _ = inbox.post(.stop, reserve: 1)
    thread.join()
  }
}
