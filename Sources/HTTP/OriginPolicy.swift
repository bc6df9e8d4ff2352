// Which web pages may use us: the Origin header judged (RFC 6454, RFC 6455 section 10.2).

/// The origins whose pages may open the room socket or call the API with CORS.
package struct OriginPolicy: Hashable, Sendable {
  /// Exact origins, `scheme://host[:port]` in lower case; "*" allows every page.
  package let allowed: [String]

  /// A policy that allows `origins` and pages of the same host.
  package init(allowing origins: [String] = []) {
    allowed = origins.map { HTTPSyntax.lowercased($0) }
  }

  /// Whether a page of `origin` may use the server it reached as `host` (the Host header).
  ///
  /// No Origin is no browser: the credential decides alone. "null" is a page that hides where it is from.
  package func allows(origin: String?, host: String?) -> Bool {
    guard let origin else { return true }
    let lowered = HTTPSyntax.lowercased(origin)
    if allowed.contains("*") || allowed.contains(lowered) { return true }
    guard let page = OriginPolicy.authority(lowered), let host else { return false }
    // TLS may end at a proxy, so the scheme only tells which port goes without saying.
    return OriginPolicy.withPort(HTTPSyntax.lowercased(host), page.defaultPort)
      == OriginPolicy.withPort(page.authority, page.defaultPort)
  }

  private static func authority(
    _ origin: String
  ) -> (authority: String, defaultPort: String)? {
    for (scheme, port) in [("http://", "80"), ("https://", "443")] where origin.hasPrefix(scheme) {
      let authority = String(origin.dropFirst(scheme.count))
      let isPlain = authority.utf8.allSatisfy { $0 != 0x2F && $0 != 0x40 && $0 > 0x20 }
      return authority.isEmpty || !isPlain ? nil : (authority, port)
    }
    return nil
  }

  private static func withPort(_ authority: String, _ port: String) -> String {
    let afterBracket = authority.lastIndex(of: "]") ?? authority.startIndex
    return authority[afterBracket...].contains(":") ? authority : authority + ":" + port
  }
}
