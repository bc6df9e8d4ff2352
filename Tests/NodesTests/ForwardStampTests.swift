// A request that was passed on is believed word for word, or not at all.

import Crypto
import HTTP
import Testing
import Wire

@testable import Nodes

@Suite("The stamp of a request that was passed on")
struct ForwardStampTests {
  private let key = [UInt8](repeating: 7, count: 32)
  private let stamp = ForwardStamp(
    from: 1, to: 2, atMs: 1_793_247_553_200, client: IPAddress(ipv4: 0xC000_0207))

  private func request(
    _ method: HTTPMethod = .post, _ target: String = "/api/v1/rooms/demo/messages?a=%26&b",
    body: String = #"{"text":"hi"}"#
  ) throws -> HTTPRequest {
    HTTPRequest(
      method, try HTTPTarget(target),
      headers: [
        "Host": "a.example", "Authorization": "Bearer t", "Cookie": "c", "Origin": "https://o",
        "Content-Type": "application/json", "Idempotency-Key": "k", "X-Forwarded-For": "9.9.9.9",
        "Connection": "close",
      ], body: Array(body.utf8))
  }

  private struct NotARequest: Error {}

  /// As the other process reads it.
  private func arrived(_ request: HTTPRequest) throws -> HTTPRequest {
    var bytes: [UInt8] = []
    request.write(into: &bytes, host: "b.example")
    var parser = HTTPRequestParser()
    parser.receive(bytes.span)
    guard case .request(let read) = parser.next() else {
      throw NotARequest()
    }
    return read
  }

  private func verify(
    _ request: HTTPRequest, node: Int64 = 2, key: [UInt8]? = nil, later: Int64 = 0
  ) throws(ForwardStamp.Refusal) -> ForwardStamp? {
    try ForwardStamp.verified(
      request, node: node, key: key ?? self.key, atMs: stamp.atMs + later)
  }

  @Test("what is passed on is believed by the process it is for, and carries the client's address")
  func believed() throws {
    for target in ["/api/v1/rooms/demo/messages?a=%26&b", "/api/v1/rooms/demo/bans?q=%C3%A9+x"] {
      let read = try arrived(stamp.stamped(try request(.post, target), key: key))
      #expect(try verify(read) == stamp)
    }
    let six = ForwardStamp(from: 9, to: 2, atMs: 5, client: try #require(IPAddress("2001:db8::7")))
    let read = try arrived(six.stamped(try request(), key: key))
    #expect(try ForwardStamp.verified(read, node: 2, key: key, atMs: 5) == six)
    #expect(try verify(try request()) == nil, "without a stamp it is nobody's")
  }

  @Test("only the named fields are passed on: no cookie, origin or proxy's word")
  func fields() throws {
    let passed = stamp.stamped(try request(), key: key)
    #expect(
      passed.headers.fields.map(\.name) == [
        "Authorization", "Content-Type", "Idempotency-Key", ForwardStamp.name,
      ])
  }

  @Test("a changed method, path, query, field, body, address or time is not believed")
  func changed() throws {
    let good = stamp.stamped(try request(), key: key)
    let text = try #require(good.headers[ForwardStamp.name])
    var others: [HTTPRequest] = []
    func other(
      _ method: HTTPMethod = .post, _ target: HTTPTarget? = nil, body: [UInt8]? = nil,
      _ change: (inout HTTPHeaders) -> Void = { _ in }
    ) {
      var headers = good.headers
      change(&headers)
      others.append(
        HTTPRequest(method, target ?? good.target, headers: headers, body: body ?? good.body))
    }
    other(.put)
    other(.post, try HTTPTarget("/api/v1/rooms/other/messages?a=%26&b"))
    other(.post, try HTTPTarget("/api/v1/rooms/demo/messages?a=%26"))
    other(body: [])
    for name in ForwardStamp.passedOn { other { $0.set(name, "else") } }
    for name in ["Authorization", "Content-Type", "Idempotency-Key"] { other { $0.remove(name) } }
    for (from, to) in [("192.0.2.7", "192.0.2.8"), ("v1,1,", "v1,3,"), ("553200", "553201")] {
      other { $0.set(ForwardStamp.name, text.replacing(from, with: to)) }
    }
    for request in others {
      #expect(throws: ForwardStamp.Refusal.wrongSignature) { try self.verify(request) }
    }
    #expect(throws: ForwardStamp.Refusal.wrongSignature) {
      try self.verify(good, key: [UInt8](repeating: 8, count: 32))
    }
  }

  @Test("a stamp for another process, or of another time, is not believed")
  func elsewhere() throws {
    let good = stamp.stamped(try request(), key: key)
    #expect(throws: ForwardStamp.Refusal.notForUs) { try self.verify(good, node: 1) }
    for later in [ForwardLimits.stampAgeMs, -ForwardLimits.stampAgeMs] {
      #expect(try verify(good, later: later) == stamp)
      #expect(throws: ForwardStamp.Refusal.tooOldOrNew) {
        try self.verify(good, later: later + later.signum())
      }
    }
  }

  @Test("garbage in its place is refused: every truncation, doubles, other ways of writing it")
  func garbage() throws {
    let good = stamp.stamped(try request(), key: key)
    let text = try #require(good.headers[ForwardStamp.name])
    var wrong = (0..<text.count).map { String(text.prefix($0)) }
    wrong += [
      text + ",", "," + text, text.replacing("v1,", with: "v2,"),
      text.replacing("v1,1,", with: "v1,+1,"), text.replacing("v1,1,", with: "v1,01,"),
      text.replacing("192.0.2.7", with: "::ffff:192.0.2.7"),
      text.replacing("1793247553200", with: "99999999999999999999"),
    ]
    for value in wrong {
      var request = good
      request.headers.set(ForwardStamp.name, value)
      #expect(throws: ForwardStamp.Refusal.self) { try self.verify(request) }
    }
    var twice = good
    twice.headers.append(ForwardStamp.name, text)
    #expect(throws: ForwardStamp.Refusal.malformed) { try self.verify(twice) }
    let far = ForwardStamp(from: 1, to: 2, atMs: .min, client: stamp.client)
    let stamped = far.stamped(try request(), key: key)
    #expect(throws: ForwardStamp.Refusal.tooOldOrNew) { try self.verify(stamped) }
  }

  @Test("of an answer, what is about the connection or the other process's pages stays behind")
  func answer() {
    let answer = HTTPResponse(
      201,
      headers: [
        "Content-Type": "application/json", "Date": "x", "Access-Control-Allow-Origin": "*",
        "Link": "<a>", "Link": "<b>", "Connection": "close", "Set-Cookie": "c",
      ], body: [1])
    let handed = ForwardAnswer.handed(answer)
    #expect(handed.status == 201 && handed.body == [1])
    #expect(handed.headers.fields.map(\.name) == ["Content-Type", "Link", "Link"])
  }
}
