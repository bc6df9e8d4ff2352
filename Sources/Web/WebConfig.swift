// What a web server is told at start.

package import HTTP
package import Wire

/// The configuration of one web server.
package struct WebConfig: Sendable {
  /// Where to listen; port 0 lets the kernel choose.
  package var address: SocketAddress
  /// TLS on the port when given; else plain HTTP.
  package var tls: TLSFiles?
  /// The paths where WebSockets are accepted, exactly.
  package var webSocketPaths: Set<String> = ["/ws"]
  /// The pages that may open WebSockets.
  package var origins = OriginPolicy()
  /// Proxies that speak for many clients: the limit of connections by address is not for them.
  package var trustedProxies: [AddressRange] = []
  /// Files the server answers with itself, without asking the application.
  package var site: StaticSite?
  /// Answers that the application has put where the server finds them.
  package var shelf: AnswerShelf?
  package var limits = WebLimits()

  /// Plain HTTP on `address`, no files, the limits as they are.
  package init(address: SocketAddress) { self.address = address }
}
