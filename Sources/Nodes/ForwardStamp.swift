// What says that a request was passed on by another process on the same database, for whom, and to whom.

import Crypto
package import HTTP
package import Wire

/// The one header field of a request that was passed on. Signed with the key of the processes over
/// everything that is passed on, so that nobody else can name a client's address or change a word.
package struct ForwardStamp: Hashable, Sendable {
  /// The name of the field; in an answer it says that a stamp was refused.
  package static let name = "Hawker-Forwarded"

  /// The process that passed it on, and the one it is for: their numbers in the database.
  package var from: Int64
  package var to: Int64
  /// Milliseconds since 1970.
  package var atMs: Int64
  /// Who asked.
  package var client: IPAddress

  package init(from: Int64, to: Int64, atMs: Int64, client: IPAddress) {
    self.from = from
    self.to = to
    self.atMs = atMs
    self.client = client
  }

  /// Why a stamp is not believed.
  package enum Refusal: Error, Hashable, Sendable {
    case malformed, wrongSignature, notForUs, tooOldOrNew
  }

  /// The fields of a request that are passed on with it. Nothing else of it is: what a client says of
  /// its connection, its cookies or its origin is for the process it asked.
  package static let passedOn = [
    "Authorization", "Content-Type", "Accept", "Idempotency-Key", "webhook-id",
    "webhook-timestamp", "webhook-signature",
  ]

  /// The request as it is passed on, with this stamp signed.
  package func stamped(_ request: HTTPRequest, key: [UInt8]) -> HTTPRequest {
    var headers = HTTPHeaders()
    for name in ForwardStamp.passedOn {
      if let value = request.headers[name] { headers.append(name, value) }
    }
    let passed = HTTPRequest(
      request.method, request.target, headers: headers, body: request.body)
    let signature = HMACSHA256(key: key.span).tag(over: content(passed).span)
    headers.append(ForwardStamp.name, text + "," + Hex.text(signature))
    return HTTPRequest(request.method, request.target, headers: headers, body: request.body)
  }

  /// The stamp of a request; nil when it has none.
  ///
  /// - Parameters:
  ///   - node: who reads it.
  ///   - key: the key of the processes.
  package static func verified(
    _ request: HTTPRequest, node: Int64, key: [UInt8], atMs now: Int64
  ) throws(Refusal) -> ForwardStamp? {
    let values = request.headers.values(name)
    guard let value = values.first else { return nil }
    guard values.count == 1 else { throw .malformed }
    let parts = value.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == version, let from = Int64(parts[1]),
      let to = Int64(parts[2]), let atMs = Int64(parts[3]), let client = IPAddress(parts[4]),
      let signature = Hex.bytes(String(parts[5]), count: HMACSHA256.byteCount)
    else { throw .malformed }
    let stamp = ForwardStamp(from: from, to: to, atMs: atMs, client: client)
    // Only the one way of writing it: what is signed is what was read.
    guard parts.dropLast().joined(separator: ",") == stamp.text else { throw .malformed }
    let isOurs = HMACSHA256(key: key.span).isValid(
      tag: signature.span, over: stamp.content(request).span)
    guard isOurs else { throw .wrongSignature }
    guard to == node else { throw .notForUs }
    let (age, overflow) = now.subtractingReportingOverflow(atMs)
    guard !overflow, age.magnitude <= ForwardLimits.stampAgeMs.magnitude else {
      throw .tooOldOrNew
    }
    return stamp
  }

  private static let version = "v1"

  private var text: String { "\(ForwardStamp.version),\(from),\(to),\(atMs),\(client)" }

  /// Lines can't run into each other: no field holds a line break, and each has its place.
  private func content(_ request: HTTPRequest) -> [UInt8] {
    var lines = ["hawker-forwarded", text, request.method.rawValue, request.target.encoded]
    for name in ForwardStamp.passedOn {
      lines.append(request.headers.values(name).joined(separator: "\u{1}"))
    }
    lines.append(Hex.text(SHA256.digest(request.body.span)))
    return Array(lines.joined(separator: "\n").utf8)
  }
}
