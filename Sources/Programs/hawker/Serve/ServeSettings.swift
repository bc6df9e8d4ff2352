// What `hawker serve` needs, after configuration files, environment and flags were read.

import Access
import Commerce
import RTP
import RoomLog
import Store
import Web
import Wire

/// The settings of one server process.
struct ServeSettings {
  var http: SocketAddress
  var tls: TLSFiles?
  var udpPort: UInt16
  /// Empty: the machine's own addresses.
  var mediaAddresses: [IPAddress]
  var workers: Int
  var keys: [APIKey]
  var allowedOrigins: [String]
  var trustedProxies: [AddressRange]
  /// Nil: names and texts are kept where a room does not say itself.
  var retentionDays: Int?
  var preferCodec: Codec
  /// The endpoints of webhooks that the configuration names, with their keys.
  var hooks: [HookEndpointRow]
  /// Addresses webhooks may go to although they are not public.
  var hookAllowed: Set<SocketAddress>
  /// What can be given, and what a host gets of it.
  var gifts: GiftCatalogue
  /// The folder of the pages.
  var webRoot: String
  /// The data folder: what outlives the process, and to name it in the links that are printed.
  var dataDirectory: String
  /// Where rooms are kept.
  var store: StorePlace
  /// Where clients reach this server, for others on the same database; empty: not said.
  var publicURL: String
}
