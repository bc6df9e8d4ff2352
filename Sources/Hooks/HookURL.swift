// Where a webhook goes: an absolute http(s) URL, read strictly so that nobody reads it otherwise.

package import Wire

/// A checked URL. The host is a name to be looked up, or an address.
package struct HookURL: Hashable, Sendable {
  /// What stands before the path.
  package enum Host: Hashable, Sendable {
    /// In lower case.
    case name(String)
    case address(IPAddress)
  }

  package let isSecure: Bool
  package let host: Host
  package let port: UInt16
  /// The path and query as they are sent; begins with "/".
  package let target: String
  /// As it was written.
  package let text: String

  /// Reads `http(s)://HOST[:PORT][/PATH][?QUERY]`; nil for anything else.
  ///
  /// Refused: users and passwords, fragments, backslashes, spaces, characters outside ASCII, numbers
  /// that some resolver would take for an address (`127.1`, `0x7f000001`, `2130706433`), port 0.
  package init?(_ text: String) {
    guard (1...HookLimits.urlMax).contains(text.utf8.count),
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !HookURL.refused.contains($0) }),
      let (isSecure, rest) = HookURL.scheme(of: text)
    else { return nil }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    guard let (host, port) = HookURL.authority(rest[..<end], isSecure: isSecure) else { return nil }
    let path = rest[end...]
    let target = path.hasPrefix("/") ? String(path) : "/" + path
    guard HookURL.areEscapesWhole(target) else { return nil }
    self.isSecure = isSecure
    self.host = host
    self.port = port
    self.target = target
    self.text = text
  }

  /// `"#<>\^`{|}`: a fragment, or not of a URL (RFC 3986 appendix A). "@" and brackets are judged
  /// where they stand.
  private static let refused: Set<UInt8> = Set("\"#<>\\^`{|}".utf8)

  private static func scheme(of text: String) -> (isSecure: Bool, Substring)? {
    let lowered = text.prefix(8).lowercased()
    if lowered == "https://" { return (true, text.dropFirst(8)) }
    if lowered.hasPrefix("http://") { return (false, text.dropFirst(7)) }
    return nil
  }

  private static func authority(_ text: Substring, isSecure: Bool) -> (Host, UInt16)? {
    var hostText = text
    var port: UInt16 = isSecure ? 443 : 80
    let afterBracket = text.lastIndex(of: "]") ?? text.startIndex
    if let colon = text[afterBracket...].lastIndex(of: ":") {
      let digits = text[text.index(after: colon)...]
      guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy(isDigit),
        let value = UInt16(digits), value > 0
      else { return nil }
      port = value
      hostText = text[..<colon]
    }
    return host(hostText).map { ($0, port) }
  }

  private static func host(_ text: Substring) -> Host? {
    if text.hasPrefix("[") {
      let inner = text.dropFirst().dropLast()
      guard text.hasSuffix("]"), inner.contains(":") else { return nil }
      return IPAddress(inner).map { .address($0) }
    }
    let lowered = text.lowercased()
    let labels = lowered.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...253).contains(lowered.utf8.count), labels.allSatisfy(isLabel), let last = labels.last
    else { return nil }
    // A name whose last label is a number is an address to every resolver: only its one plain form
    // is taken.
    if last.utf8.allSatisfy(isDigit) || last.hasPrefix("0x") {
      return IPAddress(lowered).map { .address($0) }
    }
    return .name(lowered)
  }

  private static func isLabel(_ label: Substring) -> Bool {
    (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
      && label.utf8.allSatisfy { isDigit($0) || (97...122).contains($0) || $0 == 45 || $0 == 95 }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  private static func areEscapesWhole(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    for (index, byte) in bytes.enumerated() where byte == 0x25 {
      guard index + 2 < bytes.count, isHex(bytes[index + 1]), isHex(bytes[index + 2]) else {
        return false
      }
    }
    return true
  }

  private static func isHex(_ byte: UInt8) -> Bool {
    isDigit(byte) || (65...70).contains(byte) || (97...102).contains(byte)
  }

  /// For the `Host` field: without the scheme's own port.
  package var authority: String {
    let name =
      switch host {
      case .name(let name): name
      case .address(let ip): ip.isIPv4 ? "\(ip)" : "[\(ip)]"
      }
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  /// For logs: without path and query, which may hold a secret.
  package var origin: String { (isSecure ? "https://" : "http://") + authority }
}
