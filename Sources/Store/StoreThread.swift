// The thread that writes: everything that waits becomes one commit, then the next.

import Loop
import RoomLog
import Synchronization
import Wire

/// Natural group commit: while one group is on its way to the disk, the next one gathers.
///
/// Lives on its thread, which makes it. A final class for the loop's and the connection's identity.
final class StoreThread {
  private let board: StoreBoard
  private let writer: any LogWriter
  private let loop: EventLoop
  private let onCommitted: @Sendable ([CommitOutcome]) -> Void
  private let onHooks: @Sendable (Set<Int64>) -> Void
  private var waiting: [StoreRequest] = []
  private var jobs: [StoreJob] = []

  init(
    _ board: StoreBoard, writer: any LogWriter, loop: EventLoop,
    onCommitted: @escaping @Sendable ([CommitOutcome]) -> Void,
    onHooks: @escaping @Sendable (Set<Int64>) -> Void
  ) throws(StoreError) {
    self.board = board
    self.writer = writer
    self.loop = loop
    self.onCommitted = onCommitted
    self.onHooks = onHooks
    jobs = try Erasure.unfinished(writer.connection).map { .erasure($0, atMs: 0) { _ in } }
  }

  /// Runs until the board says that it closes and nothing waits.
  ///
  /// - Throws: what ends the process.
  func run() throws(StoreError) {
    while true {
      // Read before the mailbox: what was posted before closing is then still seen.
      let isClosing = board.isClosing.load(ordering: .acquiring)
      board.requests.drain(into: &waiting)
      try serve()
      try advanceJob()
      let isIdle = waiting.isEmpty && jobs.isEmpty
      let next = try writer.tend(board, isIdle: isIdle, at: SystemClock.now())
      guard isIdle else { continue }
      if isClosing { return writer.close() }
      loop.wait(until: next)
    }
  }

  // MARK: Groups

  private func serve() throws(StoreError) {
    var rest = waiting[...]
    while !rest.isEmpty {
      let group = StoreThread.group(&rest)
      if group.isEmpty { accept(rest.removeFirst()) } else { try write(group) }
    }
    waiting.removeAll(keepingCapacity: true)
  }

  /// Takes the writes that come next, as many as one commit may hold.
  private static func group(_ rest: inout ArraySlice<StoreRequest>) -> ArraySlice<StoreRequest> {
    var bytes = 0
    var end = rest.startIndex
    while end < rest.endIndex, end - rest.startIndex < StoreLimits.groupEntriesMax,
      bytes < StoreLimits.groupBytesMax, case .write(let item, _) = rest[end]
    {
      bytes += item.byteCount
      end += 1
    }
    defer { rest = rest[end...] }
    return rest[..<end]
  }

  private func write(_ group: ArraySlice<StoreRequest>) throws(StoreError) {
    var items: [WriteItem] = []
    items.reserveCapacity(group.count)
    for case .write(let item, _) in group { items.append(item) }
    let outcomes = try writer.write(items)
    var committed: [CommitOutcome] = []
    committed.reserveCapacity(group.count)
    for (request, outcome) in zip(group, outcomes) {
      guard case .write(.entry(let entry), _) = request else { continue }
      committed.append(
        CommitOutcome(room: entry.room, ticket: entry.ticket, result: outcome.ofEntry))
    }
    // Before the openings: who opens a room again has heard of all it wrote before.
    if !committed.isEmpty { onCommitted(committed) }
    for (request, outcome) in zip(group, outcomes) {
      guard case .write(_, let then?) = request else { continue }
      switch then {
      case .transferred(let done): done(outcome.ofTransfer)
      case .hooked(let done): done(outcome.ofHook)
      case .recorded(let done): done(outcome.isCommitted)
      case .opened(let opened):
        let result = outcome.ofOpening
        _ = board.openings.post { reader in opened(result, reader) }
      }
    }
    let endpoints = Set(outcomes.flatMap(\.hooks))
    if !endpoints.isEmpty { onHooks(endpoints) }
  }

  // MARK: Jobs

  private func accept(_ request: StoreRequest) {
    switch request {
    case .write: break
    case .erase(let identity, let now, let done):
      jobs.append(.erasure(Erasure(identity: identity), atMs: now, done))
    case .upkeep(let days, let now, let done):
      jobs.append(.retention(Retention(days: days, atMs: now), done))
    }
  }

  /// One step of the oldest job.
  private func advanceJob() throws(StoreError) {
    guard !jobs.isEmpty else { return }
    do throws(StoreError) {
      guard try jobs[0].step(writer.connection) else { return }
      writer.noteErasure()
      jobs.removeFirst().succeed()
    } catch {
      // A full disk leaves everything as it was: the job is refused, and may be asked for again.
      guard error.reach != .process else { throw error }
      jobs.removeFirst().fail(error)
    }
  }
}

/// A long piece of work, done in steps between commits.
private enum StoreJob {
  case erasure(
    Erasure, atMs: Int64, @Sendable (Result<[ErasedPerson], StoreError>) -> Void)
  case retention(Retention, @Sendable (Result<Void, StoreError>) -> Void)

  /// Whether that was the last step.
  mutating func step(_ database: any SQLDatabase) throws(StoreError) -> Bool {
    switch self {
    case .erasure(var erasure, let now, let done):
      let isDone = try erasure.step(database, atMs: now)
      self = .erasure(erasure, atMs: now, done)
      return isDone
    case .retention(var retention, let done):
      let isDone = try retention.step(database)
      self = .retention(retention, done)
      return isDone
    }
  }

  func succeed() {
    switch self {
    case .erasure(let erasure, _, let done): done(.success(erasure.erased))
    case .retention(_, let done): done(.success(()))
    }
  }

  func fail(_ error: StoreError) {
    switch self {
    case .erasure(_, _, let done): done(.failure(error))
    case .retention(_, let done): done(.failure(error))
    }
  }
}
