// A request before its body: the start line parsed, the header section judged (RFC 9112 sections 3 and 6).

/// The start line and headers of a request, and how its body is framed.
package struct HTTPRequestHead: Sendable {
  package let method: HTTPMethod
  package let target: HTTPTarget
  package let minorVersion: Int
  package private(set) var headers = HTTPHeaders()
  private(set) var framing = Framing.none
  /// Whether the client waits for 100 (Continue) before it sends the body.
  private(set) var expectsContinue = false
  private let authority: String?

  /// How the body is delimited.
  enum Framing: Equatable, Sendable {
    case none
    case counted(Int)
    case chunked
  }

  /// Parses `METHOD SP target SP HTTP/1.y`, single spaces only.
  init(startLine line: ArraySlice<UInt8>) throws(HTTPRefusal) {
    let parts = line.split(
      separator: HTTPSyntax.space, maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw .bad("malformed request line") }
    guard !parts[0].isEmpty, parts[0].allSatisfy(HTTPSyntax.isToken) else {
      throw .bad("malformed method")
    }
    minorVersion = try HTTPRequestHead.minorVersion(parts[2])
    guard let method = HTTPMethod(rawValue: String(decoding: parts[0], as: UTF8.self)) else {
      throw HTTPRefusal(501, "unknown method")
    }
    self.method = method
    (authority, target) = try HTTPRequestHead.target(parts[1])
    guard target.path != "*" || method == .options else { throw .bad("malformed request target") }
  }

  private static func minorVersion(_ version: ArraySlice<UInt8>) throws(HTTPRefusal) -> Int {
    let bytes = Array(version)
    guard bytes.count == 8, bytes.starts(with: Array("HTTP/".utf8)), HTTPSyntax.isDigit(bytes[5]),
      bytes[6] == 0x2E, HTTPSyntax.isDigit(bytes[7])
    else { throw .bad("malformed HTTP version") }
    guard bytes[5] == 0x31 else { throw HTTPRefusal(505, "HTTP version not supported") }
    // A higher minor version is spoken to as 1.1 (RFC 9110 section 2.5).
    return bytes[7] == 0x30 ? 0 : 1
  }

  /// Origin-form, "*", or absolute-form, whose authority then replaces Host (RFC 9112 section 3.2.2).
  private static func target(
    _ bytes: ArraySlice<UInt8>
  ) throws(HTTPRefusal) -> (authority: String?, HTTPTarget) {
    let text = String(decoding: bytes, as: UTF8.self)
    if text.hasPrefix("/") || text == "*" { return (nil, try HTTPTarget(text)) }
    for scheme in ["http://", "https://"]
    where HTTPSyntax.equalIgnoringCase(text.prefix(scheme.count), scheme) {
      let rest = text.dropFirst(scheme.count)
      let authority = rest.prefix { $0 != "/" && $0 != "?" }
      let path = rest[authority.endIndex...]
      return (String(authority), try HTTPTarget(path.hasPrefix("/") ? String(path) : "/" + path))
    }
    throw .bad("malformed request target")
  }

  /// Takes the header section and judges what decides where the message ends.
  mutating func receive(_ received: HTTPHeaders) throws(HTTPRefusal) {
    headers = received
    try checkHost()
    framing = try HTTPRequestHead.framing(headers, minorVersion: minorVersion)
    try checkExpectation()
  }

  private mutating func checkHost() throws(HTTPRefusal) {
    let hosts = headers.values("host")
    guard hosts.count == 1 || (hosts.isEmpty && minorVersion == 0) else {
      throw .bad("exactly one Host is required")
    }
    if let authority { headers.set("Host", authority) }
    guard (headers["host"] ?? "").utf8.allSatisfy(HTTPRequestHead.isHost) else {
      throw .bad("malformed Host")
    }
  }

  /// Whether `byte` may stand in a host and port: no spaces, slashes, "@" or list separators.
  static func isHost(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x2C, 0x2F, 0x3F, 0x40, 0x5C, 0x23: false
    default: byte > 0x20 && byte < 0x7F
    }
  }

  private static func framing(
    _ headers: HTTPHeaders, minorVersion: Int
  ) throws(HTTPRefusal) -> Framing {
    let codings = headers.values("transfer-encoding")
    let lengths = headers.values("content-length")
    if codings.isEmpty {
      guard lengths.count <= 1 else { throw .bad("more than one Content-Length") }
      guard let text = lengths.first else { return .none }
      guard let length = HTTPSyntax.decimal(text) else { throw .bad("malformed Content-Length") }
      return .counted(length)
    }
    // Both together, or chunking from a client of 1.0, is how requests are smuggled (RFC 9112 section 6.1).
    guard lengths.isEmpty, minorVersion >= 1 else { throw .bad("conflicting body framing") }
    let elements = codings.flatMap { HTTPSyntax.listElements($0) }
    guard let last = elements.last, HTTPSyntax.equalIgnoringCase(last, "chunked"),
      elements.count(where: { HTTPSyntax.equalIgnoringCase($0, "chunked") }) == 1
    else { throw .bad("malformed Transfer-Encoding") }
    guard elements.count == 1 else { throw HTTPRefusal(501, "transfer coding not supported") }
    return .chunked
  }

  private mutating func checkExpectation() throws(HTTPRefusal) {
    guard let expectation = headers["expect"], minorVersion >= 1 else { return }
    guard HTTPSyntax.equalIgnoringCase(expectation, "100-continue") else {
      throw HTTPRefusal(417, "expectation not supported")
    }
    expectsContinue = framing != .none
  }
}
