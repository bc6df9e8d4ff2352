// One owner for each room: leases, fencing, and takeover when a process dies.

import Foundation
import Loop
import RoomLog
import Testing
import Wire

@testable import Store

@Suite("Leases")
struct RoomLeasesTests {
  private let first = RoomKey(rawValue: 1)
  private let second = RoomKey(rawValue: 2)

  private func at(_ seconds: Int64) -> Instant { .zero + .seconds(100 + seconds) }

  @Test("leases are renewed at a third of their life, counted from when that was asked for")
  func renewal() {
    var leases = RoomLeases(life: .seconds(15))
    #expect(leases.nextRenewal == .distantFuture)
    leases.hold(first, epoch: 1, askedAt: at(0))
    #expect(leases.nextRenewal == at(5))
    // A younger one does not put the others' off.
    leases.hold(second, epoch: 4, askedAt: at(3))
    #expect(leases.nextRenewal == at(5))
    #expect(leases.renewed([first: 1, second: 4], askedAt: at(6)).isEmpty)
    #expect(leases.nextRenewal == at(11))
    leases.drop(first)
    leases.drop(second)
    #expect(leases.nextRenewal == .distantFuture)
  }

  @Test("a room that is not renewed, or under another epoch, is lost")
  func lost() {
    var leases = RoomLeases(life: .seconds(15))
    leases.hold(first, epoch: 1, askedAt: at(0))
    leases.hold(second, epoch: 1, askedAt: at(0))
    #expect(leases.renewed([second: 2], askedAt: at(5)) == [first, second])
    #expect(leases.rooms.isEmpty)
  }

  @Test("without renewals all rooms are lost when the life of the last one is over, not before")
  func expiry() {
    var leases = RoomLeases(life: .seconds(15))
    #expect(leases.expire(at: at(1000)).isEmpty)
    leases.hold(first, epoch: 1, askedAt: at(0))
    leases.hold(second, epoch: 1, askedAt: at(8))
    #expect(leases.expire(at: at(15) - .milliseconds(1)).isEmpty)
    #expect(leases.expire(at: at(15)) == [first, second])
    #expect(leases.expire(at: at(16)).isEmpty)
  }
}

@Suite("Who has a room")
struct OwnershipTests {
  private let server: PostgresServer
  private let address: PostgresAddress
  private let brief = StorePatience(lease: .milliseconds(400))

  init() throws {
    server = try PostgresServer.shared()
    address = try server.schema().address
  }

  private func writer(
    _ node: String, lost: Arrivals<RoomKey> = Arrivals(),
    erased: Arrivals<ErasedPerson> = Arrivals()
  ) throws -> PostgresWriter {
    try PostgresWriter(address, node: node, patience: brief) { news in
      switch news {
      case .lost(let rooms): lost.add(rooms)
      case .erased(let people): erased.add(people)
      case .endpoints, .hooksDue, .revocations, .worthTelling: break
      }
    }
  }

  private var reader: RoomReader {
    get throws { RoomReader(try PostgresSession(address, journal: nil)) }
  }

  /// Opens a room as soon as it can be had.
  private func takeOver(_ name: String, _ writer: PostgresWriter) throws -> RoomKey {
    while true {
      switch try writer.write([.open(name: name, atMs: 1)])[0] {
      case .opened(let room): return room
      case .refused(.ownedElsewhere): usleep(10_000)
      case let other: throw PostgresServer.Missing(description: "\(other)")
      }
    }
  }

  @Test("a room that one process has can't be opened by another until it is given up")
  func exclusive() throws {
    let (anna, ben) = (try writer("anna"), try writer("ben"))
    let room = try anna.open("shop")
    guard case .refused(.ownedElsewhere)? = try ben.write([.open(name: "shop", atMs: 1)]).first
    else {
      Issue.record("two owners")
      return
    }
    #expect(try anna.open("shop") == room, "its own room again")
    _ = try anna.write([.release(room)])
    #expect(try ben.open("shop") == room)
    // What was given up is not anna's to write to.
    var feed = RoomFeed(room)
    #expect(try anna.write(feed.next()) == .refused(.ownershipLost(room: room)))
  }

  @Test("who can't have a room is told where clients and processes reach its owner")
  func whereOwnerIs() throws {
    let anna = try PostgresWriter(
      address, node: "anna",
      place: NodePlace(publicURL: "https://a.example", nodeURL: "http://10.0.0.1:8080"),
      patience: brief
    ) { _ in }
    let ben = try writer("ben")
    _ = try anna.open("shop")
    guard
      case .refused(.ownedElsewhere(let owner))? = try ben.write([.open(name: "shop", atMs: 1)])
        .first
    else {
      Issue.record("two owners")
      return
    }
    #expect(owner.publicURL == "https://a.example" && owner.nodeURL == "http://10.0.0.1:8080")
    let membership = try anna.membership()
    #expect(owner.node == membership?.node)
  }

