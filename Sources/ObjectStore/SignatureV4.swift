// AWS Signature Version 4: what a request to S3-compatible storage is signed with. Pure.

import Crypto
package import Wire

/// One request as it is signed. Names and values are as they are meant; encoding is done here.
package struct SignableRequest: Sendable {
  package var method: String
  /// Begins with "/"; not encoded.
  package var path: String
  /// Not encoded, in any order.
  package var query: [(name: String, value: String)]
  /// All that are to be signed, `Host` among them.
  package var headers: [(name: String, value: String)]
  /// SHA-256 of the body in hexadecimal digits.
  package var bodyDigest: String

  package init(
    _ method: String, _ path: String, query: [(name: String, value: String)] = [],
    headers: [(name: String, value: String)], bodyDigest: String
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.bodyDigest = bodyDigest
  }

  /// The path as it is sent: each byte that is not unreserved as `%XX`, "/" as it is. S3 encodes once and
  /// normalizes nothing.
  package var encodedPath: String { SignableRequest.encoded(path, keepsSlashes: true) }

  /// The query as it is sent and signed, sorted; empty without.
  package var encodedQuery: String {
    query.map { pair in
      let name = SignableRequest.encoded(pair.name, keepsSlashes: false)
      return (name, SignableRequest.encoded(pair.value, keepsSlashes: false))
    }.sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
  }

  private static func encoded(_ text: String, keepsSlashes: Bool) -> String {
    var encoded: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: encoded.append(byte)
      case 0x2F where keepsSlashes: encoded.append(byte)
      case _: encoded += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}

/// Signs requests of one account to one service in one region.
package struct SignatureV4: Sendable {
  private let credentials: StoreCredentials
  private let region: String
  private let service: String

  private static let algorithm = "AWS4-HMAC-SHA256"

  package init(_ credentials: StoreCredentials, region: String, service: String = "s3") {
    self.credentials = credentials
    self.region = region
    self.service = service
  }

  /// `20130524T000000Z`, for `x-amz-date`.
  package static func timestamp(_ time: WallTime) -> String {
    let date = CalendarDate(time)
    let two = CalendarDate.twoDigits
    return "\(date.year)\(two(date.month))\(two(date.day))"
      + "T\(two(date.hour))\(two(date.minute))\(two(date.second))Z"
  }

  /// SHA-256 in hexadecimal digits.
  package static func digest(_ bytes: borrowing Span<UInt8>) -> String {
    Hex.text(SHA256.digest(bytes))
  }

  /// The value of `Authorization`.
  ///
  /// - Parameter timestamp: what the request says in `x-amz-date`.
  package func authorization(_ request: SignableRequest, timestamp: String) -> String {
    let (headers, names) = SignatureV4.canonicalHeaders(request)
    let canonical = [
      request.method, request.encodedPath, request.encodedQuery, headers, names,
      request.bodyDigest,
    ].joined(separator: "\n")
    let day = String(timestamp.prefix(8))
    let scope = "\(day)/\(region)/\(service)/aws4_request"
    let text = [
      SignatureV4.algorithm, timestamp, scope, SignatureV4.digest(Array(canonical.utf8).span),
    ].joined(separator: "\n")
    let signature = Hex.text(tag(key(of: day), text))
    return "\(SignatureV4.algorithm) Credential=\(credentials.accessKey)/\(scope), "
      + "SignedHeaders=\(names), Signature=\(signature)"
  }

  /// Lower-case names, sorted, each with its trimmed values; and the list of names.
  private static func canonicalHeaders(_ request: SignableRequest) -> (lines: String, names: String)
  {
    var values: [String: [String]] = [:]
    for header in request.headers {
      let words = header.value.split(separator: " ").joined(separator: " ")
      values[header.name.lowercased(), default: []].append(words)
    }
    let names = values.keys.sorted()
    let lines = names.map { "\($0):\((values[$0] ?? []).joined(separator: ","))\n" }.joined()
    return (lines, names.joined(separator: ";"))
  }

  /// The key of one day.
  private func key(of day: String) -> [UInt8] {
    [region, service, "aws4_request"].reduce(
      tag(Array("AWS4\(credentials.secret)".utf8), day)
    ) { tag($0, $1) }
  }

  private func tag(_ key: [UInt8], _ text: String) -> [UInt8] {
    HMACSHA256(key: key.span).tag(over: Array(text.utf8).span)
  }
}
