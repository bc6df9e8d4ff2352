// Hints: what is sent, what is believed of what comes, and how often it is acted on.

import Hooks
import Testing
import Wire

@testable import Nodes

@Suite("Hints between processes")
struct BusHintTests {
  private let hints: [BusHint] =
    BusHint.all + [.room("anna b"), .room("é"), .wallet(1), .wallet(.max)]

  @Test("each is read as it was written; anything else is nobody's")
  func messages() throws {
    for hint in hints {
      let message = BusMessage(sender: .max, hint: hint)
      #expect(BusMessage(try #require(message.bytes)) == message)
    }
    for text in [
      "", "1", "1 ff", "1 ff ", "1 ff none", "2 ff rooms", "1 xyz rooms", "1 ff rooms x",
      "1 ff room", "1 ff room ", "1 fffffffffffffffff rooms", " 1 ff rooms", "1 ff Rooms",
      "1 ff wallet", "1 ff wallet ", "1 ff wallet 0", "1 ff wallet -1", "1 ff wallet +1",
      "1 ff wallet 01", "1 ff wallet 9223372036854775808", "1 ff wallet anna", "1 ff wallet 1 2",
    ] { #expect(BusMessage(Array(text.utf8)) == nil, "\(text)") }
    #expect(BusMessage([0x31, 0x20, 0x66, 0x20, 0xFF]) == nil)
    let long = String(repeating: "x", count: BusMessage.bytesMax)
    #expect(BusMessage(sender: 1, hint: .room(long)).bytes == nil)
    #expect(BusMessage(Array("1 1 room \(long)".utf8)) == nil)
  }

  @Test("a hint waits once however often it comes, and is acted on at most ten times a second")
  func gathering() {
    var gathering = BusGathering()
    var now = Instant.zero + .seconds(5)
    #expect(gathering.nextTake == nil && gathering.take(at: now).isEmpty)
    for _ in 0..<1000 { gathering.add(.rooms) }
    gathering.add(.hooks)
    #expect(gathering.take(at: now) == [.rooms, .hooks])
    gathering.add(.rooms)
    #expect(gathering.take(at: now).isEmpty && gathering.nextTake == now + BusGathering.pause)
    now = now + BusGathering.pause
    #expect(gathering.take(at: now) == [.rooms])
    #expect(gathering.discarded == 0)
  }

  @Test("a rush of gifts leaves room for what is more urgent")
  func wallets() {
    var gathering = BusGathering()
    for account in 1...Int64(BusGathering.waitingMax) { gathering.add(.wallet(account)) }
    #expect(gathering.discarded == UInt64(BusGathering.waitingMax - BusGathering.walletsMax))
    gathering.add(.revocations)
    #expect(gathering.popFirst() == .wallet(1))
    gathering.add(.wallet(9_999))
    let taken = gathering.take(at: .zero)
    #expect(taken.count == BusGathering.walletsMax + 1)
    #expect(taken.contains(.revocations) && taken.last == .wallet(9_999))
    for account in 1...Int64(BusGathering.walletsMax) { gathering.add(.wallet(account)) }
    #expect(gathering.take(at: .zero + .seconds(1)).count == BusGathering.walletsMax)
  }

  @Test("what waits has a bound")
  func bound() {
    var gathering = BusGathering()
    for number in 0..<BusGathering.waitingMax + 7 { gathering.add(.room("\(number)")) }
    #expect(gathering.discarded == 7)
    #expect(gathering.popFirst() == .room("0"))
    gathering.add(.room("0"))
    #expect(gathering.discarded == 7)
    #expect(gathering.take(at: .zero + .seconds(1)).count == BusGathering.waitingMax)
  }
}

@Suite("The URL of Redis")
struct RedisAddressTests {
  @Test("host, port, TLS, user and password are read; the password is never printed")
  func urls() throws {
    let plain = try #require(RedisAddress("redis://127.0.0.1"))
    #expect(plain.server.port == 6379 && !plain.server.isSecure && plain.password == nil)
    let full = try #require(RedisAddress("rediss://anna:p%3Aw%40@cache.example:7000/0"))
    #expect(full.server.port == 7000 && full.server.isSecure)
    #expect(full.server.host == .name("cache.example"))
    #expect(full.user == "anna" && full.password == "p:w@")
    let six = try #require(RedisAddress("redis://:secret@[::1]"))
    #expect(six.server.port == 6379 && six.user == nil && six.password == "secret")
    #expect(RedisAddress("redis://[::1]:7")?.server.port == 7)
    for text in ["\(full)", String(reflecting: full), "\(Optional(full) as Any)"] {
      #expect(!text.contains("p:w@") && !text.contains("p%3A") && text.contains("cache.example"))
    }
    var dumped = ""
    dump(full, to: &dumped)
    #expect(!dumped.contains("p:w@"))
  }

  @Test("anything else is refused")
  func refused() {
    for text in [
      "", "redis://", "redis:127.0.0.1", "http://h", "redis://h:0", "redis://h:99999",
      "redis://h/x", "redis://h/0/1", "redis://anna@h", "redis://anna:@h", "redis://:%zz@h",
      "redis://:%4@h", "redis://h:1:2", "redis://h h", "redis://h#f", "redis://:%FF@h",
    ] { #expect(RedisAddress(text) == nil, "\(text)") }
  }
}
