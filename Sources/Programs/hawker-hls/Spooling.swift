// The spool of the process: a thread that writes old segments of live rooms to files and one that reads them.

import HLS
import HLSKeeping
import HLSServing
import HTTP
import Loop
import Synchronization
import Telemetry
import Web
import Wire

/// What the threads of the spool tell the loop.
enum SpoolNews: Sendable {
  case written(SpoolName)
  case failed(SpoolName, DiskFault)
  /// Somebody asked for it.
  case unreadable(SpoolName, DiskFault)
}

/// The folder of old segments and its two threads. A class: it is used by the loop, from every room.
final class Spooling {
  private enum Writing: Sendable {
    case write(SpoolSegment, room: String)
    case remove(path: String, room: String)
    case stop
  }

  private enum Reading: Sendable {
    case read(SpoolRead, room: String)
    case stop
  }

  private let writing: Mailbox<Writing>
  private let reading: Mailbox<Reading>
  private let writer: WorkerThread
  private let reader: WorkerThread
  private let lock: FolderLock
  private let server: WebServer
  /// Bytes of segments that were given to the writer and not answered.
  private(set) var waitingBytes = 0
  /// No segment is given to the writer before.
  private var pausedUntil = Instant.zero
  /// When the disk last failed; nil once it has been well for a while.
  private var failedAt: Instant?
  private var isUnreadableSaid = false
  private var segmentCount: UInt64 = 0
  private var failureCount: UInt64 = 0
  private var readCount: UInt64 = 0
  private var unreadableCount: UInt64 = 0

  /// Orders on their way. Writes are bounded by `HLSLimits.spoolWaitingBytesMax`; what a window loses at once may be
  /// all it has: twelve hours of four renditions, twice.
  private static let ordersMax = 200_000
  /// Requests that wait for the disk.
  private static let requestsMax = 512
  /// Bytes that were read and wait for their clients: many who read slowly are refused, not held.
  static let heldBytesMax = 256 << 20
  /// How long a disk that has failed is left alone.
  private static let pause = TimeSpan.seconds(2)
  /// So long without a failure it is well again.
  private static let calm = TimeSpan.seconds(10)
  /// Given up at once on a full disk: less would be full again with the next segment.
  private static let shortenedBytesMin = 8 << 20

  /// - Parameters:
  ///   - server: gets the responses.
  ///   - inbox: gets the news.
  /// - Throws: `SidecarSettings.Fault` when the folder can't be written to, or is another process's.
  init(_ path: String, _ server: WebServer, _ inbox: Mailbox<SidecarNews>) throws {
    let disk = FolderDisk("\(FolderDisk(path).root)/\(SpoolFolder<FolderDisk>.name)")
    do throws(DiskFault) {
      guard let lock = try FolderLock(disk) else { throw DiskFault(code: 0) }
      self.lock = lock
    } catch {
      let why = error.code == 0 ? "another process has its spool there" : error.description
      throw SidecarSettings.Fault(text: "--spool \(path): \(why)", status: 1)
    }
    self.server = server
    let (writerWaker, readerWaker) = (try Waker(), try Waker())
    let writing = Mailbox<Writing>(capacity: Spooling.ordersMax, waker: writerWaker)
    self.writing = writing
    writer = try WorkerThread(name: "spool-write", config: disk) { disk in
      Spooling.write(SpoolFolder(disk), writing, writerWaker, inbox)
    }
    let reading = Mailbox<Reading>(capacity: Spooling.requestsMax, waker: readerWaker)
    self.reading = reading
    reader = try WorkerThread(name: "spool-read", config: disk) { disk in
      Spooling.read(SpoolFolder(disk), reading, readerWaker, server, inbox)
    }
  }

  // MARK: Writing

  /// Whether nothing is to be written at the moment.
  func isPaused(at now: Instant) -> Bool { now < pausedUntil }

  /// Leaves orders for the writer; never waits.
  func post(_ orders: [SpoolOrder], room: String) {
    for order in orders {
      switch order {
      case .write(let segment):
        waitingBytes += segment.name.byteCount
        // The bytes that wait bound them.
        _ = writing.post(.write(segment, room: room), reserve: Spooling.ordersMax)
      case .remove(let path):
        // A file more than there should be goes with its show.
        _ = writing.post(.remove(path: path, room: room))
      }
    }
  }

  /// Removes all files of a show.
  func remove(_ run: String, room: String) {
    _ = writing.post(.remove(path: run, room: room), reserve: Spooling.ordersMax)
  }

  /// How many bytes of files make room for a segment that the disk had none for.
  static func room(for name: SpoolName) -> Int { max(2 * name.byteCount, shortenedBytesMin) }