  @Test("who lost a room writes nothing more to it, hears of it at once, and keeps its others")
  func fenced() throws {
    let lost = Arrivals<RoomKey>()
    let (anna, ben) = (try writer("anna", lost: lost), try writer("ben"))
    let (room, other) = (try anna.open("shop"), try anna.open("other"))
    var (feed, rest) = (RoomFeed(room), RoomFeed(other))
    _ = try anna.write(feed.next(2))
    #expect(try takeOver("shop", ben) == room)
    var taken = RoomFeed(room, last: 2)
    #expect(try ben.write(taken.next())?.isCommitted == true)
    // Decided on what anna's memory holds, in a group with a room that is still hers.
    let outcomes = try anna.write([
      .entry(rest.next()), .entry(feed.next()), .entry(rest.next()), .entry(feed.next()),
    ])
    #expect(outcomes[0].ofEntry.isCommitted && outcomes[2].ofEntry.isCommitted)
    #expect(outcomes[1] == .refused(.ownershipLost(room: room)))
    #expect(outcomes[3].ofEntry.isCommitted == false)
    #expect(lost.wait(for: 1) == [room])
    let image = try reader.image(of: room, atMs: 1)
    #expect(image.tail.map(\.sequence) == [1, 2, 3])
    #expect(image.replies.count == 2)
    #expect(try reader.image(of: other, atMs: 1).lastSequence == 2)
  }

  @Test("a process that renews keeps its rooms, and one that was too late hears what it lost")
  func renewed() throws {
    let lost = Arrivals<RoomKey>()
    let (anna, ben) = (try writer("anna", lost: lost), try writer("ben"))
    let board = try StoreBoard()
    let room = try anna.open("shop")
    // Three lives long; a moment in which this machine let a lease run out doesn't count.
    let start = SystemClock.now()
    var (askedAt, checks) = (start, 0)
    while SystemClock.now() - start < brief.lease * 3 {
      let now = SystemClock.now()
      if try anna.tend(board, isIdle: true, at: now) == now + brief.lease / 3 { askedAt = now }
      let outcome = try ben.write([.open(name: "shop", atMs: 1)])[0]
      guard SystemClock.now() - askedAt < brief.lease else { return }
      guard case .refused(.ownedElsewhere) = outcome else {
        Issue.record("taken from a process that renews")
        return
      }
      checks += 1
    }
    #expect(checks > 2)
    #expect(try takeOver("shop", ben) == room)
    _ = try anna.tend(board, isIdle: true, at: .distantFuture)
    #expect(lost.wait(for: 1) == [room])
  }

  @Test("who has a room hears of an erasure elsewhere, and what it wrote meanwhile goes too")
  func erasedElsewhere() throws {
    let erased = Arrivals<ErasedPerson>()
    let (anna, ben) = (try writer("anna", erased: erased), try writer("ben"))
    let board = try StoreBoard()
    let room = try anna.open("shop")
    var feed = RoomFeed(room)
    var entry = feed.next()
    entry.people = [
      PersonRow(person: 1, identity: "cem", name: "Cem"),
      PersonRow(person: 2, identity: "dan", name: "Dan"),
    ]
    _ = try anna.write(entry)
    var erasure = Erasure(identity: "cem")
    while try !erasure.step(ben.connection, atMs: 5) {}
    // Anna's memory still knows who 1 was.
    _ = try anna.write(feed.next())
    _ = try anna.write(feed.next(1, actor: 2))
    #expect(try reader.texts([2], in: room)[0].body != nil)
    _ = try anna.tend(board, isIdle: true, at: SystemClock.now() + .seconds(1))
    #expect(erased.wait(for: 1) == [ErasedPerson(room: room, person: 1)])
    _ = try anna.tend(board, isIdle: true, at: SystemClock.now() + .seconds(2))
    #expect(try reader.texts([1, 2, 3], in: room).map { $0.body == nil } == [true, true, false])
    _ = try anna.tend(board, isIdle: true, at: SystemClock.now() + .seconds(3))
    #expect(erased.wait(for: 1).count == 1, "told twice")
  }

