// Where a store is: `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`.

/// A bucket, a prefix in it, and the server that has it.
package struct StoreAddress: Hashable, Sendable {
  package let bucket: String
  /// Without a slash at either end; empty for none.
  package let prefix: String
  package let region: String
  package let isSecure: Bool
  /// A name, or an address without brackets.
  package let host: String
  package let port: UInt16

  private static let bytesMax = 1024

  /// Reads an address; nil for what can't be meant: another scheme, names beyond letters, digits, `.`, `_`
  /// and `-`, a parameter that is not known.
  ///
  /// Without `endpoint` it is Amazon's of the region; without `region` that is `us-east-1`.
  package init?(_ text: String) {
    let scheme = "s3://"
    guard text.utf8.count <= StoreAddress.bytesMax, text.hasPrefix(scheme) else { return nil }
    let halves = text.dropFirst(scheme.count).split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var names = halves[0].split(separator: "/", omittingEmptySubsequences: false)
    if names.count > 1, names.last == "" { names.removeLast() }
    guard let bucket = names.first, names.allSatisfy(StoreAddress.isName) else { return nil }
    var values: [Substring: Substring] = [:]
    for pair in halves.count > 1 ? halves[1].split(separator: "&") : [] {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, ["endpoint", "region"].contains(parts[0]),
        values.updateValue(parts[1], forKey: parts[0]) == nil
      else { return nil }
    }
    let region = values["region"] ?? "us-east-1"
    guard StoreAddress.isName(region),
      let place = StoreAddress.place(values["endpoint"] ?? "https://s3.\(region).amazonaws.com")
    else { return nil }
    self.bucket = String(bucket)
    prefix = names.dropFirst().joined(separator: "/")
    self.region = String(region)
    (isSecure, host, port) = place
  }

  /// The path of an object, not encoded. Buckets are named in the path, which every store understands.
  package func path(of key: String) -> String {
    prefix.isEmpty ? "/\(bucket)/\(key)" : "/\(bucket)/\(prefix)/\(key)"
  }

  /// For the `Host` field: without the scheme's own port.
  package var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  private static func isName(_ text: Substring) -> Bool {
    (1...255).contains(text.utf8.count) && text != "." && text != ".."
      && text.utf8.allSatisfy { isAlphanumeric($0) || ".-_".utf8.contains($0) }
  }

  private static func place(_ text: Substring) -> (Bool, String, UInt16)? {
    let isSecure = text.hasPrefix("https://")
    guard isSecure || text.hasPrefix("http://") else { return nil }
    var rest = text.dropFirst(isSecure ? 8 : 7)
    if rest.hasSuffix("/") { rest.removeLast() }
    var host = rest
    var port: UInt16 = isSecure ? 443 : 80
    let bracket = rest.lastIndex(of: "]") ?? rest.startIndex
    if let colon = rest[bracket...].lastIndex(of: ":") {
      guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else { return nil }
      port = number
      host = rest[..<colon]
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":") else { return nil }
    } else if host.contains(":") {
      return nil
    }
    guard (1...253).contains(host.utf8.count),
      host.utf8.allSatisfy({ isAlphanumeric($0) || ".-:".utf8.contains($0) })
    else { return nil }
    return (isSecure, String(host), port)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case _: false
    }
  }
}

extension StoreAddress: CustomStringConvertible {
  /// For logs.
  package var description: String {
    "s3://\(bucket)\(prefix.isEmpty ? "" : "/" + prefix) at \(authority)"
  }
}
