// Where a server is: an http or https URL with its address looked up (RFC 3986, RFC 9110 section 4.2).

package import ClientTLS
package import HTTP
package import Wire

/// The URL of a WHIP or WHEP endpoint or session.
package struct ServerURL: Hashable, Sendable {
  /// As in the URL, for the `Host` field.
  package let authority: String
  /// By TLS.
  package let isSecure: Bool
  /// Whom TLS has to find there.
  package let host: TLSHost
  package let address: SocketAddress
  package let target: HTTPTarget
  private let text: String

  /// Reads `http(s)://HOST[:PORT]/PATH[?QUERY]`; looks a name up, which may block.
  package init(_ text: String) throws(ClientFault) {
    let isSecure = text.hasPrefix("https://")
    guard isSecure || text.hasPrefix("http://") else { throw .badURL(text) }
    let rest = text.dropFirst(isSecure ? 8 : 7)
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let authority = String(rest[..<end])
    let path = rest[end...]
    let (host, port) = try ServerURL.split(authority, standard: isSecure ? 443 : 80)
    guard let ip = HostName.resolve(host) else { throw .unknownHost(host) }
    self.authority = authority
    self.isSecure = isSecure
    self.host = TLSHost(host)
    address = SocketAddress(ip: ip, port: port)
    target = try ServerURL.target(path.hasPrefix("/") ? String(path) : "/" + path)
    self.text = text
  }

  private init(_ base: ServerURL, target: HTTPTarget, text: String) {
    authority = base.authority
    isSecure = base.isSecure
    host = base.host
    address = base.address
    self.target = target
    self.text = text
  }

  /// The URL a `Location` names, seen from this one. Only places on the same server are followed.
  package func resolving(_ location: String) throws(ClientFault) -> ServerURL {
    if location.hasPrefix("http://") || location.hasPrefix("https://") {
      let url = try ServerURL(location)
      // A token must not leave for another server because a response said so.
      guard url.address == address, url.isSecure == isSecure, !isSecure || url.host == host else {
        throw .badURL(location)
      }
      return url
    }
    let path: String
    if location.hasPrefix("/") {
      path = location
    } else {
      let own = target.path
      let folder = own.lastIndex(of: "/").map { own[...$0] } ?? "/"
      path = folder + location
    }
    return ServerURL(
      self, target: try ServerURL.target(path), text: "\(scheme)\(authority)\(path)")
  }

  private var scheme: String { isSecure ? "https://" : "http://" }

  /// The same place with a segment added to its path; a query is left out.
  package func appending(_ segment: String) throws(ClientFault) -> ServerURL {
    let path = target.path + (target.path.hasSuffix("/") ? "" : "/") + segment
    return ServerURL(
      self, target: try ServerURL.target(path), text: "\(scheme)\(authority)\(path)")
  }

  private static func target(_ path: String) throws(ClientFault) -> HTTPTarget {
    do {
      return try HTTPTarget(path)
    } catch {
      throw .badURL(path)
    }
  }

  private static func split(
    _ authority: String, standard: UInt16
  ) throws(ClientFault) -> (String, UInt16) {
    if let address = SocketAddress(authority) { return (address.ip.description, address.port) }
    if authority.hasPrefix("["), authority.hasSuffix("]") {
      return (String(authority.dropFirst().dropLast()), standard)
    }
    let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), !parts[0].isEmpty, !authority.contains("@") else {
      throw .badURL(authority)
    }
    if parts.count == 1 { return (String(parts[0]), standard) }
    guard let port = UInt16(parts[1]) else { throw .badURL(authority) }
    return (String(parts[0]), port)
  }
}

extension ServerURL: CustomStringConvertible {
  package var description: String { text }
}
