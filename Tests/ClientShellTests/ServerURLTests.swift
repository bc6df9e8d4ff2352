// URLs of servers, and requests to one that answers.

import ClientTLS
import HTTP
import Loop
import SDP
import Testing
import Wire

@testable import ClientShell

@Suite("URLs of servers")
struct ServerURLTests {
  @Test("host, port, path and query are found; the port is 80 where none is named")
  func parts() throws {
    let url = try ServerURL("http://127.0.0.1:8080/whip/demo?stream=main")
    #expect(url.address == SocketAddress(ip: IPAddress(ipv4: 0x7F00_0001), port: 8080))
    #expect(url.authority == "127.0.0.1:8080")
    #expect(url.target.path == "/whip/demo")
    #expect(url.target.parameter("stream") == "main")
    #expect(try ServerURL("http://[::1]/x").address == SocketAddress("[::1]:80"))
    #expect(try ServerURL("http://[::1]:81").address == SocketAddress("[::1]:81"))
    #expect(try ServerURL("http://localhost/").address == SocketAddress("127.0.0.1:80"))
  }

  @Test(
    "what is no http URL is refused",
    arguments: [
      "", "127.0.0.1", "ftp://127.0.0.1/", "http://", "http://:80/", "http://127.0.0.1:x/",
      "http://127.0.0.1:70000/", "http://user@127.0.0.1/", "http://127.0.0.1/ a", "http://1:2:3/",
    ])
  func refusals(_ text: String) {
    #expect(throws: ClientFault.self) { try ServerURL(text) }
  }

  @Test("https is on port 443, and refused by name by a client without TLS")
  func secure() throws {
    let url = try ServerURL("https://localhost/whep/demo")
    #expect(url.isSecure && url.address == SocketAddress("127.0.0.1:443"))
    #expect(url.host == .name("localhost"))
    #expect(try ServerURL("https://[::1]:81/").host == .address(try #require(IPAddress("::1"))))
    #expect(throws: ClientFault.secureURL) {
      try HTTPClient().perform(HTTPRequest(.get, url.target), to: url)
    }
    // Never to the clear, and never to another name on the same address.
    #expect(try url.resolving("/s/1").description == "https://localhost/s/1")
    #expect(try url.resolving("https://localhost/s/1").target.path == "/s/1")
    #expect(throws: ClientFault.self) { try url.resolving("http://localhost:443/s/1") }
    #expect(throws: ClientFault.self) { try url.resolving("https://127.0.0.1/s/1") }
  }

  @Test("a Location is resolved against the endpoint, and never leads to another server")
  func locations() throws {
    let url = try ServerURL("http://127.0.0.1:8080/whip/demo?stream=a")
    #expect(try url.resolving("/whip/demo/7").description == "http://127.0.0.1:8080/whip/demo/7")
    #expect(try url.resolving("demo/7").target.path == "/whip/demo/7")
    #expect(try url.resolving("http://127.0.0.1:8080/s/1").target.path == "/s/1")
    #expect(throws: ClientFault.self) { try url.resolving("http://127.0.0.2:8080/s/1") }
    #expect(throws: ClientFault.self) { try url.resolving("http://127.0.0.1:8081/s/1") }
  }
}

@Suite("Signaling client")
struct SignalingClientTests {
  /// A server that gives one connection a fixed answer, byte by byte as TCP may, and keeps the request.
  private final class OneShot: Sendable {
    let address: SocketAddress
    let thread: Mailbox<[UInt8]>

    init(answering response: String) throws {
      let listener = try TCPListener(
        binding: SocketAddress(ip: IPAddress(ipv4: 0x7F00_0001), port: 0))
      address = listener.address
      let requests = Mailbox<[UInt8]>(capacity: 1, waker: try Waker())
      thread = requests
      _ = try WorkerThread(name: "server", config: (listener, response)) { listener, response in
        guard let loop = try? EventLoop() else { return }
        try? loop.add(listener.descriptor, token: 1, interest: .reading)
        loop.wait(until: SystemClock.now() + .seconds(5))
        guard let accepted = try? listener.accept() else { return }
        let stream = TCPStream(accepted.descriptor, queuedBytesMax: 65_536)
        try? loop.add(stream.descriptor, token: 2, interest: .reading)
        var (request, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
        while !String(decoding: request, as: UTF8.self).contains("m=video") {
          loop.wait(until: SystemClock.now() + .seconds(5))
          var span = buffer.mutableSpan
          guard case .bytes(let count) = stream.read(into: &span) else { continue }
          request += buffer.prefix(count)
        }
        _ = requests.post(request)
        for byte in response.utf8 { _ = stream.write([byte].span) }
      }
    }
  }

  private static func offer() throws -> SessionDescription {
    try SessionDescription.parse(
      Array(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n".utf8
      ))
  }

  @Test("an offer is posted with its token; answer, location and ETag are read")
  func created() throws {
    let body = try SignalingClientTests.offer().text
    let server = try OneShot(
      answering: "HTTP/1.1 201 Created\r\nLocation: /whip/demo/7\r\nETag: \"abc\"\r\n"
        + "Content-Type: application/sdp\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    let url = try ServerURL("http://\(server.address)/whip/demo")
    let session = try SignalingClient().post(
      SignalingClientTests.offer(), to: url, token: "secret")
    #expect(session.answer.text == body)
    #expect(session.location?.target.path == "/whip/demo/7")
    #expect(session.entityTag == "\"abc\"")
    var requests: [[UInt8]] = []
    server.thread.drain(into: &requests)
    let request = String(decoding: try #require(requests.first), as: UTF8.self)
    #expect(request.hasPrefix("POST /whip/demo HTTP/1.1\r\n"))
    #expect(request.contains("Authorization: Bearer secret\r\n"))
    #expect(request.contains("Content-Type: application/sdp\r\n"))
  }

  @Test("a refusal carries the server's status and reason")
  func refused() throws {
    let server = try OneShot(
      answering: "HTTP/1.1 403 Forbidden\r\nContent-Length: 12\r\n\r\nwrong room\r\n")
    let url = try ServerURL("http://\(server.address)/whip/demo")
    #expect(throws: ClientFault.refused(status: 403, reason: "wrong room")) {
      try SignalingClient().post(SignalingClientTests.offer(), to: url, token: nil)
    }
  }

  @Test("nobody listening is a fault, not a wait")
  func nobody() throws {
    let listener = try TCPListener(
      binding: SocketAddress(ip: IPAddress(ipv4: 0x7F00_0001), port: 0))
    let address = listener.address
    _ = consume listener
    let url = try ServerURL("http://\(address)/whip/demo")
    #expect(throws: ClientFault.self) {
      try SignalingClient().post(SignalingClientTests.offer(), to: url, token: nil)
    }
  }
}
