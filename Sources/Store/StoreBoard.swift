// Where the store's threads and the others meet.

import Loop
import RoomLog
import Synchronization

/// What is asked of the writing thread.
enum StoreRequest: Sendable {
  case write(WriteItem, then: Continuation? = nil)
  case erase(
    identity: String, atMs: Int64,
    done: @Sendable (Result<[ErasedPerson], StoreError>) -> Void)
  case upkeep(retentionDays: Int?, atMs: Int64, done: @Sendable (Result<Void, StoreError>) -> Void)

  /// Who waits for an item's outcome by itself; entries' outcomes come together.
  enum Continuation: Sendable {
    /// On the reading thread.
    case opened(@Sendable (Result<RoomKey, StoreError>, RoomReader) -> Void)
    /// On the writing thread, right after the commit.
    case transferred(@Sendable (TransferOutcome) -> Void)
    /// As `transferred`.
    case hooked(@Sendable (HookChanged) -> Void)
    /// As `transferred`: whether it is on the disk.
    case recorded(@Sendable (Bool) -> Void)
  }
}

/// A job of the reading thread.
typealias ReadJob = @Sendable (RoomReader) -> Void

/// What the store's threads share. Sendable by its parts.
final class StoreBoard: Sendable {
  let writerWaker, readerWaker, checkpointWaker: Waker
  let requests: Mailbox<StoreRequest>
  let reads: Mailbox<ReadJob>
  /// Answers to `open`, one for each request: bounded by those, and must never be lost.
  let openings: Mailbox<ReadJob>
  /// No new requests; the writing thread ends when it has done what waits.
  let isClosing = Atomic<Bool>(false)
  /// The log was copied but for what was written meanwhile, which the writing thread copies itself.
  let isCopied = Atomic<Bool>(false)
  /// Another process has done something: it is worth looking now.
  let isNudged = Atomic<Bool>(false)
  /// Who watches the rooms of this process: told to the others with the leases.
  let viewers = Mutex<[RoomKey: Int]>([:])
  /// The writing thread has ended: nothing is left for the others but what waits.
  let isWritten = Atomic<Bool>(false)

  init() throws(SystemError) {
    writerWaker = try Waker()
    readerWaker = try Waker()
    checkpointWaker = try Waker()
    requests = Mailbox(capacity: StoreLimits.requestsMax, waker: writerWaker)
    reads = Mailbox(capacity: StoreLimits.readsMax, waker: readerWaker)
    openings = Mailbox(capacity: .max, waker: readerWaker)
  }
}
