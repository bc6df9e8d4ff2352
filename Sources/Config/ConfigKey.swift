// Every key of the configuration, once: flags, environment, file, help and sample are made of this table.

/// One key of `hawker serve`'s configuration.
package enum ConfigKey: String, Hashable, Sendable, CaseIterable {
  case http
  case tlsCert = "tls-cert"
  case tlsKey = "tls-key"
  case udpPort = "udp-port"
  case mediaIP = "media-ip"
  case data
  case workers
  case apiKey = "api-key"
  case apiSecret = "api-secret"
  case allowedOrigin = "allowed-origin"
  case trustedProxies = "trusted-proxies"
  case preferCodec = "prefer-codec"
  case store
  case publicURL = "public-url"
  case nodeURL = "node-url"
  case retentionDays = "retention-days"
  case redis
  case hook
  case hookTopics = "hook-topics"
  case hookAllow = "hook-allow"
  case gifts
  case hls
  case webRTCViewers = "webrtc-viewers"
  case accessKey = "access-key"
  case hlsLicences = "hls-licences"
  case web
  case logLevel = "log-level"

  /// The environment variable: `HAWKER_` and the name in capitals.
  package var environmentName: String {
    "HAWKER_" + rawValue.uppercased().map { $0 == "-" ? "_" : $0 }.map(String.init).joined()
  }

  /// The names of all keys.
  package static var names: [String] { allCases.map(\.rawValue) }

  /// What the value looks like.
  package var form: String {
    switch self {
    case .http: "ADDR:PORT"
    case .tlsCert, .tlsKey, .gifts, .accessKey: "FILE"
    case .udpPort: "0...65535"
    case .mediaIP: "IP[,IP...]"
    case .data, .web: "DIR"
    case .workers: "1...36"
    case .apiKey, .apiSecret: "TEXT"
    case .allowedOrigin: "ORIGIN[,ORIGIN...]"
    case .trustedProxies: "CIDR[,CIDR...]"
    case .preferCodec: "vp8|h264|vp9|av1"
    case .store: "sqlite|postgres://USER:PASSWORD@HOST/DATABASE"
    case .publicURL, .nodeURL: "http(s)://HOST[:PORT]"
    case .retentionDays: "1...3650"
    case .redis: "redis(s)://[[USER]:PASSWORD@]HOST[:PORT]"
    case .hook: "NAME=URL[,NAME=URL...]"
    case .hookTopics: "NAME=TOPIC[+TOPIC...][,NAME=...]"
    case .hookAllow: "ADDR:PORT[,ADDR:PORT...]"
    case .hls: "URL"
    case .hlsLicences: "SYSTEM=URL[,SYSTEM=URL...]"
    case .webRTCViewers: "1...100000"
    case .logLevel: "debug|info|warning|error"
    }
  }

  /// A value one might set: the sample shows it where there is no default.
  package var example: String {
    switch self {
    case .http, .udpPort, .data, .preferCodec, .store, .logLevel: fallback ?? form
    case .tlsCert: "/etc/hawker/tls/fullchain.pem"
    case .tlsKey: "/etc/hawker/tls/privkey.pem"
    case .mediaIP: "203.0.113.7, 2001:db8::7"
    case .workers: "4"
    case .apiKey: "shop"
    case .apiSecret: "at-least-16-characters"
    case .allowedOrigin: "https://shop.example"
    case .trustedProxies: "127.0.0.1, 10.0.0.0/8"
    case .retentionDays: "90"
    case .redis: "redis://127.0.0.1:6379"
    case .publicURL: "https://live-1.example"
    case .nodeURL: "http://10.0.0.1:8080"
    case .hook: "shop=https://shop.example/hooks"
    case .hookTopics: "shop=*+price.check+stock.*"
    case .hookAllow: "127.0.0.1:8081"
    case .gifts: "/etc/hawker/gifts.json"
    case .hls: "https://live.example/hls/{room}/index.m3u8"
    case .webRTCViewers: "400"
    case .accessKey: "/etc/hawker/hls.key"
    case .hlsLicences: "com.widevine.alpha=https://shop.example/licences/widevine"
    case .web: "/usr/share/hawker/web"
    }
  }

  /// The numbers allowed; nil when the value is no number.
  package var range: ClosedRange<Int>? {
    switch self {
    case .udpPort: 0...65_535
    // One base-36 digit of the ufrag names a worker.
    case .workers: 1...36
    // As a room's own setting: ten years.
    case .retentionDays: 1...3650
    // As many as the process takes transports.
    case .webRTCViewers: 1...100_000
    case .http, .tlsCert, .tlsKey, .mediaIP, .data, .apiKey, .apiSecret, .allowedOrigin,
      .trustedProxies, .preferCodec, .store, .publicURL, .nodeURL, .redis, .hook,
      .hookTopics, .hookAllow, .gifts, .hls, .accessKey, .hlsLicences, .web, .logLevel:
      nil
    }
  }

  /// Whether it takes several values, by commas or by being given again.
  package var isList: Bool {
    switch self {
    case .mediaIP, .allowedOrigin, .trustedProxies, .hook, .hookTopics, .hookAllow, .hlsLicences:
      true
    default: false
    }
  }

  /// Whether its value may hold a secret (a password in a URL is one): never printed.
  package var isSecret: Bool {
    self == .apiSecret || self == .store || self == .redis || self == .hook
  }

  /// The value used when nobody sets one; nil when there is none.
  package var fallback: String? {
    switch self {
    case .http: "127.0.0.1:8080"
    case .udpPort: "7000"
    case .data: "var/data"
    case .preferCodec: "vp8"
    case .store: "sqlite"
    case .logLevel: "info"
    case .tlsCert, .tlsKey, .mediaIP, .workers, .apiKey, .apiSecret, .allowedOrigin,
      .trustedProxies, .retentionDays, .publicURL, .nodeURL, .redis, .hook,
      .hookTopics, .hookAllow, .gifts, .hls, .webRTCViewers, .accessKey, .hlsLicences, .web:
      nil
    }
  }

  /// What it is for, and why one would change it.
  package var meaning: String {
    switch self {
    case .http:
      "Where HTTP, WebSocket and the pages are served; port 0 chooses one. Browsers give a page the camera only on localhost or over HTTPS."
    case .tlsCert:
      "PEM file with the certificate chain; makes the HTTP port HTTPS. Read again on SIGHUP."
    case .tlsKey: "PEM file with the certificate's private key."
    case .udpPort:
      "The one port of all media, UDP and TCP; port 0 chooses one. Open it in the firewall for both."
    case .mediaIP:
      "The addresses viewers reach this machine at, when they are not its own (behind NAT). Default: the addresses of its interfaces."
    case .data: "Where keys and state live, on a disk that outlives a restart. Made on first start."
    case .workers:
      "Media threads. Default: the machine's cores. A room is forwarded by all of them."
    case .apiKey:
      "Name of the key that signs tokens. Default: made on first start and kept in the file keys of the data folder, where a second line makes a second key live."
    case .apiSecret:
      "Its secret, at least 16 characters. Give it in a file or the environment: flags are visible to every user."
    case .allowedOrigin:
      "Pages of other sites that may use the API and the room socket. Default: any page may use WHIP and WHEP (tokens protect them), only our own may open the room socket."
    case .trustedProxies:
      "Proxies whose X-Forwarded-For (or Forwarded, one of the two) names the client, so that limits by address count clients. Default: none, who connects is the client."
    case .preferCodec:
      "The video codec publishers are asked for. H.264 costs phones less, Firefox without its plugin can't watch it."
    case .store:
      "Where rooms are kept: sqlite in the data folder, or a PostgreSQL (13 or newer) that several servers may share; each room is open in one of them. Give a URL with a password in a file or the environment: flags are visible to every user."
    case .publicURL:
      "Where clients reach this one of several servers that share a PostgreSQL: whoever joins, publishes or watches through another one is sent here. Default: they are asked to come back later."
    case .nodeURL:
      "Where other servers that share the PostgreSQL reach this one: they pass requests of the REST API and callbacks of shops on to it. Default: public-url, else the address of http, unless that is a wildcard."
    case .retentionDays:
      "Days after a room's end when names and texts in it are erased, where the room does not say itself. Default: they are kept. Looked for each hour."
    case .redis:
      "A Redis by which servers that share the PostgreSQL tell each other that something changed. Without it they look every five seconds; nothing depends on it. Give a URL with a password in a file or the environment."
    case .hook:
      "Where the merchant NAME is told what happens, and asked for checkouts (docs/hooks.md). Its secret is printed by `hawker hooks secret NAME`."
    case .hookTopics:
      "What the merchant NAME of a hook is told of and asked: topics by name, FAMILY.* for all of a family, * for all that need not be named (docs/hooks.md). Default: *, or what was chosen over REST since."
    case .hookAllow:
      "Addresses that webhooks may go to although they are private, exactly, and without TLS. Default: none, webhooks go to public addresses over https."
    case .gifts:
      "JSON file with the gifts viewers can give, the packs of coins they buy, and how many hundredths of a gift its host gets (docs/hooks.md). Default: five gifts, three packs in EUR, 70."
    case .hls:
      "Where viewers get a room's show as LL-HLS who are not to watch over WebRTC: the playlist hawker-hls serves, or a CDN in front of it; {room} stands for the room's name (docs/spill-over.md). Default: none, everybody watches over WebRTC."
    case .webRTCViewers:
      "Viewers over WebRTC at a time, in all rooms together; further ones watch HLS and come back when there is room. Needs hls. A room may have its own cap (setRoom webrtcMax). Default: all of them."
    case .accessKey:
      "File with one or two secrets, a line each, that hawker-hls has too: viewers get playlists by addresses that are signed with the first and end after six hours. Needs hls. Default: none, anybody may load them."
    case .hlsLicences:
      "Who gives viewers' browsers the key of protected HLS (hawker-hls --protect), by key system: their messages are posted there with the viewer's token, which the service is to check; {room} stands for the room's name. The first system a browser has is used. Needs hls. Default: none."
    case .web: "The folder of the pages. Default: found beside the binary."
    case .logLevel: "The least important lines that are logged, as JSON on stderr."
    }
  }
}
