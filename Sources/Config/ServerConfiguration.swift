// The configuration of a server, checked.

package import Nodes
package import RTP
package import Telemetry
package import Wire

/// Everything `hawker serve` is told; every value is in its range.
package struct ServerConfiguration: Hashable, Sendable {
  package var http: SocketAddress
  /// Both or neither.
  package var tls: TLSPaths?
  package var udpPort: UInt16
  package var mediaAddresses: [IPAddress]
  package var data: String
  /// Nil: as many as the machine has cores.
  package var workers: Int?
  /// Both or neither; never printed.
  package var apiKey: (key: String, secret: String)? { keyPair.map { ($0.key, $0.secret) } }
  package var allowedOrigins: [String]
  package var trustedProxies: [AddressRange]
  package var preferCodec: Codec
  /// Nil: names and texts are kept where a room doesn't say itself.
  package var retentionDays: Int?
  /// One for each merchant.
  package var hooks: [HookTarget]
  package var hookAllowed: [SocketAddress]
  /// The file with gifts, packs of coins and the host's share; nil: the standard ones.
  package var gifts: String?
  /// Where rooms' HLS is; nil: there is none.
  package var hls: HLSPlace?
  /// The file with the keys of HLS; nil: anybody may load it.
  package var accessKey: String?
  /// Who gives the key of protected HLS; the first that a browser has is asked.
  package var hlsLicences: [LicencePlace]
  /// Viewers over WebRTC; nil: all.
  package var webRTCViewers: Int?
  package var web: String?
  package var logLevel: LogLevel
  package var store: StoreChoice
  /// Where clients reach this server: an origin, without a slash at its end.
  package var publicURL: String?
  /// Where other servers on the same database reach this one. As `publicURL`.
  package var nodeURL: String?
  /// Where processes on the same database tell each other; nil: they look by themselves.
  package var redis: RedisAddress?
  private var keyPair: KeyPair?

  /// Certificate and key files.
  package struct TLSPaths: Hashable, Sendable {
    package let certificate: String
    package let key: String
  }

  /// Describes itself without the secret, so that no print of a configuration leaks it.
  private struct KeyPair: Hashable, Sendable, CustomStringConvertible {
    let key: String
    let secret: String
    var description: String { "\(key):(redacted)" }
  }

  /// Checks the merged values of all sources.
  package init(_ source: ConfigSource) throws(ConfigError) {
    let reader = Reader(source: source)
    http = try reader.parse(.http) { SocketAddress($0) }
    udpPort = try reader.parse(.udpPort) { UInt16($0) }
    data = try reader.parse(.data) { $0.isEmpty ? nil : $0 }
    preferCodec = try reader.parse(.preferCodec) { text in
      Codec.allCases.first { $0.isVideo && $0.name.lowercased() == text.lowercased() }
    }
    workers = try reader.optional(.workers) { Int($0) }
    retentionDays = try reader.optional(.retentionDays) { Int($0) }
    mediaAddresses = try reader.list(.mediaIP) { text in
      // The wildcard is where sockets listen; nobody can be sent there.
      IPAddress(text).flatMap { $0.isUnspecified ? nil : $0 }
    }
    allowedOrigins = try reader.list(.allowedOrigin) { ServerConfiguration.origin($0) }
    trustedProxies = try reader.list(.trustedProxies) { AddressRange($0) }
    hooks = try reader.list(.hook) { HookTarget($0) }
    hookAllowed = try reader.list(.hookAllow) { SocketAddress($0) }
    guard Set(hooks.map(\.merchant)).count == hooks.count else {
      throw ConfigError("hook: each merchant has one URL here; others are made over REST")
    }
    for named in try reader.list(.hookTopics, { HookTopics($0) }) {
      let place = reader.place(of: .hookTopics)
      guard let index = hooks.firstIndex(where: { $0.merchant == named.merchant }) else {
        throw ConfigError("\(place): the merchant \(named.merchant) has no hook")
      }
      var topics = hooks[index].topics ?? []
      for topic in try named.topics(at: place) where !topics.contains(topic) {
        topics.append(topic)
      }
      hooks[index].topics = topics
    }
    logLevel = try reader.parse(.logLevel) { LogLevel(rawValue: $0) }
    gifts = try reader.optional(.gifts) { $0.isEmpty ? nil : $0 }
    hls = try reader.optional(.hls) { HLSPlace($0) }
    accessKey = try reader.optional(.accessKey) { $0.isEmpty ? nil : $0 }
    guard accessKey == nil || hls != nil else {
      throw ConfigError("access-key needs hls: it signs those addresses")
    }
    hlsLicences = try reader.list(.hlsLicences) { LicencePlace($0) }
    guard hlsLicences.isEmpty || hls != nil else {
      throw ConfigError("hls-licences needs hls: they are for what is played there")
    }
    webRTCViewers = try reader.optional(.webRTCViewers) { Int($0) }
    guard webRTCViewers == nil || hls != nil else {
      throw ConfigError("webrtc-viewers needs hls: who finds no seat is sent there")
    }
    web = try reader.optional(.web) { $0.isEmpty ? nil : $0 }
    let pair = try reader.pair(.tlsCert, .tlsKey)
    tls = pair.map { TLSPaths(certificate: $0.0, key: $0.1) }
    keyPair = try reader.pair(.apiKey, .apiSecret).map { KeyPair(key: $0.0, secret: $0.1) }
    store = try reader.parse(.store) { StoreChoice($0) }
    publicURL = try reader.optional(.publicURL) { ServerConfiguration.ownOrigin($0) }
    nodeURL = try reader.optional(.nodeURL) { ServerConfiguration.ownOrigin($0) }
    redis = try reader.optional(.redis) { RedisAddress($0) }
  }

  /// `*` or an origin as browsers write it (RFC 6454 section 6.2), in lower case: a path, a slash at
  /// the end or a user would never match.
  private static func origin(_ text: String) -> String? {
    let lowered = text.lowercased()
    if lowered == "*" { return lowered }
    let scheme = ["http://", "https://"].first { lowered.hasPrefix($0) }
    guard let scheme else { return nil }
    let authority = lowered.dropFirst(scheme.count).utf8
    let isPlain = authority.allSatisfy { byte in
      (97...122).contains(byte) || (48...58).contains(byte) || [45, 46, 91, 93].contains(byte)
    }
    return authority.isEmpty || !isPlain ? nil : lowered
  }

  /// An origin of this server's own.
  private static func ownOrigin(_ text: String) -> String? {
    origin(text).flatMap { $0 == "*" ? nil : $0 }
  }

  /// Reads values of a source with errors that name place and form.
  private struct Reader {
    let source: ConfigSource

    func parse<Value>(_ key: ConfigKey, _ body: (String) -> Value?) throws(ConfigError) -> Value {
      let value = source.values[key]
      let text = value?.text ?? key.fallback ?? ""
      guard let range = key.range else {
        if let parsed = body(text) { return parsed }
        throw wrong(key, text)
      }
      guard let number = Int(text), range.contains(number), let parsed = body(text) else {
        let place = value?.place ?? key.rawValue
        throw ConfigError(
          "\(place): \(text) is not within \(range.lowerBound)...\(range.upperBound)")
      }
      return parsed
    }

    /// Where a key was set.
    func place(of key: ConfigKey) -> String { source.values[key]?.place ?? key.rawValue }

    /// The error for a value that is not of the key's form.
    private func wrong(_ key: ConfigKey, _ text: String) -> ConfigError {
      let place = place(of: key)
      let shown = key.isSecret ? "this value" : "\"\(text)\""
      return ConfigError("\(place): \(shown) is not \(key.form)")
    }

    func optional<Value>(_ key: ConfigKey, _ body: (String) -> Value?) throws(ConfigError) -> Value?
    {
      source.values[key] == nil ? nil : try parse(key, body)
    }

    func list<Value>(_ key: ConfigKey, _ body: (String) -> Value?) throws(ConfigError) -> [Value] {
      guard let value = source.values[key] else { return [] }
      var parsed: [Value] = []
      for part in value.text.split(separator: ",") {
        guard let item = body(String(part.filter { $0 != " " })) else {
          throw wrong(key, String(part))
        }
        parsed.append(item)
      }
      return parsed
    }

    func pair(_ first: ConfigKey, _ second: ConfigKey) throws(ConfigError) -> (String, String)? {
      switch (source.values[first], source.values[second]) {
      case (nil, nil): return nil
      case (let a?, let b?): return (a.text, b.text)
      case (let a, _):
        let missing = a == nil ? first : second
        throw ConfigError(
          "\(first.rawValue) and \(second.rawValue) go together: \(missing.rawValue) is missing")
      }
    }
  }
}
