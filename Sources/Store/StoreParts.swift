// What the store's three threads are made of, each made inside its thread.

import Loop
import RoomLog
import Synchronization
import Wire

/// The bodies of the threads.
struct StoreParts: Sendable {
  let place: StorePlace
  let vfs: String?
  let nodePlace: NodePlace
  let patience: StorePatience
  let onCommitted: @Sendable ([CommitOutcome]) -> Void
  let onHooks: @Sendable (Set<Int64>) -> Void
  let onNews: @Sendable (StoreNews) -> Void

  /// The thread that writes.
  func write(_ board: StoreBoard) {
    guarded { () throws(StoreError) in
      let loop = try StoreParts.loop(board.writerWaker)
      try StoreThread(
        board, writer: try writer(), loop: loop, onCommitted: onCommitted, onHooks: onHooks
      ).run()
    }
  }

  /// The connection that writes. Migrates, and says by name what is wrong with the database.
  func writer() throws(StoreError) -> any LogWriter {
    switch place {
    case .sqlite(let directory): try RoomWriter(directory, atMs: RoomStore.nowMs, vfs: vfs)
    case .postgres(let address, let directory):
      try PostgresWriter(
        address, node: try directory.nodeName(), place: nodePlace, patience: patience,
        onNews: onNews)
    }
  }

  private func reader() throws(StoreError) -> RoomReader {
    switch place {
    case .sqlite(let directory): try RoomReader(directory, vfs: vfs)
    case .postgres(let address, let directory):
      RoomReader(
        try PostgresSession(address, journal: nil, patience: patience),
        node: try directory.nodeName())
    }
  }

  /// The thread that reads.
  func read(_ board: StoreBoard) {
    guarded { () throws(StoreError) in
      let reader = try reader()
      let loop = try StoreParts.loop(board.readerWaker)
      var (openings, reads): ([ReadJob], [ReadJob]) = ([], [])
      while true {
        let isLast = board.isWritten.load(ordering: .acquiring)
        board.openings.drain(into: &openings)
        board.reads.drain(into: &reads)
        for job in openings + reads {
          try reader.database.reading { () throws(StoreError) in job(reader) }
        }
        guard openings.isEmpty && reads.isEmpty else { continue }
        if isLast { return }
        loop.wait(until: .distantFuture)
      }
    }
  }

  /// The thread that copies the write-ahead log into the database file.
  ///
  /// A failure ends the process like one of the writing thread: after a failed fsync the kernel takes
  /// pages for written that are not, and a second try would believe it.
  func copy(_ board: StoreBoard) {
    guard case .sqlite(let directory) = place else { return }
    guarded { () throws(StoreError) in
      let database = try Database(directory.database, .write, vfs: vfs)
      try database.run("PRAGMA synchronous = FULL")
      let loop = try StoreParts.loop(board.checkpointWaker)
      while true {
        loop.wait(until: .distantFuture)
        if board.isWritten.load(ordering: .acquiring) { return }
        _ = try database.checkpoint()
        board.isCopied.store(true, ordering: .releasing)
        board.writerWaker.wake()
      }
    }
  }

  private static func loop(_ waker: Waker) throws(StoreError) -> EventLoop {
    do throws(SystemError) {
      return try EventLoop(waker: waker)
    } catch {
      throw .file(path: "event loop", text: error.description)
    }
  }

  private func guarded(_ body: () throws(StoreError) -> Void) {
    do throws(StoreError) {
      try body()
    } catch {
      StoreFault.fatal(error, at: SystemClock.wallTime())
    }
  }
}
