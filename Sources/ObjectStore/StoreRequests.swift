// Requests to a store as they are sent, and what its refusals say. Pure.

import Crypto
package import Wire

/// The requests that are made of a store.
package struct StoreRequests: Sendable {
  package let address: StoreAddress

  package init(_ address: StoreAddress) { self.address = address }

  /// The head of a request that stores `chunks`, one after the other, which follow it.
  package func put(
    _ key: String, _ chunks: [[UInt8]], mediaType: String, cacheControl: String,
    _ credentials: StoreCredentials, at time: WallTime
  ) -> [UInt8] {
    var hash = SHA256()
    var count = 0
    for chunk in chunks {
      hash.update(chunk.span)
      count += chunk.count
    }
    var digest = [UInt8](repeating: 0, count: SHA256.byteCount)
    var span = digest.mutableSpan
    hash.finish(into: &span)
    return head(
      "PUT", key, bodyCount: count, digest: Hex.text(digest),
      extra: [("Content-Type", mediaType), ("Cache-Control", cacheControl)], credentials, at: time)
  }

  /// A request that deletes an object; one that is not there is no fault.
  package func delete(
    _ key: String, _ credentials: StoreCredentials, at time: WallTime
  ) -> [UInt8] {
    let nothing: [UInt8] = []
    return head(
      "DELETE", key, bodyCount: 0, digest: SignatureV4.digest(nothing.span), extra: [],
      credentials, at: time)
  }

  private func head(
    _ method: String, _ key: String, bodyCount: Int, digest: String,
    extra: [(name: String, value: String)], _ credentials: StoreCredentials, at time: WallTime
  ) -> [UInt8] {
    let timestamp = SignatureV4.timestamp(time)
    var headers = [
      ("Host", address.authority), ("x-amz-content-sha256", digest), ("x-amz-date", timestamp),
    ]
    if let token = credentials.sessionToken { headers.append(("x-amz-security-token", token)) }
    headers += extra.map { ($0.name, $0.value) }
    let request = SignableRequest(
      method, address.path(of: key), headers: headers.map { (name: $0.0, value: $0.1) },
      bodyDigest: digest)
    let authorization = SignatureV4(credentials, region: address.region)
      .authorization(request, timestamp: timestamp)
    var text = "\(method) \(request.encodedPath) HTTP/1.1\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    text += "Authorization: \(authorization)\r\nContent-Length: \(bodyCount)\r\n\r\n"
    return Array(text.utf8)
  }

  /// What a refusal is called: the text of `<Code>` in its body; empty without one.
  package static func code(of body: [UInt8]) -> String {
    let text = String(decoding: body.prefix(4096), as: UTF8.self)
    guard let start = text.firstRange(of: "<Code>") else { return "" }
    let code = text[start.upperBound...].prefix(64).prefix {
      $0.isASCII && ($0.isLetter || $0.isNumber)
    }
    return String(code)
  }
}
