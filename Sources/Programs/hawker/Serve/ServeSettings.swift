// What `hawker serve` needs, after configuration files, environment and flags were read.

import Access
import Commerce
import Nodes
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
  /// Where rooms' HLS is; nil: everybody watches over WebRTC.
  var hls: HLSPlace?
  /// Who gives the key of protected HLS.
  var hlsLicences: [LicencePlace]
  /// What addresses of HLS are signed with; nil: anybody may load it.
  var streamAccess: StreamAccess?
  /// Viewers over WebRTC; nil: all.
  var webRTCViewers: Int?
  /// The folder of the pages.
  var webRoot: String
  /// The data folder: what outlives the process, and to name it in the links that are printed.
  var dataDirectory: String
  /// Where rooms are kept.
  var store: StorePlace
  /// Where clients and other servers on the same database reach this one. An empty `nodeURL`: where it
  /// listens, as far as that is an address.
  var nodePlace: NodePlace
  /// Where they tell each other; nil: they look by themselves.
  var redis: RedisAddress?
}
