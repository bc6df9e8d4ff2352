// A blocking client for the tests: plain TCP or TLS, HTTP responses and WebSocket frames.

import COpenSSL
import Crypto
import Glibc
import HTTP
import Wire

/// What a client of the tests cannot go on from.
enum ClientFailure: Error {
  case connect, closed, timeout, handshake, malformed
}

/// One connection of a client. Reads wait at most 20 s, which a working test never does.
@safe
final class TestClient {
  private let descriptor: Int32
  private var ssl: OpaquePointer?
  private var context: OpaquePointer?
  private var responses = HTTPResponseParser(limits: TestClient.limits)
  private var webSocket: WebSocketConnection?
  private var webSocketOutput = WebSocketConnection.Output()

  private static var limits: HTTPLimits {
    var limits = HTTPLimits()
    limits.bodyBytesMax = 16 << 20
    return limits
  }

  /// Connects. `receiveBuffer` shrinks the kernel's buffer, for clients that read slowly.
  init(_ address: SocketAddress, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let length = socklen_t(MemoryLayout<Int32>.size)
    if var size = receiveBuffer {
      unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, length)
    }
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    let patienceLength = socklen_t(MemoryLayout<timeval>.size)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, patienceLength)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, patienceLength)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = address.port.bigEndian
    name.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.ip.low).bigEndian
    let status = unsafe withUnsafePointer(to: &name) { name in
      unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw ClientFailure.connect }
  }

  deinit {
    unsafe SSL_free(ssl)
    unsafe SSL_CTX_free(context)
    Glibc.close(descriptor)
  }

  /// Speaks TLS from here on; returns the protocol chosen by ALPN.
  func startTLS(offering protocols: [String] = ["h2", "http/1.1"]) throws -> String {
    unsafe context = SSL_CTX_new(TLS_client_method())
    unsafe ssl = SSL_new(context)
    let list = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    guard unsafe SSL_set_fd(ssl, descriptor) == 1,
      unsafe SSL_set_alpn_protos(ssl, list, UInt32(list.count)) == 0,
      unsafe SSL_connect(ssl) == 1
    else { throw ClientFailure.handshake }
    var chosen: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    unsafe SSL_get0_alpn_selected(ssl, &chosen, &count)
    return unsafe String(
      decoding: UnsafeBufferPointer(start: chosen, count: Int(count)), as: UTF8.self)
  }

  /// The serial number of the server's certificate.
  var serverSerial: UInt64 {
    guard let certificate = unsafe SSL_get1_peer_certificate(ssl) else { return 0 }
    defer { unsafe X509_free(certificate) }
    var serial: UInt64 = 0
    unsafe ASN1_INTEGER_get_uint64(&serial, X509_get_serialNumber(certificate))
    return serial
  }

  func write(_ text: String) throws { try write(Array(text.utf8)) }

  func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = unsafe rest.withUnsafeBytes { buffer in
        unsafe ssl == nil
          ? Glibc.send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
          : Int(SSL_write(ssl, buffer.baseAddress, Int32(buffer.count)))
      }
      guard sent > 0 else { throw ClientFailure.closed }
      rest = rest.dropFirst(sent)
    }
  }

  /// Writes until the server takes nothing more for so long; returns how many bytes it took.
  func writeWhileTaken(_ bytes: [UInt8], patienceMs: Int32) -> Int {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = unsafe rest.withUnsafeBytes { buffer in
        unsafe Glibc.send(
          descriptor, buffer.baseAddress, buffer.count,
          Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if sent > 0 {
        rest = rest.dropFirst(sent)
      } else {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard errno == EAGAIN, unsafe poll(&wait, 1, patienceMs) == 1 else { break }
      }
    }
    return bytes.count - rest.count
  }

  /// Says that nothing more will be written.
  func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Bytes as they come; empty at the end of the stream.
  func read() throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    let count = unsafe buffer.withUnsafeMutableBytes { buffer in
      unsafe ssl == nil
        ? recv(descriptor, buffer.baseAddress, buffer.count, 0)
        : Int(SSL_read(ssl, buffer.baseAddress, Int32(buffer.count)))
    }
    if count < 0 && errno == EAGAIN { throw ClientFailure.timeout }
    return Array(buffer.prefix(max(0, count)))
  }

  /// Everything until the connection ends, orderly or not.
  func readToEnd() throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let bytes = try read()
      if bytes.isEmpty { return all }
      all += bytes
    }
  }

  /// The next response.
  func response(to method: HTTPMethod = .get) throws -> HTTPResponse {
    responses.answering = method
    while true {
      switch responses.next() {
      case .response(let response): return response
      case .refused: throw ClientFailure.malformed
      case .needsMore: break
      }
      let bytes = try read()
      guard !bytes.isEmpty else { throw ClientFailure.closed }
      responses.receive(bytes.span)
    }
  }

  func get(_ target: String, headers: String = "") throws -> HTTPResponse {
    try write("GET \(target) HTTP/1.1\r\nHost: test\r\n\(headers)\r\n")
    return try response()
  }

  /// Opens a WebSocket; the server's refusal when it does not agree.
  @discardableResult
  func openWebSocket(_ path: String = "/ws", origin: String? = nil) throws -> HTTPResponse {
    let key = [UInt8](repeating: 7, count: 16)
    var bytes: [UInt8] = []
    try WebSocketHandshake.request(HTTPTarget(path), key: key, origin: origin)
      .write(into: &bytes, host: "test")
    try write(bytes)
    let answer = try response()
    guard WebSocketHandshake.isAccepted(answer, key: key) else { return answer }
    var limits = WebSocketLimits()
    limits.messageBytesMax = 16 << 20
    webSocket = WebSocketConnection(clientMaskingKeys: .seeded(1), limits: limits)
    let rest = responses.takeRemaining()
    webSocket?.receive(rest.span, output: &webSocketOutput)
    // A ping may have come with the handshake's answer: it is answered like any other.
    if !webSocketOutput.bytes.isEmpty { try write(webSocketOutput.bytes) }
    webSocketOutput.bytes = []
    return answer
  }

  /// Sends a WebSocket message.
  func send(_ message: WebSocketMessage) throws {
    var bytes: [UInt8] = []
    webSocket?.send(message, into: &bytes)
    try write(bytes)
  }

  func send(_ text: String) throws { try send(.text(Array(text.utf8))) }

  /// Begins the closing handshake.
  func closeWebSocket() throws {
    var bytes: [UInt8] = []
    webSocket?.close(.normal, into: &bytes)
    try write(bytes)
  }

  /// The next text message; nil when the WebSocket or the connection is over.
  func message() throws -> String? {
    while webSocketOutput.messages.isEmpty {
      guard webSocketOutput.closure == nil else { return nil }
      let bytes = try read()
      if bytes.isEmpty { return nil }
      webSocket?.receive(bytes.span, output: &webSocketOutput)
      if !webSocketOutput.bytes.isEmpty { try? write(webSocketOutput.bytes) }
      webSocketOutput.bytes = []
    }
    guard case .text(let text) = webSocketOutput.messages.removeFirst() else { return nil }
    return String(decoding: text, as: UTF8.self)
  }

  /// How the WebSocket ended, once `message` has said nil.
  var closeCode: WebSocketCloseCode? { webSocketOutput.closure?.code }
}
