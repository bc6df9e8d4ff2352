// The configuration of a server, checked.

package import RTP
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
  package var preferCodec: Codec
  package var web: String?
  private var keyPair: KeyPair?

  /// Certificate and key files.
  package struct TLSPaths: Hashable, Sendable {
    package let certificate: String
    package let key: String
  }

  private struct KeyPair: Hashable, Sendable {
    let key: String
    let secret: String
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
    workers = try reader.optional(.workers) { Int($0).flatMap { (1...36).contains($0) ? $0 : nil } }
    mediaAddresses = try reader.list(.mediaIP) { IPAddress($0) }
    allowedOrigins = try reader.list(.allowedOrigin) { text in
      text == "*" || text.hasPrefix("http://") || text.hasPrefix("https://") ? text : nil
    }
    web = try reader.optional(.web) { $0.isEmpty ? nil : $0 }
    let pair = try reader.pair(.tlsCert, .tlsKey)
    tls = pair.map { TLSPaths(certificate: $0.0, key: $0.1) }
    keyPair = try reader.pair(.apiKey, .apiSecret).map { KeyPair(key: $0.0, secret: $0.1) }
    _ = try reader.parse(.store) { $0 == "sqlite" ? $0 : nil }
    if let redis = source.values[.redis] {
      throw ConfigError("\(redis.place): redis is not supported yet")
    }
  }

  /// Reads values of a source with errors that name place and form.
  private struct Reader {
    let source: ConfigSource

    func parse<Value>(_ key: ConfigKey, _ body: (String) -> Value?) throws(ConfigError) -> Value {
      let value = source.values[key]
      guard let parsed = body(value?.text ?? key.fallback ?? "") else {
        throw ConfigError(
          "\(value?.place ?? key.rawValue): \"\(value?.text ?? "")\" is not \(key.form)")
      }
      return parsed
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
          throw ConfigError("\(value.place): \"\(part)\" is not \(key.form)")
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
