// Requests carried to real servers on the loopback: answered, refused, silent, too large.

import ClientTLS
import Foundation
import HTTP
import HookDelivery
import Loop
import Nodes
import Synchronization
import Testing
import Web
import Wire

@testable import Courier

/// A server whose answers are scripted.
private final class Owner: Sendable {
  let server: WebServer

  private final class Box: Sendable {
    let server = Mutex<WebServer?>(nil)
    let requests = Mutex<[HTTPRequest]>([])
  }

  private let box = Box()

  /// - Parameter answer: nil: nothing, ever.
  init(answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse?) throws {
    let box = box
    let config = WebConfig(address: SocketAddress(ip: IPAddress(ipv4: 0x7F00_0001), port: 0))
    server = try WebServer(config) { event in
      guard case .request(let connection, let id, let request, _) = event else { return }
      box.requests.withLock { $0.append(request) }
      guard let response = answer(request) else { return }
      box.server.withLock { _ = $0?.post(.respond(connection, id, response)) }
    }
    box.server.withLock { $0 = server }
  }

  deinit {
    box.server.withLock { $0 = nil }
    server.stop()
  }

  var url: String { "http://\(server.address)" }
  var requests: [HTTPRequest] { box.requests.withLock { $0 } }
}

/// What came back, in the order it came.
private final class Results: Sendable {
  private let list = Mutex<[UInt64: ForwardResult]>([:])
  private let arrivals = DispatchSemaphore(value: 0)

  func add(_ number: UInt64, _ result: ForwardResult) {
    list.withLock { $0[number] = result }
    arrivals.signal()
  }

  func wait(for count: Int) throws -> [UInt64: ForwardResult] {
    for _ in 0..<count {
      try #require(arrivals.wait(timeout: .now() + 60) == .success, "no result")
    }
    return list.withLock { $0 }
  }
}

@Suite("The courier")
struct CourierTests {
  private func courier(_ results: Results) throws -> Courier {
    try Courier(context: try #require(TLSClientContext())) { results.add($0, $1) }
  }

  private func order(
    _ number: UInt64, _ url: String, _ method: HTTPMethod = .post, body: [UInt8] = Array("{}".utf8)
  ) throws -> ForwardOrder {
    ForwardOrder(
      number: number, url: url,
      request: HTTPRequest(
        method, try HTTPTarget("/api/v1/rooms/demo/messages?a=%26"),
        headers: ["Authorization": "Bearer t", "Hawker-Forwarded": "v1"], body: body))
  }

  @Test("requests arrive as they were, by address and by name, and answers come back, HEAD's too")
  func answered() throws {
    let owner = try Owner { request in
      HTTPResponse(201, headers: ["Link": "<x>"], body: request.method == .head ? [] : request.body)
    }
    let results = Results()
    let courier = try courier(results)
    defer { courier.stop() }
    let named = "http://localhost:\(owner.server.address.port)"
    courier.carry(try order(1, owner.url))
    courier.carry(try order(2, named, body: [UInt8](repeating: 65, count: 200_000)))
    courier.carry(try order(3, owner.url, .get, body: []))
    courier.carry(try order(4, owner.url, .head, body: []))
    let found = try results.wait(for: 4)
    for (number, count) in [(UInt64(1), 2), (2, 200_000), (3, 0), (4, 0)] {
      guard case .answered(let answer)? = found[number] else {
        Issue.record("\(number): \(String(describing: found[number]))")
        continue
      }
      #expect(answer.status == 201 && answer.headers["Link"] == "<x>")
      #expect(answer.body.count == count)
    }
    let first = try #require(owner.requests.first { $0.body.count == 2 })
    #expect(first.method == .post && first.target.encoded.hasSuffix("?a=%26"))
    #expect(first.bearer == "t" && first.headers["Hawker-Forwarded"] == "v1")
  }

  @Test("where nobody listens, or nothing can be, nothing was sent")
  func unreached() throws {
    var closed: String
    do { closed = try Owner { _ in nil }.url }
    let results = Results()
    let courier = try courier(results)
    defer { courier.stop() }
    courier.carry(try order(1, closed))
    courier.carry(try order(2, "http://no-such-host.invalid:1"))
    courier.carry(try order(3, "not a URL"))
    // TLS is spoken, but not there.
    let plain = try Owner { _ in HTTPResponse(200) }
    courier.carry(try order(4, "https://localhost:\(plain.server.address.port)"))
    for (number, result) in try results.wait(for: 4) {
      guard case .unreached = result else {
        Issue.record("\(number): \(result)")
        continue
      }
    }
  }

  @Test("who takes a request and hangs up, or answers too much, leaves it unanswered")
  func unanswered() throws {
    let large = try Owner { _ in
      HTTPResponse(200, body: [UInt8](repeating: 0, count: ForwardLimits.answerMax + 1))
    }
    let results = Results()
    let courier = try courier(results)
    defer { courier.stop() }
    courier.carry(try order(1, large.url))
    guard case .unanswered? = try results.wait(for: 1)[1] else {
      Issue.record("a result")
      return
    }
    var silent: Owner? = try Owner { _ in nil }
    courier.carry(try order(2, try #require(silent?.url)))
    while silent?.requests.isEmpty ?? false { usleep(10_000) }
    silent = nil
    guard case .unanswered? = try results.wait(for: 1)[2] else {
      Issue.record("a result")
      return
    }
  }
}
