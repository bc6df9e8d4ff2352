// Processes that tell each other by a real Redis, which is killed, flushed, silent, and shouted into.

import ClientTLS
import Foundation
import HookDelivery
import Loop
import Nodes
import Synchronization
import Testing
import Wire

@testable import Bus

/// One process's end of the bus.
private final class Member {
  private final class Box: Sendable {
    let hints = Mutex<[BusHint]>([])
    let changes = Mutex<[BusChange]>([])
  }

  private let box = Box()
  let bus: Bus

  /// - Parameter authorities: a file with whom to believe instead of the machine's authorities.
  init(_ url: String, channel: String = "hawker:test", authorities: String? = nil) throws {
    let box = box
    bus = try Bus(
      try #require(RedisAddress(url)), channel: channel,
      context: try #require(TLSClientContext(authorities: authorities)),
      heard: { hints in box.hints.withLock { $0 += hints } },
      changed: { change in box.changes.withLock { $0.append(change) } })
  }

  deinit { bus.stop() }

  var hints: [BusHint] { box.hints.withLock { $0 } }
  var changes: [BusChange] { box.changes.withLock { $0 } }

  func forget() { box.hints.withLock { $0 = [] } }

  /// Waits until something is so; a minute is for a machine that is busy.
  func wait(_ isSo: (Member) -> Bool) throws {
    for _ in 0..<6000 {
      if isSo(self) { return }
      usleep(10_000)
    }
    throw Late(hints: hints, changes: changes, counters: bus.counters)
  }

  struct Late: Error {
    let hints: [BusHint]
    let changes: [BusChange]
    let counters: BusCounters
  }

  /// Waits until it is connected and has heard what each new connection is told.
  func settle() throws {
    try wait { $0.bus.counters.isConnected && $0.hints.count >= BusHint.all.count }
    forget()
  }
}

@Suite("The bus", .serialized)
struct BusTests {
  @Test("what one process tells another hears, and nobody hears themselves or another installation")
  func hints() throws {
    let redis = try RedisServer()
    let url = "redis://127.0.0.1:\(redis.port)"
    let (anna, ben) = (try Member(url), try Member("redis://localhost:\(redis.port)/0"))
    let other = try Member(url, channel: "hawker:other")
    for member in [anna, ben, other] { try member.settle() }
    anna.bus.tell(.room("é ü"))
    anna.bus.tell(.rooms)
    try ben.wait { $0.hints.count == 2 }
    #expect(ben.hints == [.room("é ü"), .rooms])
    ben.bus.tell(.hooks)
    try anna.wait { !$0.hints.isEmpty }
    #expect(anna.hints == [.hooks] && other.hints.isEmpty)
    #expect(anna.bus.counters.sent == 2 && ben.bus.counters.received == 2)
    #expect(anna.changes == [.connected])
  }

  @Test("a Redis that dies and comes back is found again, told once each, and all is looked at")
  func restart() throws {
    var redis: RedisServer? = try RedisServer()
    let port = try #require(redis?.port)
    let (anna, ben) = (
      try Member("redis://127.0.0.1:\(port)"), try Member("redis://127.0.0.1:\(port)")
    )
    for member in [anna, ben] { try member.settle() }
    redis?.kill()
    redis = nil
    for member in [anna, ben] { try member.wait { $0.changes.count == 2 } }
    // Nobody waits for it, and what is told meanwhile is told later, once.
    for _ in 0..<10_000 { anna.bus.tell(.erasures) }
    let failures = anna.bus.counters.failures
    try anna.wait { $0.bus.counters.failures >= failures + 2 }
    redis = try RedisServer(port: port)
    try ben.wait { $0.hints.filter { $0 == .erasures }.count >= 1 && $0.bus.counters.isConnected }
    for member in [anna, ben] {
      try member.wait { $0.bus.counters.isConnected && Set($0.hints).isSuperset(of: BusHint.all) }
      #expect(member.changes.count == 3 && member.changes.last == .connected)
    }
    try anna.wait { $0.bus.counters.sent > 0 }
    #expect(anna.bus.counters.sent == 1)
    try redis?.command("FLUSHALL")
    try redis?.command("SCRIPT", "FLUSH")
    ben.forget()
    anna.bus.tell(.revocations)
    try ben.wait { $0.hints.contains(.revocations) }
  }

