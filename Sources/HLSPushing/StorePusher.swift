// The thread that puts shows into a store.

import ClientTLS
import Crypto
package import HLS
import Loop
package import ObjectStore
package import Wire

/// Where to, and as whom.
package struct PushTarget: Sendable {
  package let address: StoreAddress
  /// Read again and again, as credentials end; nil where there are none now.
  package let credentials: @Sendable () -> StoreCredentials?
  /// A PEM file of roots to be trusted instead of the machine's own.
  package let authorities: String?

  package init(
    _ address: StoreAddress, authorities: String? = nil,
    credentials: @escaping @Sendable () -> StoreCredentials?
  ) {
    self.address = address
    self.authorities = authorities
    self.credentials = credentials
  }
}

/// Puts shows of all rooms into one store, on a thread of its own.
package final class StorePusher {
  enum Message: Sendable {
    case show(String, Presentation, PushSlot)
    /// End when all shows are settled, or then.
    case stop(until: Instant)
  }

  private let mailbox: Mailbox<Message>
  private let thread: WorkerThread

  /// A state of each room, the ends of shows, and some.
  private static let messagesMax = 1024

  /// - Parameters:
  ///   - note: told on the pushing thread what has happened, and how many bytes of media wait then.
  package init(
    _ target: PushTarget, note: @escaping @Sendable ([OnPush], Int) -> Void
  ) throws {
    guard let context = TLSClientContext(authorities: target.authorities) else {
      throw ServerStreamFault("no certificates in \(target.authorities ?? "the machine's folder")")
    }
    let waker = try Waker()
    let mailbox = Mailbox<Message>(capacity: StorePusher.messagesMax, waker: waker)
    self.mailbox = mailbox
    thread = try WorkerThread(name: "push", config: target) { target in
      guard let loop = try? EventLoop(waker: waker) else { return }
      PushLoop(target, context, mailbox, loop, note).run()
    }
  }

  /// False when too much waits already.
  func post(_ presentation: Presentation, of room: String, _ slot: PushSlot) -> Bool {
    mailbox.post(.show(room, presentation, slot))
  }

  /// Lets what was left be put, for some time, and ends.
  package func stop(within patience: TimeSpan) {
    _ = mailbox.post(.stop(until: SystemClock.now() + patience), reserve: 1)
    thread.join()
  }
}
