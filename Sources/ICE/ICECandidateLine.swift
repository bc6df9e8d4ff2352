// The value of an SDP candidate attribute, read and written (RFC 8839 section 5.1, RFC 6544 section 4.5).

package import Wire

/// One candidate as text carries it. Reading is total; nothing is ever resolved or contacted here.
package struct ICECandidateLine: Hashable, Sendable {
  package enum Transport: String, Hashable, Sendable { case udp, tcp }

  package enum Kind: String, Hashable, Sendable {
    case host, srflx, prflx, relay
  }

  /// RFC 6544 section 4.5.
  package enum TCPType: String, Hashable, Sendable {
    case active, passive
    case simultaneousOpen = "so"
  }

  /// Where the candidate is.
  package enum Host: Hashable, Sendable {
    case address(IPAddress)
    /// A name that stays one, such as a browser's `….local` (mDNS): legal, and of no use to us.
    case unresolved(String)
  }

  /// 1...32 ice-chars.
  package var foundation: String
  /// 1...256.
  package var component: Int
  package var transport: Transport
  /// 1...2^31-1.
  package var priority: UInt32
  package var host: Host
  package var port: UInt16
  package var kind: Kind
  /// Present exactly when the transport is TCP.
  package var tcpType: TCPType?

  /// Longer lines are refused: the longest a browser writes has about 250 bytes.
  package static let lineBytesMax = 512
  /// Names longer than DNS allows are refused (RFC 1035 section 2.3.4).
  fileprivate static let nameBytesMax = 253

  package init(
    foundation: String, component: Int = 1, transport: Transport, priority: UInt32, host: Host,
    port: UInt16, kind: Kind, tcpType: TCPType? = nil
  ) {
    self.foundation = foundation
    self.component = component
    self.transport = transport
    self.priority = priority
    self.host = host
    self.port = port
    self.kind = kind
    self.tcpType = tcpType
  }

  /// Our own host candidate over UDP, the `index`th of our addresses.
  package static func hostUDP(_ address: SocketAddress, index: Int) -> ICECandidateLine {
    ICECandidateLine(
      foundation: String(2 * index + 1), transport: .udp,
      priority: ICEPriority.hostUDP(index: index), host: .address(address.ip), port: address.port,
      kind: .host)
  }

  /// Our own passive host candidate over TCP, the `index`th of our addresses.
  package static func hostTCP(_ address: SocketAddress, index: Int) -> ICECandidateLine {
    ICECandidateLine(
      foundation: String(2 * index + 2), transport: .tcp,
      priority: ICEPriority.hostTCP(index: index), host: .address(address.ip), port: address.port,
      kind: .host, tcpType: .passive)
  }

  /// The candidate as an agent takes it; nil for what cannot be contacted: names, active TCP, port 0,
  /// other components.
  package var remoteCandidate: RemoteCandidate? {
    guard component == 1, port != 0, case .address(let ip) = host, !ip.isUnspecified else {
      return nil
    }
    let address = SocketAddress(ip: ip, port: port)
    switch (transport, tcpType) {
    case (.udp, _): return RemoteCandidate(transport: .udp, address: address, priority: priority)
    case (.tcp, .passive):
      return RemoteCandidate(transport: .tcpPassive, address: address, priority: priority)
    case (.tcp, _): return nil
    }
  }
}

extension ICECandidateLine {
  /// Reads `candidate:…`, with or without `a=` before it.
  ///
  /// Nil for text that breaks the grammar or its ranges, is longer than `lineBytesMax`, has a transport
  /// other than UDP and TCP, or TCP without a tcptype. Extensions other than tcptype are passed over.
  package init?(_ text: some StringProtocol) {
    guard text.utf8.count <= ICECandidateLine.lineBytesMax, text.utf8.allSatisfy({ $0 < 0x80 })
    else { return nil }
    var rest = Substring(text)
    if rest.hasPrefix("a=") { rest = rest.dropFirst(2) }
    guard rest.hasPrefix("candidate:") else { return nil }
    let fields = rest.dropFirst("candidate:".count).split(
      separator: " ", omittingEmptySubsequences: false)
    guard fields.count >= 8, fields.count % 2 == 0, !fields.contains(where: \.isEmpty),
      fields[6] == "typ", let kind = Kind(rawValue: String(fields[7])),
      let transport = Transport(rawValue: fields[2].lowercased()),
      let component = ICECandidateLine.number(fields[1], in: 1...256),
      let priority = ICECandidateLine.number(fields[3], in: 1...0x7FFF_FFFF),
      let host = Host(fields[4]),
      let port = ICECandidateLine.number(fields[5], in: 0...65_535),
      (1...32).contains(fields[0].utf8.count), fields[0].utf8.allSatisfy(isICECharacter)
    else { return nil }
    var tcpType: TCPType?
    if transport == .tcp {
      tcpType = ICECandidateLine.value(of: "tcptype", in: fields).flatMap {
        TCPType(rawValue: $0.lowercased())
      }
      guard tcpType != nil else { return nil }
    }
    self.init(
      foundation: String(fields[0]), component: component, transport: transport,
      priority: UInt32(priority), host: host, port: UInt16(port), kind: kind, tcpType: tcpType)
  }

  /// A plain decimal number: digits only, no sign.
  private static func number(_ text: Substring, in range: ClosedRange<Int>) -> Int? {
    guard (1...10).contains(text.utf8.count),
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let value = Int(text), range.contains(value)
    else { return nil }
    return value
  }

  /// The value of the extension `name`, which follows the eight fixed fields.
  private static func value(of name: String, in fields: [Substring]) -> Substring? {
    for index in stride(from: 8, to: fields.count - 1, by: 2) where fields[index] == name {
      return fields[index + 1]
    }
    return nil
  }
}

extension ICECandidateLine.Host {
  fileprivate init?(_ text: Substring) {
    if let ip = IPAddress(text) {
      self = .address(ip)
    } else if text.utf8.count <= ICECandidateLine.nameBytesMax,
      text.utf8.allSatisfy(isNameCharacter),
      text.utf8.contains(where: { $0 > UInt8(ascii: "9") })
    {
      self = .unresolved(String(text))
    } else {
      return nil
    }
  }
}

/// Letters, digits, hyphen and dot. A name has at least one letter, so that no broken address is one.
private func isNameCharacter(_ byte: UInt8) -> Bool {
  isICECharacter(byte) && byte != UInt8(ascii: "+") && byte != UInt8(ascii: "/")
    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
}

extension ICECandidateLine: CustomStringConvertible {
  /// The attribute's value, beginning with `candidate:`.
  package var description: String {
    let place =
      switch host {
      case .address(let ip): ip.description
      case .unresolved(let name): name
      }
    var text = "candidate:\(foundation) \(component) \(transport.rawValue) \(priority) "
    text += "\(place) \(port) typ \(kind.rawValue)"
    // RFC 8839 section 5.1: what is not a host candidate has a related address; we tell no one's.
    if kind != .host { text += " raddr 0.0.0.0 rport 9" }
    if let tcpType { text += " tcptype \(tcpType.rawValue)" }
    return text
  }
}
