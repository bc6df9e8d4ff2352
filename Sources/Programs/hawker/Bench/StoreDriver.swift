// One measured run of the store: who writes, and when each command was told to be committed.

import Glibc
import Loop
import RoomLog
import Store
import Wire

/// Writes the mix of a lively show to a new store. A class for the loop's and the store's identity.
final class StoreDriver {
  /// What came of a run.
  struct Report {
    var perSecond: Int64
    /// Commands in one commit, on average.
    var perCommit: Double
    /// User and system time of the whole process for one command, in microseconds: firmer than the
    /// commands a second when others use the machine too.
    var cpuMicroseconds: Double
    /// Milliseconds from a command's decision until it was told to be committed.
    var median, high: Double
  }

  private struct OpenedRoom: Sendable {
    let key: RoomKey
    /// The sequence of its last event.
    var last: Int64
  }

  private let settings: StoreBench.Settings
  private let store: RoomStore
  private let loop: EventLoop
  private let mailbox: Mailbox<[CommitOutcome]>
  private var rooms: [OpenedRoom] = []
  private var startedAt: [Instant] = []
  private var waits: [Int64] = []
  private var commits = 0

  init(_ settings: StoreBench.Settings, _ place: StorePlace) throws {
    self.settings = settings
    loop = try EventLoop()
    let mailbox = Mailbox<[CommitOutcome]>(capacity: .max, waker: loop.waker)
    self.mailbox = mailbox
    store = try RoomStore(place) { _ = mailbox.post($0) }
    try openRooms()
  }

  private func openRooms() throws {
    let keys = Mailbox<OpenedRoom>(capacity: .max, waker: loop.waker)
    for index in 0..<settings.rooms {
      let isTaken = store.open("room-\(index)", atMs: 1) { result, reader in
        // A PostgreSQL may hold an earlier run's events.
        guard let key = try? result.get(),
          let page = try? reader.events(of: key, before: .max, limit: 1)
        else { return }
        _ = keys.post(OpenedRoom(key: key, last: page.events.first?.sequence ?? 0))
      }
      guard isTaken else { throw UsageError(text: "too many rooms") }
    }
    var arrived: [OpenedRoom] = []
    while rooms.count < settings.rooms {
      loop.wait(until: .distantFuture)
      keys.drain(into: &arrived)
      rooms += arrived
    }
  }

  func run() -> Report {
    startedAt.reserveCapacity(settings.commands)
    waits.reserveCapacity(settings.commands)
    let cpu = StoreDriver.cpuNanoseconds()
    let start = SystemClock.now()
    var arrived: [[CommitOutcome]] = []
    while waits.count < settings.commands {
      let due = submit(since: start)
      loop.wait(until: due)
      mailbox.drain(into: &arrived)
      let now = SystemClock.now()
      commits += arrived.count
      for outcome in arrived.joined() {
        waits.append((now - startedAt[Int(outcome.ticket)]).nanoseconds)
      }
    }
    let seconds = (SystemClock.now() - start).seconds
    let used = Double(StoreDriver.cpuNanoseconds() - cpu)
    store.close()
    waits.sort()
    func milliseconds(_ part: Double) -> Double {
      let index = min(waits.count - 1, Int(Double(waits.count) * part))
      return (Double(waits[index]) / 10_000).rounded() / 100
    }
    return Report(
      perSecond: Int64(Double(settings.commands) / seconds),
      perCommit: Double(settings.commands) / Double(max(1, commits)),
      cpuMicroseconds: (used / Double(settings.commands) / 100).rounded() / 10,
      median: milliseconds(0.5), high: milliseconds(0.99))
  }

  private static func cpuNanoseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Decides the commands that are due; when to come again.
  private func submit(since start: Instant) -> Instant {
    while startedAt.count < settings.commands, startedAt.count - waits.count < settings.underWay {
      let now = SystemClock.now()
      if let rate = settings.rate {
        let due = start + TimeSpan.seconds(1) * Int64(startedAt.count) / Int64(rate)
        guard due <= now else { return due }
      }
      guard store.commit(entry(startedAt.count)) else { break }
      startedAt.append(now)
    }
    return .distantFuture
  }

  /// Of twenty commands fourteen say something, five vote and one pins.
  private func entry(_ number: Int) -> CommitEntry {
    let index = number % rooms.count
    rooms[index].last += 1
    let (room, sequence) = (rooms[index].key, rooms[index].last)
    let turn = number / rooms.count % 20
    let kind = turn < 14 ? "said" : turn < 19 ? "voted" : "messagePinned"
    var entry = CommitEntry(room: room, ticket: UInt64(number))
    let person = UInt32(number % 500 + 1)
    let at = Int64(number)
    entry.events = [
      EventRow(
        sequence: sequence, atMs: at, mediaTimeMs: at, actor: person, kind: kind,
        body: Array("{\"text\":\(sequence),\"class\":\"plain\",\"replyTo\":null}".utf8),
        isAudited: turn == 19)
    ]
    if turn < 14 {
      entry.texts = [
        TextRow(text: sequence, author: person, body: "How long are the sleeves of this one? \(at)")
      ]
    }
    entry.reply = ReplyRow(
      keyHash: UInt64(number) &* 0x9E37_79B9_7F4A_7C15, subject: "user-\(person)",
      key: "5f0c2c1e-7a1b-4a53-\(number)", parameters: [UInt8](repeating: 7, count: 32),
      status: 200, body: Array("{\"sequence\":\(sequence),\"message\":\(sequence)}".utf8), atMs: at)
    return entry
  }
}
