// Whose request a proxy passes on: X-Forwarded-For, and Forwarded (RFC 7239).

package import Wire

/// Finds the client behind proxies that are trusted to name it.
package enum ForwardedFor {
  /// The elements looked at, from the nearest proxy on: more proxies stand in no row.
  static let hopsMax = 16

  /// The client's address: the nearest hop that is not a trusted proxy.
  ///
  /// Whoever is not trusted may have written anything, so what it says of those before it does not
  /// count. A request with both headers is its proxy's own: a proxy sets one of them and passes on
  /// the other as it came, and nobody can tell which.
  ///
  /// - Parameter remote: the other end of the connection.
  package static func client(
    of request: HTTPRequest, from remote: IPAddress, trusting proxies: [AddressRange]
  ) -> IPAddress {
    guard isTrusted(remote, proxies) else { return remote }
    let lists = request.headers.values("x-forwarded-for")
    let standard = request.headers.values("forwarded")
    guard lists.isEmpty || standard.isEmpty else { return remote }
    let hops: [IPAddress?] =
      lists.isEmpty
      ? standard.flatMap { standardHops($0) }
      : lists.flatMap { $0.split(separator: ",").map { address($0) } }
    var client = remote
    for hop in hops.reversed().prefix(hopsMax) {
      guard isTrusted(client, proxies), let hop else { break }
      client = hop
    }
    return client
  }

  private static func isTrusted(_ address: IPAddress, _ proxies: [AddressRange]) -> Bool {
    proxies.contains { $0.contains(address) }
  }

  private static func standardHops(_ value: String) -> [IPAddress?] {
    // A client that leaves a quote open would swallow what the proxy appended.
    guard HTTPSyntax.hasClosedQuotes(value) else { return [nil] }
    return HTTPSyntax.listElements(value).map(forwardedFor)
  }

  /// The `for` of one element; nil for `unknown`, an obfuscated name, or none.
  private static func forwardedFor(_ element: String) -> IPAddress? {
    for pair in HTTPSyntax.split(element, at: 0x3B) {
      let sides = pair.split(separator: "=", maxSplits: 1)
      guard sides.count == 2,
        HTTPSyntax.equalIgnoringCase(HTTPSyntax.trimmed(sides[0]), "for")
      else { continue }
      return address(HTTPSyntax.unquoted(HTTPSyntax.trimmed(sides[1])))
    }
    return nil
  }

  /// An address with or without a port, IPv6 with or without brackets.
  private static func address(_ text: some StringProtocol) -> IPAddress? {
    let text = HTTPSyntax.trimmed(text)
    if let plain = IPAddress(text) { return plain }
    if let withPort = SocketAddress(text) { return withPort.ip }
    guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
    return IPAddress(text.dropFirst().dropLast())
  }
}
