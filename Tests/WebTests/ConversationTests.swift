// The order of requests and answers, without sockets.

import HTTP
import Testing
import Web
import Wire

@Suite("Limits without sockets")
struct ConversationTests {
  @Test("connections are counted by IPv4 address and by IPv6 /64, loopback only when wanted")
  func budget() {
    var limits = WebLimits()
    limits.connectionsPerAddressMax = 1
    var budget = ConnectionBudget(limits: limits)
    func admit(_ ip: IPAddress) -> Bool { budget.admit(ip) }
    let first = IPAddress(ipv4: 0x0102_0304)
    let host = IPAddress(high: 0x2001_0DB8_0000_0001, low: 1)
    let sameNetwork = IPAddress(high: 0x2001_0DB8_0000_0001, low: 2)
    let otherNetwork = IPAddress(high: 0x2001_0DB8_0000_0002, low: 1)
    #expect(admit(first) == true)
    #expect(admit(first) == false)
    #expect(admit(host) == true)
    #expect(admit(sameNetwork) == false)
    #expect(admit(otherNetwork) == true)
    for _ in 0..<3 {
      #expect(admit(IPAddress(ipv4: 0x7F00_0001)))
    }
    budget.release(sameNetwork)
    #expect(admit(sameNetwork) == true)
    #expect(budget.total == 6)
  }

  @Test("a trusted proxy speaks for everyone: its connections are counted in all only")
  func proxies() throws {
    var limits = WebLimits()
    limits.connectionsPerAddressMax = 1
    limits.connectionsMax = 5
    let range = try #require(AddressRange("192.0.2.0/24"))
    var budget = ConnectionBudget(limits: limits, proxies: [range])
    func admit(_ ip: IPAddress) -> Bool { budget.admit(ip) }
    let proxy = try #require(IPAddress("192.0.2.9"))
    for _ in 0..<4 { #expect(admit(proxy)) }
    let client = try #require(IPAddress("198.51.100.1"))
    #expect(admit(client))
    #expect(!admit(proxy), "in all there are five")
    budget.release(proxy)
    #expect(!admit(client))
    #expect(admit(proxy))
  }

  @Test("an upgrade waits for the answers before it, and nothing after it is taken as a request")
  func upgradeWaits() {
    var conversation = HTTPConversation(limits: WebLimits())
    func next(queuedBytes: Int) -> HTTPConversation.Step {
      conversation.next(queuedBytes: queuedBytes)
    }
    let text =
      "GET /a HTTP/1.1\r\nHost: t\r\n\r\nGET /ws HTTP/1.1\r\nHost: t\r\nConnection: upgrade\r\n"
      + "Upgrade: websocket\r\n\r\nGET /frames HTTP/1.1\r\n"
    conversation.receive(Array(text.utf8).span)
    guard case .request(let id, _) = conversation.next(queuedBytes: 0) else {
      Issue.record("no request")
      return
    }
    #expect(next(queuedBytes: 0) == .wait)
    #expect(!conversation.takesMore(queuedBytes: 0))
    conversation.respond(id, .text(200, "ok"))
    #expect(next(queuedBytes: 0) == .wait)
    #expect(conversation.needsTurn(queuedBytes: 0))
  }

  @Test("while answers pile up no request is taken, and then it is without new bytes")
  func backPressure() {
    var limits = WebLimits()
    limits.answerBytesHighWater = 100
    var conversation = HTTPConversation(limits: limits)
    func next(queuedBytes: Int) -> HTTPConversation.Step {
      conversation.next(queuedBytes: queuedBytes)
    }
    conversation.receive(Array("GET /a HTTP/1.1\r\nHost: t\r\n\r\n".utf8).span)
    #expect(next(queuedBytes: 101) == .wait)
    #expect(!conversation.needsTurn(queuedBytes: 101))
    #expect(conversation.needsTurn(queuedBytes: 100))
    guard case .request = conversation.next(queuedBytes: 100) else {
      Issue.record("no request")
      return
    }
  }

  @Test("hostile bytes leave a conversation whose answers match its requests")
  func hostileBytes() {
    let seed =
      "GET /a HTTP/1.1\r\nHost: t\r\n\r\nPOST /b HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc"
      + "HEAD /c HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
    let bytes = Array(seed.utf8)
    for count in 0...bytes.count { WebFuzzBody.run(bytes.span.extracting(0..<count)) }
    var random = SeededGenerator(state: 5)
    for _ in 0..<2000 {
      var mutated = bytes
      for _ in 0..<3 {
        mutated[Int.random(in: 0..<mutated.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      WebFuzzBody.run(mutated.span)
    }
  }
}
