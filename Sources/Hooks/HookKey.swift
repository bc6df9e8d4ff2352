// The keys of webhooks as text: `whsec_`, `whsk_`, `whpk_` (Standard Webhooks 1.0.0, "Signature scheme").

package import Crypto

/// A key that signs messages to one endpoint, or verifies those from it. Never prints its secret.
package enum HookKey: Sendable, CustomStringConvertible, CustomReflectable {
  /// Shared by both sides: signs `v1`.
  case symmetric([UInt8])
  /// Ours alone: signs `v1a`.
  case asymmetric(Ed25519PrivateKey)
  /// The other side's: only verifies `v1a`.
  case verifying(Ed25519PublicKey)

  private static let symmetricPrefix = "whsec_"
  private static let privatePrefix = "whsk_"
  private static let publicPrefix = "whpk_"

  /// Reads a key's text; nil for anything else. A private key is its seed, or seed and public key.
  package init?(_ text: some StringProtocol) {
    if text.hasPrefix(HookKey.symmetricPrefix) {
      guard let bytes = Base64.decode(text.dropFirst(HookKey.symmetricPrefix.count)),
        HookLimits.secretBytes.contains(bytes.count)
      else { return nil }
      self = .symmetric(bytes)
    } else if text.hasPrefix(HookKey.privatePrefix) {
      guard let bytes = Base64.decode(text.dropFirst(HookKey.privatePrefix.count)),
        bytes.count == 32 || bytes.count == 64,
        let key = Ed25519PrivateKey(seed: Array(bytes.prefix(32))),
        bytes.count == 32 || key.bytes == bytes
      else { return nil }
      self = .asymmetric(key)
    } else if text.hasPrefix(HookKey.publicPrefix) {
      guard let bytes = Base64.decode(text.dropFirst(HookKey.publicPrefix.count)),
        let key = Ed25519PublicKey(bytes: bytes)
      else { return nil }
      self = .verifying(key)
    } else {
      return nil
    }
  }

  /// A new shared secret of 32 bytes.
  package static func makeSymmetric(_ random: inout RandomSource) -> HookKey {
    .symmetric(random.bytes(32))
  }

  /// A new pair; nil only when memory is exhausted.
  package static func makeAsymmetric(_ random: inout RandomSource) -> HookKey? {
    Ed25519PrivateKey(seed: random.bytes(32)).map { .asymmetric($0) }
  }

  /// The key's text. Secret, unless it only verifies: never log it.
  package var text: String {
    switch self {
    case .symmetric(let bytes): HookKey.symmetricPrefix + Base64.encode(bytes)
    case .asymmetric(let key): HookKey.privatePrefix + Base64.encode(key.bytes)
    case .verifying(let key): HookKey.publicPrefix + Base64.encode(key.bytes)
    }
  }

  package var description: String {
    switch self {
    case .symmetric: "\(HookKey.symmetricPrefix)(redacted)"
    case .asymmetric: "\(HookKey.privatePrefix)(redacted)"
    case .verifying: text
    }
  }

  /// Without children: `dump` reads a value's mirror, not its description.
  package var customMirror: Mirror { Mirror(self, children: [:]) }

  /// What the receiver is given: the shared secret itself, or the key that verifies.
  package var receiverText: String {
    switch self {
    case .symmetric, .verifying: text
    case .asymmetric(let key): HookKey.publicPrefix + Base64.encode(key.publicKey.bytes)
    }
  }
}
