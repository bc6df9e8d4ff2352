// The handshake threads: what a full mailbox may lose, and what a turn costs.

import Crypto
import DTLS
import Loop
import MediaControl
import Testing
import Wire

@testable import MediaWorker

@Suite("Handshakes")
struct HandshakeTests {
  private static func identity() throws -> DTLSIdentity {
    try DTLSIdentity(now: WallTime(nanoseconds: 1_800_000_000_000_000_000))
  }

  @Test("a full mailbox loses datagrams, but neither an open nor a close")
  func fullMailbox() throws {
    let mailbox = Mailbox<Int>(capacity: 4, waker: try Waker())
    for number in 0..<4 { #expect(mailbox.post(number)) }
    let datagram = HandshakeOrder.datagram(PeerID(1), [])
    #expect(!mailbox.post(5, reserve: HandshakePool.reserve(for: datagram)))
    #expect(mailbox.post(6, reserve: HandshakePool.reserve(for: .open(PeerID(1), .server, []))))
    #expect(mailbox.post(7, reserve: HandshakePool.reserve(for: .close(PeerID(1)))))
    var all: [Int] = []
    mailbox.drain(into: &all)
    #expect(all == [0, 1, 2, 3, 6, 7])
  }

  @Test("an endpoint lives from its open to its close")
  func lifetime() throws {
    let table = HandshakeTable(identity: try HandshakeTests.identity())
    let now = Instant.zero + .seconds(1)
    for number in UInt32(1)...3 {
      table.execute(.open(PeerID(number), .server, []), from: WorkerIndex(0), at: now) { _, _ in }
    }
    table.execute(.open(PeerID(3), .server, []), from: WorkerIndex(0), at: now) { _, _ in }
    #expect(table.count == 3)
    for number in UInt32(1)...4 {
      table.execute(.close(PeerID(number)), from: WorkerIndex(0), at: now) { _, _ in }
    }
    #expect(table.count == 0)
    #expect(table.nextDeadline == .distantFuture || table.nextDeadline > now)
  }

  @Test("a client's flight is repeated when its time comes, and goes to the worker that opened it")
  func repeatedFlight() throws {
    let table = HandshakeTable(identity: try HandshakeTests.identity())
    var now = Instant.zero + .seconds(1)
    var sent = 0
    table.execute(.open(PeerID(1), .client, []), from: WorkerIndex(3), at: now) { worker, _ in
      #expect(worker == WorkerIndex(3))
      sent += 1
    }
    #expect(sent > 0)
    let first = sent
    #expect(table.nextDeadline < .distantFuture)
    for _ in 0..<30 {
      now = now + .milliseconds(100)
      table.advance(at: now) { worker, news in
        #expect(worker == WorkerIndex(3))
        if case .send = news { sent += 1 }
      }
    }
    #expect(sent > first)
  }

  @Test("endpoints that wait for the other side wake nobody before their patience ends")
  func idle() throws {
    let table = HandshakeTable(identity: try HandshakeTests.identity())
    let now = Instant.zero + .seconds(1)
    for number in UInt32(1)...100 {
      table.execute(.open(PeerID(number), .server, []), from: WorkerIndex(0), at: now) { _, _ in }
    }
    #expect(table.nextDeadline >= now + .seconds(5))
    var failed = 0
    table.advance(at: now + .seconds(60)) { _, news in if case .failed = news { failed += 1 } }
    #expect(failed == 100)
    #expect(table.count == 0)
  }
}
