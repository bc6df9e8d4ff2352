// Signing and verifying messages as Standard Webhooks 1.0.0 says.

import Crypto
import Wire

/// The three headers of a message.
package struct HookHeaders: Hashable, Sendable {
  package var id: String
  /// Seconds since 1970 when it was sent, as text.
  package var timestamp: String
  /// One or more signatures, separated by spaces.
  package var signature: String

  package static let idName = "webhook-id"
  package static let timestampName = "webhook-timestamp"
  package static let signatureName = "webhook-signature"

  package init(id: String, timestamp: String, signature: String) {
    self.id = id
    self.timestamp = timestamp
    self.signature = signature
  }
}

/// Why a message is not believed. What is wrong is told, what would be right is not.
package enum HookRefusal: Error, Hashable, Sendable {
  case missingHeader
  case badTimestamp
  case tooOld
  case tooNew
  case wrongSignature
}

/// The signature scheme.
package enum HookSignature {
  /// The headers of a message that is sent now.
  ///
  /// - Parameters:
  ///   - keys: each signs, so that a receiver may hold any of them while they are changed; those that
  ///     only verify are passed over.
  ///   - seconds: since 1970.
  package static func sign(id: String, seconds: Int64, body: [UInt8], keys: [HookKey])
    -> HookHeaders
  {
    let timestamp = String(seconds)
    let content = content(id: id, timestamp: timestamp, body: body)
    let signatures = keys.compactMap { signature(of: content, by: $0) }
    return HookHeaders(
      id: id, timestamp: timestamp, signature: signatures.joined(separator: " "))
  }

  private static func signature(of content: [UInt8], by key: HookKey) -> String? {
    switch key {
    case .symmetric(let secret):
      "v1," + Base64.encode(HMACSHA256(key: secret.span).tag(over: content.span))
    case .asymmetric(let key): key.sign(content).map { "v1a," + Base64.encode($0) }
    case .verifying: nil
    }
  }

  /// Checks that a message is signed by the owner of one of `keys`, and now.
  ///
  /// - Parameter seconds: the time, since 1970.
  package static func verify(
    _ headers: HookHeaders, body: [UInt8], keys: [HookKey], seconds: Int64
  ) throws(HookRefusal) {
    guard (1...HookLimits.idMax).contains(headers.id.utf8.count), !headers.signature.isEmpty else {
      throw .missingHeader
    }
    guard let sent = decimal(headers.timestamp) else { throw .badTimestamp }
    guard sent >= seconds - HookLimits.toleranceSeconds else { throw .tooOld }
    guard sent <= seconds + HookLimits.toleranceSeconds else { throw .tooNew }
    let content = content(id: headers.id, timestamp: headers.timestamp, body: body)
    let signatures = headers.signature.split(separator: " ").prefix(HookLimits.signaturesMax)
    for signature in signatures {
      let parts = signature.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let bytes = Base64.decode(parts[1]) else { continue }
      for key in keys where isValid(bytes, version: parts[0], of: content, by: key) { return }
    }
    throw .wrongSignature
  }

  private static func isValid(
    _ signature: [UInt8], version: Substring, of content: [UInt8], by key: HookKey
  ) -> Bool {
    switch (version, key) {
    case ("v1", .symmetric(let secret)):
      HMACSHA256(key: secret.span).isValid(tag: signature.span, over: content.span)
    case ("v1a", .asymmetric(let key)): key.publicKey.isValid(signature: signature, of: content)
    case ("v1a", .verifying(let key)): key.isValid(signature: signature, of: content)
    default: false
    }
  }

  /// What is signed: id, time and body, joined by full stops.
  private static func content(id: String, timestamp: String, body: [UInt8]) -> [UInt8] {
    Array("\(id).\(timestamp).".utf8) + body
  }

  /// Digits only, at most twelve: no sign, no spaces, no fraction.
  private static func decimal(_ text: String) -> Int64? {
    guard (1...12).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    return Int64(text)
  }
}
