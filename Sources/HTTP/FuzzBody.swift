// What the fuzzer runs against this target's parsers, with the invariants it checks.

import Wire

/// Feeds arbitrary bytes to the HTTP and WebSocket parsers; traps when an invariant breaks.
package enum HTTPFuzzBody {
  /// Runs all parsers on `bytes`. What they understand must not depend on how the bytes were split.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    precondition(requests(bytes, step: bytes.count) == requests(bytes, step: 1))
    glance(bytes)
    responses(bytes)
    for sender in [WebSocketRole.client, .server] {
      precondition(
        frames(bytes, from: sender, step: bytes.count) == frames(bytes, from: sender, step: 1))
    }
    connection(bytes)
    text(String(decoding: bytes.toArray(), as: UTF8.self))
  }

  private static func requests(
    _ bytes: borrowing Span<UInt8>, step: Int
  ) -> [HTTPRequestParser.Output] {
    var parser = HTTPRequestParser()
    var outputs: [HTTPRequestParser.Output] = []
    var offset = 0
    while offset < bytes.count {
      let end = min(bytes.count, offset + max(1, step))
      parser.receive(bytes.extracting(offset..<end))
      offset = end
      reading: while true {
        let output = parser.next()
        switch output {
        case .needsMore: break reading
        // Told or not depending on the split: whether the body was there already.
        case .continueExpected: continue
        case .request(let request):
          checkRoundTrip(request)
          outputs.append(output)
        case .refused:
          if outputs.last != output { outputs.append(output) }
          break reading
        }
      }
    }
    return outputs
  }

  /// What is understood at a glance is what the parser understands, and nothing that an answer depends on is missed.
  package static func glance(_ bytes: borrowing Span<UInt8>) {
    guard let glance = HTTPGlance(bytes) else { return }
    let target = String(decoding: bytes.extracting(glance.target).toArray(), as: UTF8.self)
    let coding = String(decoding: bytes.extracting(glance.acceptEncoding).toArray(), as: UTF8.self)
    var parser = HTTPRequestParser()
    parser.receive(bytes)
    guard case .request(let request) = parser.next() else {
      // The one thing a glance does not look into.
      return precondition((try? HTTPTarget(target)) == nil, "a glance at what is no request")
    }
    precondition(parser.isIdle && request.body.isEmpty, "more than was seen at a glance")
    precondition(request.method == .get && (try? HTTPTarget(target)) == request.target)
    precondition((request.headers["accept-encoding"] ?? "") == coding)
    precondition(request.headers.values("accept-encoding").count <= 1)
    precondition(request.keepsAlive && !request.wantsWebSocket && request.minorVersion == 1)
    for name in ["range", "if-range", "if-none-match", "expect", "upgrade"] {
      precondition(request.headers[name] == nil, "a glance over what decides")
    }
  }

  /// What we write of a request we read again as the same path, query and body.
  private static func checkRoundTrip(_ request: HTTPRequest) {
    guard request.target.path != "*" else { return }
    var bytes: [UInt8] = []
    let plain = HTTPRequest(request.method, request.target, body: request.body)
    plain.write(into: &bytes, host: "localhost")
    var parser = HTTPRequestParser()
    parser.receive(bytes.span)
    guard case .request(let again) = parser.next(bodyBytesMax: { _ in request.body.count }) else {
      // Encoding a query may lengthen it beyond the limit of the request line.
      precondition(bytes.count > HTTPLimits().startLineBytesMax)
      return
    }
    precondition(again.target == request.target && again.body == request.body)
  }

  private static func responses(_ bytes: borrowing Span<UInt8>) {
    var parser = HTTPResponseParser()
    parser.receive(bytes)
    // Each response takes at least one byte.
    for _ in 0...bytes.count {
      guard case .response = parser.next() else { break }
    }
    _ = parser.finish()
  }

  private static func frames(
    _ bytes: borrowing Span<UInt8>, from sender: WebSocketRole, step: Int
  ) -> [WebSocketInput] {
    var reader = WebSocketFrameReader(from: sender)
    var inputs: [WebSocketInput] = []
    var offset = 0
    while offset < bytes.count {
      let end = min(bytes.count, offset + max(1, step))
      do {
        try reader.receive(bytes.extracting(offset..<end), into: &inputs)
      } catch {
        return inputs
      }
      offset = end
    }
    return inputs
  }

  private static func connection(_ bytes: borrowing Span<UInt8>) {
    var connection = WebSocketConnection()
    var output = WebSocketConnection.Output()
    connection.receive(bytes, output: &output)
    // A pong is never longer than its ping without the mask, a close frame has at most four bytes.
    precondition(output.bytes.count <= bytes.count + 4)
  }

  private static func text(_ text: String) {
    if let type = MediaType(text) { precondition(MediaType(type.essence) != nil) }
    precondition((0...1000).contains(MediaType.quality(of: "text/html", accept: text)))
    precondition(
      PercentCoding.decode(PercentCoding.encode(text).utf8) == text || text.contains("\0"))
    if let tag = EntityTag(parsing: text) { precondition(EntityTag(parsing: tag.text) == tag) }
    _ = EntityTagCondition(text)
    _ = OriginPolicy().allows(origin: text, host: text)
    forwarded(text)
  }

  /// Who is not trusted names nobody.
  private static func forwarded(_ text: String) {
    guard let target = try? HTTPTarget("/") else { return }
    let own = IPAddress(ipv4: 0x7F00_0001)
    let everyone = ["0.0.0.0/0", "::/0"].compactMap { AddressRange($0) }
    for name in ["X-Forwarded-For", "Forwarded"] {
      let request = HTTPRequest(.get, target, headers: [name: text])
      precondition(ForwardedFor.client(of: request, from: own, trusting: []) == own)
      _ = ForwardedFor.client(of: request, from: own, trusting: everyone)
    }
    if let range = AddressRange(text) { precondition(AddressRange(range.description) == range) }
  }
}