  /// Takes what a thread says, and logs what an operator must know: once each time it changes.
  ///
  /// - Parameter isHeld: whether a room still had the segment.
  func note(_ news: SpoolNews, isHeld: Bool, at now: Instant) {
    switch news {
    case .written(let name):
      waitingBytes -= name.byteCount
      segmentCount += 1
      guard let last = failedAt, now - last > Spooling.calm else { return }
      failedAt = nil
      SidecarLog.write(.info, "spool-resumed: old segments are written to files again")
    case .failed(let name, let fault):
      waitingBytes -= name.byteCount
      failureCount += 1
      pausedUntil = now + Spooling.pause
      if failedAt == nil {
        SidecarLog.write(
          .error, "spool-stopped: \(fault); rooms go on and their windows get shorter")
      }
      failedAt = now
    case .unreadable(let name, let fault):
      // It may just have left the window.
      guard isHeld else { return }
      unreadableCount += 1
      if !isUnreadableSaid {
        SidecarLog.write(
          .error,
          "spool-unreadable: \(name.path): \(fault); it is listed no longer, nor what is older"
        )
      }
      isUnreadableSaid = true
    }
  }

  private static func write(
    _ folder: SpoolFolder<FolderDisk>, _ inbox: Mailbox<Writing>, _ waker: Waker,
    _ news: Mailbox<SidecarNews>
  ) {
    guard let loop = try? EventLoop(waker: waker) else { return }
    var folder = folder
    folder.clear()
    var messages: [Writing] = []
    while true {
      loop.wait(until: .distantFuture)
      inbox.drain(into: &messages)
      for message in messages {
        switch message {
        case .write(let segment, let room):
          var outcome = SpoolNews.written(segment.name)
          do throws(DiskFault) {
            try folder.write(segment, room: room, at: SystemClock.now())
          } catch {
            outcome = .failed(segment.name, error)
          }
          // As many as were given to us.
          _ = news.post(.spool(room, outcome), reserve: news.capacity)
        case .remove(let path, let room): folder.remove(path, room: room)
        case .stop: return folder.clear()
        }
      }
    }
  }

  // MARK: Reading

  /// Answers a request for a segment in a file.
  func read(_ read: SpoolRead, room: String) {
    readCount += 1
    guard !reading.post(.read(read, room: room)) else { return }
    server.post(.respond(read.ticket.connection, read.ticket.request, SpoolRead.busy))
  }

  private static func read(
    _ folder: SpoolFolder<FolderDisk>, _ inbox: Mailbox<Reading>, _ waker: Waker,
    _ server: WebServer, _ news: Mailbox<SidecarNews>
  ) {
    guard let loop = try? EventLoop(waker: waker) else { return }
    let budget = AnswerBudget(bytesMax: heldBytesMax)
    var messages: [Reading] = []
    while true {
      loop.wait(until: .distantFuture)
      inbox.drain(into: &messages)
      for message in messages {
        guard case .read(let read, let room) = message else { return }
        var response = SpoolRead.gone
        do throws(DiskFault) {
          if budget.heldBytes + read.name.byteCount > heldBytesMax {
            response = SpoolRead.busy
          } else {
            response = read.response(try folder.read(read.name, room: room))
            // Of a range its bytes alone.
            response.lease = budget.lease(response.bodyByteCount)
          }
        } catch {
          // Without descriptors or memory the file is there all the same.
          if error.isLoss {
            _ = news.post(.spool(room, .unreadable(read.name, error)), reserve: news.capacity)
          } else {
            response = SpoolRead.busy
          }
        }
        server.post(.respond(read.ticket.connection, read.ticket.request, response))
      }
    }
  }

  // MARK: The process

  /// Adds what is counted to a page of metrics.
  ///
  /// - Parameter held: bytes of files of all rooms.
  func write(to page: inout PrometheusText, held: Int) {
    page.family(
      "hawker_hls_spool_stopped", .gauge, help: "1 while old segments can't be written to files.")
    page.sample("hawker_hls_spool_stopped", [:], failedAt == nil ? 0 as UInt64 : 1)
    page.family("hawker_hls_spool_bytes", .gauge, help: "Bytes of old segments in files.")
    page.sample("hawker_hls_spool_bytes", [:], UInt64(clamping: held))
    page.family("hawker_hls_spool_waiting_bytes", .gauge, help: "Bytes on their way to files.")
    page.sample("hawker_hls_spool_waiting_bytes", [:], UInt64(clamping: waitingBytes))
    page.family(
      "hawker_hls_spool_segments_total", .counter, help: "Segments written to files.")
    page.sample("hawker_hls_spool_segments_total", [:], segmentCount)
    page.family(
      "hawker_hls_spool_failures_total", .counter, help: "Segments that could not be written.")
    page.sample("hawker_hls_spool_failures_total", [:], failureCount)
    page.family(
      "hawker_hls_spool_reads_total", .counter, help: "Requests for segments in files.")
    page.sample("hawker_hls_spool_reads_total", [:], readCount)
    page.family(
      "hawker_hls_spool_unreadable_total", .counter, help: "Listed files that could not be read.")
    page.sample("hawker_hls_spool_unreadable_total", [:], unreadableCount)
  }

  /// Removes all files, and ends.
  func stop() {
    _ = writing.post(.stop, reserve: 2 * Spooling.ordersMax)
    _ = reading.post(.stop, reserve: 1)
    writer.join()
    reader.join()
  }
}
