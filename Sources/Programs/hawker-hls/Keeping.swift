// Kept shows of the process: a thread that writes them and one that reads them, so that media never wait for a disk.

import HLS
import HLSKeeping
import HLSServing
import HTTP
import Loop
import Synchronization
import Telemetry
import Web
import Wire

/// The folder of kept shows and its two threads.
final class Keeping {
  private enum Writing: Sendable {
    case order(KeepOrder)
    case stop
  }

  private enum Reading: Sendable {
    case request(KeptRequest, RequestTicket)
    case stop
  }

  private let writing: Mailbox<Writing>
  private let reading: Mailbox<Reading>
  private let writer: WorkerThread
  private let reader: WorkerThread
  private let lock: FolderLock
  private let desk: KeptDesk
  private let counts: KeepCounts
  /// Shows that orders were lost of: nothing more is written of them until they are finished.
  private var abandoned: Set<Substring> = []

  /// Bytes on their way to the disk: some seconds of all rooms. What comes beyond it is a gap.
  private static let waitingBytesMax = 128 << 20
  /// Orders on their way: of a hundred rooms for some minutes.
  private static let ordersMax = 50_000
  /// Requests that wait for the disk.
  private static let requestsMax = 512
  /// How often the writer looks whether there is room again.
  private static let writerTick = TimeSpan.milliseconds(500)

  /// - Parameter server: gets the responses.
  /// - Throws: `SidecarSettings.Fault` when the folder can't be written to, or is another process's.
  init(_ path: String, _ settings: SidecarSettings, _ server: WebServer) throws {
    let disk = FolderDisk(path)
    do throws(DiskFault) {
      guard let lock = try FolderLock(disk) else {
        throw DiskFault(code: 0)
      }
      self.lock = lock
    } catch {
      let why = error.code == 0 ? "another process keeps shows there" : error.description
      throw SidecarSettings.Fault(text: "--keep \(path): \(why)", status: 1)
    }
    desk = KeptDesk(access: settings.access)
    counts = KeepCounts()
    let (counts, writerWaker, readerWaker) = (counts, try Waker(), try Waker())
    let writing = Mailbox<Writing>(capacity: Keeping.ordersMax, waker: writerWaker)
    self.writing = writing
    writer = try WorkerThread(name: "keep-write", config: disk) { disk in
      Keeping.write(disk, writing, writerWaker, counts)
    }
    let reading = Mailbox<Reading>(capacity: Keeping.requestsMax, waker: readerWaker)
    self.reading = reading
    reader = try WorkerThread(name: "keep-read", config: disk) { disk in
      Keeping.read(disk, reading, readerWaker, server)
    }
  }

  // MARK: Writing

  /// Leaves orders for the writer; never waits.
  func post(_ orders: [KeepOrder]) {
    for order in orders {
      let folder = order.folder
      if abandoned.contains(folder) {
        if case .finish = order { abandoned.remove(folder) }
        continue
      }
      var order = order
      if case .segment(let segment) = order,
        counts.waitingBytes.load(ordering: .relaxed) > Keeping.waitingBytesMax
      {
        // The disk is slower than the rooms.
        counts.lost.add(1, ordering: .relaxed)
        for text in segment.lost.dropLast() { post(small: .append(text)) }
        guard let last = segment.lost.last else { continue }
        order = .append(last)
      }
      post(small: order)
    }
  }

  private func post(small order: KeepOrder) {
    counts.waitingBytes.add(order.byteCount, ordering: .relaxed)
    if writing.post(.order(order)) { return }
    counts.waitingBytes.subtract(order.byteCount, ordering: .relaxed)
    abandoned.insert(order.folder)
    SidecarLog.write(.error, "\(order.folder): no more is kept of it, the disk hangs")
  }

  private static func write(
    _ disk: FolderDisk, _ inbox: Mailbox<Writing>, _ waker: Waker, _ counts: KeepCounts
  ) {
    guard let loop = try? EventLoop(waker: waker) else { return }
    let cutOff = ShowFinish(disk).recover { folder, fault in
      SidecarLog.write(.error, "\(folder) was cut off and can't be finished: \(fault)")
    }
    for folder in cutOff {
      counts.finished.add(1, ordering: .relaxed)
      SidecarLog.write(.info, "\(folder) was cut off; it is kept as far as it came")
    }
    var writer = ShowWriter(disk)
    var messages: [Writing] = []
    while true {
      loop.wait(until: writer.isStopped ? SystemClock.now() + writerTick : .distantFuture)
      inbox.drain(into: &messages)
      for message in messages {
        guard case .order(let order) = message else {
          writer.end { counts.note($0) }
          return
        }
        writer.take(order, at: SystemClock.now()) { counts.note($0) }
        counts.waitingBytes.subtract(order.byteCount, ordering: .relaxed)
      }
      writer.advance(to: SystemClock.now()) { counts.note($0) }
    }
  }

  // MARK: Reading

  /// Answers a request for kept shows; false for what is none.
  func answer(_ asked: HTTPRequest, _ ticket: RequestTicket, _ server: WebServer) -> Bool {
    guard KeptDesk.takes(asked) else { return false }
    switch desk.ask(asked, wall: SystemClock.wallTime()) {
    case .failure(let refusal):
      server.post(.respond(ticket.connection, ticket.request, refusal.response))
    case .success(let request):
      if !reading.post(.request(request, ticket)) {
        server.post(.respond(ticket.connection, ticket.request, KeptDesk.busy))
      }
    }
    return true
  }

  private static func read(
    _ disk: FolderDisk, _ inbox: Mailbox<Reading>, _ waker: Waker, _ server: WebServer
  ) {
    guard let loop = try? EventLoop(waker: waker) else { return }
    let library = KeptLibrary(disk)
    let budget = AnswerBudget(bytesMax: Spooling.heldBytesMax)
    var messages: [Reading] = []
    while true {
      loop.wait(until: .distantFuture)
      inbox.drain(into: &messages)
      for message in messages {
        guard case .request(let request, let ticket) = message else { return }
        let bytes =
          switch request {
          case .list(let room): library.list(room: room)
          case .file(let show, let path): library.file(show: show, path: path)
          }
        var response = KeptDesk.response(request, bytes, ticket)
        response.lease = budget.lease(response.bodyByteCount)
        if response.lease == nil { response = KeptDesk.busy }
        server.post(.respond(ticket.connection, ticket.request, response))
      }
    }
  }

  // MARK: The process

  /// Adds what is counted to a page of metrics.
  func write(to page: inout PrometheusText) { counts.write(to: &page) }

  /// Writes what waits, and ends.
  func stop() {
    _ = writing.post(.stop, reserve: 1)
    _ = reading.post(.stop, reserve: 1)
    writer.join()
    reader.join()
  }
}
