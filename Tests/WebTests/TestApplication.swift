// An application for the tests: keeps what it is told, and lets the test wait for it.

import Glibc
import HTTP
import Loop
import Synchronization
import Web
import Wire

let loopback = IPAddress(ipv4: 0x7F00_0001)

/// A server on a free port of the loopback whose events the test takes one by one.
final class TestApplication: Sendable {
  /// The ids of a request and what was asked.
  struct Asked: Sendable {
    let connection: UInt64
    let id: UInt64
    let request: HTTPRequest
  }

  private let inbox: Inbox
  let server: WebServer

  init(_ configure: (inout WebConfig) -> Void = { _ in }) throws {
    var config = WebConfig(address: SocketAddress(ip: loopback, port: 0))
    configure(&config)
    let inbox = Inbox()
    self.inbox = inbox
    server = try WebServer(config) { inbox.put($0) }
  }

  deinit { server.stop() }

  func connect(receiveBuffer: Int32? = nil) throws -> TestClient {
    try TestClient(server.address, receiveBuffer: receiveBuffer)
  }

  /// The next event; waits for it.
  func event() throws -> WebEvent {
    guard let event = inbox.take() else { throw ClientFailure.timeout }
    return event
  }

  /// The next event, which must be a request.
  func asked() throws -> Asked {
    guard case .request(let connection, let id, let request, _) = try event() else {
      throw ClientFailure.malformed
    }
    return Asked(connection: connection, id: id, request: request)
  }

  /// The id of the WebSocket opened next.
  func opened() throws -> UInt64 {
    guard case .opened(let connection, _) = try event() else { throw ClientFailure.malformed }
    return connection
  }

  func answer(_ asked: Asked, _ response: HTTPResponse) {
    server.post(.respond(asked.connection, asked.id, response))
  }

  /// Waits until the counters say so.
  func waitUntil(_ condition: (WebCounters) -> Bool) -> Bool {
    let deadline = SystemClock.now() + .seconds(20 as Int64)
    while SystemClock.now() < deadline {
      if condition(server.counters) { return true }
      usleep(1000)
    }
    return false
  }
}

/// Events from the server's thread to the test's.
private final class Inbox: Sendable {
  private let events = Mutex<[WebEvent]>([])

  func put(_ event: WebEvent) { events.withLock { $0.append(event) } }

  func take() -> WebEvent? {
    let deadline = SystemClock.now() + .seconds(20 as Int64)
    while SystemClock.now() < deadline {
      if let event = events.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return event }
      usleep(500)
    }
    return nil
  }
}

extension HTTPResponse {
  var text: String { String(decoding: body, as: UTF8.self) }
}
