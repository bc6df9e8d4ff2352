// The other side's candidate lines (RFC 8839 section 5.1).

package import ICE
import Wire

/// A parsed `a=candidate` value.
package struct CandidateLine: Hashable, Sendable {
  package var component: UInt16
  /// Lower case: `udp`, `tcp`.
  package var transport: String
  package var priority: UInt32
  /// An address or a name such as `….local`.
  package var host: String
  package var port: UInt16
  /// `host`, `srflx`, `prflx`, `relay` or a new one.
  package var type: String
  /// `active`, `passive` or `so` for TCP (RFC 6544).
  package var tcpType: String?

  /// Parses what follows `candidate:`; nil when it breaks the grammar.
  package init?(_ text: String) {
    let fields = text.utf8.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
    guard fields.count >= 8, fields[6] == "typ", (1...32).contains(fields[0].utf8.count),
      ICECharacters.areAll(fields[0]), let component = Self.number(fields[1], UInt16.self),
      (1...256).contains(component), let priority = Self.number(fields[3], UInt32.self),
      let port = Self.number(fields[5], UInt16.self), fields.count % 2 == 0
    else { return nil }
    self.component = component
    transport = fields[2].lowercased()
    self.priority = priority
    host = fields[4]
    self.port = port
    type = fields[7]
    for index in stride(from: 8, to: fields.count, by: 2) where fields[index] == "tcptype" {
      tcpType = fields[index + 1]
    }
  }

  private static func number<T: FixedWidthInteger>(_ text: String, _ type: T.Type) -> T? {
    guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return T(text)
  }

  /// The candidate where we could send checks to it: component 1, an IP address, UDP or passive
  /// TCP; else nil.
  package var remote: RemoteCandidate? {
    guard component == 1, port > 0, let ip = IPAddress(host) else { return nil }
    let address = SocketAddress(ip: ip, port: port)
    switch (transport, tcpType) {
    case ("udp", _): return RemoteCandidate(transport: .udp, address: address, priority: priority)
    case ("tcp", "passive"):
      return RemoteCandidate(transport: .tcpPassive, address: address, priority: priority)
    default: return nil
    }
  }

  /// Parses all lines and keeps the ones we could use, each once.
  ///
  /// - Throws: `.malformedCandidate` for a line that breaks the grammar.
  static func usable(_ lines: [String]) throws(NegotiationRefusal) -> [RemoteCandidate] {
    var result: [RemoteCandidate] = []
    var seen: Set<RemoteCandidate> = []
    for line in lines {
      guard let parsed = CandidateLine(line) else { throw .malformedCandidate }
      guard let candidate = parsed.remote, result.count < NegotiationLimits.candidatesMax,
        seen.insert(candidate).inserted
      else { continue }
      result.append(candidate)
    }
    return result
  }
}

/// The characters of ICE's texts.
enum ICECharacters {
  /// Whether all are letters, digits, `+` or `/` (RFC 8839 section 5.1, ice-char). `-`, `_` and `=`,
  /// which do no harm, are let through as well.
  static func areAll(_ text: String) -> Bool {
    text.utf8.allSatisfy { byte in
      switch byte {
      case 0x2B, 0x2D, 0x2F, 0x30...0x39, 0x3D, 0x41...0x5A, 0x5F, 0x61...0x7A: true
      default: false
      }
    }
  }

  /// The credentials, where they are as RFC 8839 section 5.4 wants them.
  static func credentials(
    ufrag: String?, password: String?
  ) throws(NegotiationRefusal) -> ICECredentials {
    guard let ufrag, let password else { throw .missingICECredentials }
    guard (4...256).contains(ufrag.utf8.count), (22...256).contains(password.utf8.count),
      areAll(ufrag), areAll(password)
    else { throw .malformedICECredentials }
    return ICECredentials(ufrag: ufrag, password: password)
  }
}