  @Test("two processes that spend from one wallet at once spend what is in it, and no coin more")
  func oneWallet() async throws {
    let anna = try writer("anna")
    guard
      case .posted(let purchase)? = try anna.write([
        .transfer(.purchase(of: 60, by: "cem", key: "p"))
      ]).first?.ofTransfer,
      case .posted? = try anna.write([.transfer(.settle(purchase.id, key: "s"))]).first?.ofTransfer
    else {
      Issue.record("no coins")
      return
    }
    let address = address
    let spent = try await withThrowingTaskGroup(of: Int.self) { group in
      for name in ["first", "second"] {
        group.addTask {
          let writer = try PostgresWriter(address, node: name) { _ in }
          let room = try writer.open(name)
          var spent = 0
          for round in 0..<25 {
            let items = (0..<2).map { number in
              WriteItem.transfer(.gift(1, from: "cem", in: room, key: "\(round)-\(number)"))
            }
            for outcome in try writer.write(items).map(\.ofTransfer) {
              switch outcome {
              case .posted: spent += 1
              case .insufficient(let balance): #expect(balance == 0)
              default: Issue.record("\(outcome)")
              }
            }
          }
          return spent
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(spent == 60)
    #expect(try reader.balance(of: "cem") == 0)
    #expect(try reader.ledgerFaults() == [])
    for name in ["first", "second"] {
      let room = try #require(try reader.room(named: name))
      let numbers = try reader.gifts(in: room, after: 0).compactMap(\.number)
      #expect(numbers == (0..<numbers.count).map { Int64($0 + 1) })
    }
  }

  @Test("a gift in a room that another process has moves no coin")
  func giftElsewhere() throws {
    let lost = Arrivals<RoomKey>()
    let (anna, ben) = (try writer("anna", lost: lost), try writer("ben"))
    let room = try anna.open("shop")
    guard
      case .posted(let purchase)? = try anna.write([
        .transfer(.purchase(of: 60, by: "cem", key: "p"))
      ]).first?.ofTransfer,
      case .posted? = try anna.write([.transfer(.settle(purchase.id, key: "s"))]).first?.ofTransfer
    else {
      Issue.record("no coins")
      return
    }
    #expect(try takeOver("shop", ben) == room)
    for key in ["g1", "g2"] {
      let outcome = try anna.write([.transfer(.gift(1, from: "cem", in: room, key: key))]).first
      #expect(outcome?.ofTransfer == .failed)
    }
    #expect(lost.wait(for: 1) == [room])
    #expect(try reader.balance(of: "cem") == 60)
    guard
      case .posted? = try ben.write([.transfer(.gift(1, from: "cem", in: room, key: "g1"))])
        .first?.ofTransfer
    else {
      Issue.record("the owner can't take it")
      return
    }
  }

  @Test("processes killed one after the other hand their rooms on: nothing is lost, nothing twice")
  func takeover() throws {
    let rooms = 8
    // The tables are there before two processes make them.
    _ = try writer("first")
    var last = [Int64](repeating: 0, count: rooms)
    let place = StorePlace.postgres(address, StoreDirectory("unused"))
    let folders = [try TemporaryFolder(), try TemporaryFolder()]
    var random = SeededNumbers(seed: 31)
    let rounds = isLong ? 60 : 8
    var running = try KillTests.start(place, folders[0], after: last, lease: 300)
    for round in 1...rounds {
      var said = Data()
      let count = Int.random(in: 2000...30_000, using: &random)
      while said.count < count {
        let more = running.1.fileHandleForReading.availableData
        guard !more.isEmpty else { break }
        said += more
      }
      // The next one waits for the rooms already.
      let next = try KillTests.start(place, folders[round % 2], after: last, lease: 300)
      Glibc.kill(running.0.processIdentifier, SIGKILL)
      said += running.1.fileHandleForReading.readDataToEndOfFile()
      running.0.waitUntilExit()
      take(said, &last)
      try KillTests.check(try PostgresSession(address, journal: nil), last, "round \(round)")
      running = next
    }
    Glibc.kill(running.0.processIdentifier, SIGKILL)
    running.0.waitUntilExit()
    let gap = try PostgresSession(address, journal: nil).integer(
      "SELECT room FROM events GROUP BY room HAVING count(*) <> max(sequence) LIMIT 1")
    #expect(gap == nil)
    #expect(last.allSatisfy { $0 > 100 })
  }

  /// Takes in whole lines "room command". Whoever takes over repeats what it finds done.
  private func take(_ output: Data, _ last: inout [Int64]) {
    let lines = output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for line in lines.dropLast() {
      let numbers = String(decoding: line, as: UTF8.self).split(separator: " ")
        .compactMap { Int64($0) }
      guard numbers.count == 2 else { continue }
      let room = Int(numbers[0])
      #expect(numbers[1] <= last[room] + 1, "acknowledged out of order")
      last[room] = max(last[room], numbers[1])
    }
  }
}
