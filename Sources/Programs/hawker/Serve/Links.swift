// The links a newcomer clicks: studio with a host token, watch room, and the synthetic host's command.

import Access
import Glibc
import Loop
import Wire

/// Prints links, to a terminal only: they hold a token, which has no place in a log.
enum Links {
  static func write(_ settings: ServeSettings, address: SocketAddress, keys: [APIKey]) {
    guard isatty(1) == 1 || Environment.value("HAWKER_LINKS") != nil else { return }
    let minted = try? AccessControl(keys: keys).mint(
      subject: "host", name: "Host", room: "demo", role: .host, lifetime: .seconds(12 * 3600),
      wall: SystemClock.wallTime())
    guard let minted else { return }
    let scheme = settings.tls == nil ? "http" : "https"
    let host = address.ip.isUnspecified ? ownAddress(settings) : address
    let base = "\(scheme)://\(host)"
    Terminal.write(
      """

        Hawker is up.

          Studio  \(base)/studio/demo#token=\(minted.token)
          Watch   \(base)/watch/demo

        No camera? A synthetic host:

          .build/release/hawker demo host --data \(settings.dataDirectory)


      """, to: 1)
  }

  /// An address to put into links when we listen on all of them.
  private static func ownAddress(_ settings: ServeSettings) -> SocketAddress {
    let own = settings.mediaAddresses + NetworkInterfaces.addresses()
    return SocketAddress(ip: own.first ?? settings.http.ip, port: settings.http.port)
  }
}