  @Test("a password is asked for and given; a wrong one is said once, without it")
  func password() throws {
    let redis = try RedisServer("--requirepass sesame")
    let right = try Member("redis://:sesame@127.0.0.1:\(redis.port)")
    let named = try Member("redis://default:sesame@127.0.0.1:\(redis.port)")
    let wrong = try Member("redis://:sesamo@127.0.0.1:\(redis.port)")
    let none = try Member("redis://127.0.0.1:\(redis.port)")
    for member in [right, named] { try member.settle() }
    for member in [wrong, none] {
      try member.wait { !$0.changes.isEmpty }
      // Each of its connections has been refused again since.
      try member.wait { $0.bus.counters.failures >= 4 }
      guard case .disconnected(let why)? = member.changes.first, member.changes.count == 1 else {
        Issue.record("\(member.changes)")
        continue
      }
      #expect(why.hasPrefix("Redis answers ") && !why.contains("sesam"))
    }
  }

  @Test("over TLS, by name or address; a certificate nobody vouches for is told nothing")
  func encrypted() throws {
    let tls = try RedisCertificate()
    let redis = try RedisServer("--requirepass sesame", tls: tls)
    let url = "rediss://:sesame@127.0.0.1:\(redis.port)"
    let anna = try Member(url, authorities: tls.certificate)
    let ben = try Member(
      "rediss://:sesame@localhost:\(redis.port)", authorities: tls.certificate)
    for member in [anna, ben] { try member.settle() }
    anna.bus.tell(.hooks)
    try ben.wait { $0.hints == [.hooks] }
    // The machine's authorities don't know it; and plain words are not understood.
    let stranger = try Member(url)
    let plain = try Member("redis://:sesame@127.0.0.1:\(redis.port)")
    for member in [stranger, plain] {
      try member.wait { $0.bus.counters.failures >= 4 }
      #expect(!member.bus.counters.isConnected && member.bus.counters.connections == 0)
    }
  }

  @Test("a channel that is shouted into costs a bounded number of looks, and still works after")
  func flood() throws {
    let redis = try RedisServer()
    let url = "redis://127.0.0.1:\(redis.port)"
    let (anna, ben) = (try Member(url), try Member(url))
    for member in [anna, ben] { try member.settle() }
    let begin = SystemClock.now()
    let shout = (0..<60_000).map { number in
      switch number % 3 {
      case 0: "PUBLISH hawker:test garbage-\(number)"
      case 1: "PUBLISH hawker:test \"1 ff room w\(number)\""
      default: "PUBLISH hawker:test \"1 ff rooms\""
      }
    }
    try redis.command(input: shout.joined(separator: "\n") + "\n")
    anna.bus.tell(.hooks)
    try ben.wait { $0.hints.contains(.hooks) }
    let seconds = Int((SystemClock.now() - begin).nanoseconds / 1_000_000_000) + 1
    let counters = ben.bus.counters
    #expect(counters.isConnected && counters.garbage > 0 && counters.discarded > 0)
    let looked = Int(counters.received + counters.garbage)
    #expect(looked <= (seconds + 1) * BusLimits.messagesPerSecond)
  }

  @Test("whoever is no Redis, or says nothing, is left alone for a while, and telling never waits")
  func lies() throws {
    let port = try RedisServer.freePort()
    // Takes connections and never says a word; then talks nonsense.
    let silent = Process()
    silent.executableURL = URL(filePath: "/usr/bin/python3")
    silent.arguments = [
      "-c",
      """
      import socket, sys
      s = socket.create_server(('127.0.0.1', \(port)))
      print('up', flush=True)
      held = []
      while True:
        c = s.accept()[0]
        c.sendall(b'*2000000000\\r\\n' if len(held) % 2 else b'HTTP/1.1 400 No\\r\\n\\r\\n')
        held.append(c)
      """,
    ]
    let output = Pipe()
    silent.standardOutput = output
    try silent.run()
    defer {
      kill(silent.processIdentifier, SIGKILL)
      silent.waitUntilExit()
    }
    _ = output.fileHandleForReading.availableData
    let anna = try Member("redis://127.0.0.1:\(port)")
    try anna.wait { !$0.changes.isEmpty }
    let begin = SystemClock.now()
    for number in 0..<100_000 { anna.bus.tell(.room("\(number)")) }
    #expect(SystemClock.now() - begin < .seconds(10))
    try anna.wait { $0.bus.counters.discarded > 0 }
    #expect(!anna.bus.counters.isConnected && anna.changes.count == 1 && anna.hints.isEmpty)
  }
}
