// Webhooks over real sockets: what arrives, what does not, and who waits for whom.

import HTTP
import HookDelivery
import Hooks
import JSON
import Loop
import RoomLog
import Testing
import Web
import Wire

@Suite("Delivery of webhooks on the loopback", .timeLimit(.minutes(2)))
struct DeliveryTests {
  private func url(_ address: SocketAddress, scheme: String = "http") -> String {
    "\(scheme)://\(address)/hooks?x=1"
  }

  @Test("messages arrive signed, each once, and count as delivered")
  func delivered() throws {
    let receiver = try Receiver { _ in HTTPResponse(204) }
    let sending = try Sending([url(receiver.address)], allowing: [receiver.address])
    sending.make(40, for: [1])
    #expect(sending.wait { $0.rows.allSatisfy { $0.state == .delivered } })
    let messages = receiver.messages
    #expect(Set(messages.map(\.headers.id)).count == 40)
    #expect(messages.count == 40)
    for message in messages {
      try HookSignature.verify(
        message.headers, body: message.body, keys: [sending.key],
        seconds: SystemClock.wallTime().milliseconds / 1000)
      #expect(message.target == "/hooks")
    }
    #expect(sending.dispatcher.counters.delivered == 40)
  }

  @Test("one that never answers, one that refuses and one that redirects delay no other")
  func isolation() throws {
    let canary = try Canary()
    let port = canary.port
    let good = try Receiver { _ in HTTPResponse(200) }
    let silent = try Receiver { _ in nil }
    let redirect = try Receiver { _ in
      HTTPResponse(302, headers: ["Location": "http://127.0.0.1:\(port)/"])
    }
    let closed = SocketAddress(ip: loopback, port: try Canary().port)
    let addresses = [good.address, silent.address, redirect.address, closed]
    let sending = try Sending(addresses.map { url($0) }, allowing: Set(addresses))
    sending.make(200, for: [2, 3, 4])
    #expect(sending.wait { $0.rows.count { $0.endpoint == 3 && $0.attempts == 1 } >= 8 })
    let start = SystemClock.now()
    sending.make(50, for: [1])
    #expect(
      sending.wait { $0.rows.count { $0.endpoint == 1 && $0.state == .delivered } == 50 })
    #expect(SystemClock.now() - start < .seconds(10 as Int64))
    #expect(silent.messages.count <= HookLimits.underWayPerEndpoint)
    #expect(try !canary.wasContacted(), "redirects are not followed")
    let failed = sending.now.rows.first { $0.endpoint == 3 && $0.attempts == 1 }
    #expect(failed?.lastError == "answered 302: redirects are not followed")
    #expect(sending.wait { $0.rows.contains { $0.endpoint == 4 && $0.attempts == 1 } })
  }

  @Test("410 is told, and nothing more is sent")
  func gone() throws {
    let receiver = try Receiver { _ in HTTPResponse(410) }
    let sending = try Sending([url(receiver.address)], allowing: [receiver.address])
    sending.make(30, for: [1])
    #expect(sending.wait { !$0.disabled.isEmpty })
    let count = receiver.messages.count
    #expect(count <= 2 * HookLimits.underWayPerEndpoint)
  }

  @Test("a Retry-After is kept to")
  func retryAfter() throws {
    let receiver = try Receiver { _ in HTTPResponse(429, headers: ["Retry-After": "3600"]) }
    let sending = try Sending([url(receiver.address)], allowing: [receiver.address])
    sending.make(1, for: [1])
    #expect(sending.wait { $0.rows[0].attempts == 1 })
    let wait = sending.now.rows[0].dueMs - SystemClock.wallTime().milliseconds
    #expect((3_590_000...3_600_000).contains(wait))
  }

  @Test("TLS: the certificate must be for the name or address, and of an authority that is trusted")
  func tls() throws {
    let certificate = try TestCertificate()
    let receiver = try Receiver(tls: certificate.files) { _ in HTTPResponse(200) }
    let wrong = try TestCertificate(names: "DNS:other.example")
    let stranger = try Receiver(tls: wrong.files) { _ in HTTPResponse(200) }
    let port = receiver.address.port
    let sending = try Sending(
      [
        url(receiver.address, scheme: "https"), "https://shop.localhost:\(port)/",
        "https://localhost:\(port)/", url(stranger.address, scheme: "https"),
      ], allowing: [receiver.address, stranger.address],
      authorities: certificate.files.certificate)
    sending.make(1, for: [1, 2, 3, 4])
    #expect(sending.wait { $0.rows.allSatisfy { $0.attempts == 1 } })
    let rows = sending.now.rows
    #expect(rows[0].state == .delivered, "\(rows[0].lastError ?? "")")
    #expect(rows[1].state == .delivered, "\(rows[1].lastError ?? "")")
    #expect(rows[2].lastError?.contains("mismatch") == true, "\(rows[2].lastError ?? "")")
    #expect(rows[3].lastError?.hasPrefix("TLS") == true, "\(rows[3].lastError ?? "")")
    #expect(stranger.messages.isEmpty)
    let untrusting = try Sending(
      [url(receiver.address, scheme: "https")], allowing: [receiver.address])
    untrusting.make(1, for: [1])
    #expect(untrusting.wait { $0.rows[0].attempts == 1 })
    #expect(untrusting.now.rows[0].lastError?.hasPrefix("TLS") == true)
  }

  @Test("sixty hostile URLs reach no canary")
  func hostile() throws {
    let canaries = [try Canary(), try Canary(IPAddress(high: 0, low: 1))]
    // One address is allowed: that opens no other port and no other address.
    let allowed = SocketAddress(ip: loopback, port: 1)
    for canary in canaries {
      let urls = (HostileURLs.unreadable + HostileURLs.readable).map {
        $0.replacing(":9/", with: ":\(canary.port)/").replacing(":9#", with: ":\(canary.port)#")
          .replacing(":9\\", with: ":\(canary.port)\\")
      }
      #expect(urls.count >= 60)
      let sending = try Sending(urls, allowing: [allowed])
      sending.make(1, for: (1...Int64(urls.count)).map { $0 })
      let isDone = sending.wait(seconds: 60) { $0.rows.allSatisfy { $0.attempts >= 1 } }
      #expect(
        isDone, "\(sending.now.rows.filter { $0.attempts == 0 }.map { urls[Int($0.endpoint) - 1] })"
      )
      #expect(sending.now.rows.allSatisfy { $0.state == .waiting && $0.lastStatus == nil })
      #expect(try !canary.wasContacted())
    }
  }

  @Test("plain HTTP goes only where the very address is allowed")
  func plain() throws {
    let receiver = try Receiver { _ in HTTPResponse(200) }
    let sending = try Sending(
      [url(receiver.address), "http://localhost:\(receiver.address.port)/"], allowing: [])
    sending.make(1, for: [1, 2])
    #expect(sending.wait { $0.rows.allSatisfy { $0.attempts == 1 } })
    #expect(receiver.messages.isEmpty)
  }

  @Test("a question is answered, or failed at its deadline; what it sends is signed like all else")
  func questions() throws {
    let receiver = try Receiver { message in
      switch String(decoding: message.body, as: UTF8.self) {
      case "good":
        HTTPResponse(200, mediaType: "application/json", body: Array(#"{"verdict":"deny"}"#.utf8))
      case "bad": HTTPResponse(500)
      case "junk": HTTPResponse(200, mediaType: "text/html", body: Array("<p>".utf8))
      default: nil
      }
    }
    let sending = try Sending([url(receiver.address)], allowing: [receiver.address])
    for (number, body) in ["good", "bad", "junk", "silent"].enumerated() {
      sending.dispatcher.call(
        SyncCall(
          number: UInt64(number), kind: .reviewChat, endpoint: 1, id: "hwk_q\(number)",
          body: Array(body.utf8), deadlineMs: 500))
    }
    sending.dispatcher.call(
      SyncCall(number: 9, kind: .reviewChat, endpoint: 99, id: "x", body: [], deadlineMs: 500))
    let start = SystemClock.now()
    #expect(sending.wait { $0.answers.count == 5 })
    #expect(SystemClock.now() - start < .seconds(5 as Int64))
    let answers = sending.now.answers
    #expect(answers[0] == .answered(["verdict": "deny"]))
    #expect(answers[1] == .failed("answered 500"))
    #expect(answers[2] == .failed("the answer is no JSON object"))
    #expect(answers[3] == .failed("no answer within the time"))
    #expect(answers[9] == .failed("the endpoint's URL can't be used"))
    for message in receiver.messages {
      try HookSignature.verify(
        message.headers, body: message.body, keys: [sending.key],
        seconds: SystemClock.wallTime().milliseconds / 1000)
    }
  }
}
