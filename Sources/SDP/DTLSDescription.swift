// The DTLS attributes of one level of a description (RFC 8122 section 5, RFC 4145 section 4).

/// What one level says about DTLS.
package struct DTLSDescription: Hashable, Sendable {
  /// Who opens the DTLS association.
  package enum Setup: String, Hashable, Sendable {
    case active, passive, actpass, holdconn
  }

  package var fingerprints: [Fingerprint] = []
  package var setup: Setup?
  package init() {}

  mutating func take(_ name: Substring, _ value: Substring?) throws(SDPError.Fault) -> Bool {
    switch name {
    case "fingerprint":
      guard let value, let fingerprint = Fingerprint(value) else {
        throw .malformed("a=fingerprint")
      }
      fingerprints.append(fingerprint)
    case "setup":
      guard setup == nil else { throw .duplicate("a=setup") }
      guard let value, let setup = Setup(rawValue: String(value)) else {
        throw .malformed("a=setup")
      }
      self.setup = setup
    default: return false
    }
    return true
  }

  func write(_ out: inout SDPWriter) {
    for fingerprint in fingerprints { out.attribute("fingerprint", fingerprint.text) }
    if let setup { out.attribute("setup", setup.rawValue) }
  }
}

/// A certificate fingerprint with any hash function's name.
package struct Fingerprint: Hashable, Sendable {
  /// Lower case: `sha-256`.
  package var hashFunction: String
  /// 1...64 bytes; whether the length fits the hash function is for the reader to judge.
  package var digest: [UInt8]

  package init(hashFunction: String, digest: [UInt8]) {
    self.hashFunction = hashFunction
    self.digest = digest
  }

  init?(_ text: Substring) {
    let fields = text.fields()
    guard fields.count == 2, fields[0].isToken else { return nil }
    let pairs = fields[1].parts(UInt8(ascii: ":"), keepEmpty: true)
    // 64: the longest digest registered is SHA-512's.
    guard (1...64).contains(pairs.count) else { return nil }
    var digest: [UInt8] = []
    for pair in pairs {
      guard pair.utf8.count == 2, !pair.utf8.contains(UInt8(ascii: "+")),
        !pair.utf8.contains(UInt8(ascii: "-")), let byte = UInt8(pair, radix: 16)
      else { return nil }
      digest.append(byte)
    }
    self.init(hashFunction: fields[0].lowercased(), digest: digest)
  }

  var text: String {
    let pairs = digest.map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
    return hashFunction + " " + pairs.joined(separator: ":")
  }
}
