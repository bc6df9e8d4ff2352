// A message as the bytes of one HTTP request.

/// Writes requests.
package enum HookRequest {
  /// The request that carries a message to `url`.
  ///
  /// Nothing of it can end a line early: the target is printable ASCII, the headers are ours, and the
  /// topic and kind of a message are not in them.
  ///
  /// - Parameter headers: nil: without them, to test a receiver.
  package static func bytes(to url: HookURL, _ headers: HookHeaders?, body: [UInt8]) -> [UInt8] {
    let signed =
      headers.map { headers in
        """
        \(HookHeaders.idName): \(headers.id)\r
        \(HookHeaders.timestampName): \(headers.timestamp)\r
        \(HookHeaders.signatureName): \(headers.signature)\r

        """
      } ?? ""
    let head = """
      POST \(url.target) HTTP/1.1\r
      Host: \(url.authority)\r
      Content-Type: application/json\r
      Content-Length: \(body.count)\r
      Accept: application/json\r
      User-Agent: Hawker-Hooks/1.0\r
      \(signed)Connection: close\r
      \r

      """
    return Array(head.utf8) + body
  }
}
