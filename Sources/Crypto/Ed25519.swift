// Ed25519 (RFC 8032) by OpenSSL: signatures of webhooks that anyone can verify.

import COpenSSL

/// A key that signs. A plain value of 32 secret bytes; OpenSSL's form of it is made for each signature.
package struct Ed25519PrivateKey: Sendable {
  /// The bytes of a seed, of a public key, and of a signature.
  package static let seedByteCount = 32
  package static let publicKeyByteCount = 32
  package static let signatureByteCount = 64

  private let seed: [UInt8]
  /// The key that verifies.
  package let publicKey: Ed25519PublicKey

  /// A key of its 32-byte seed (RFC 8032 section 5.1.5); nil for any other length.
  package init?(seed: [UInt8]) {
    guard seed.count == Ed25519PrivateKey.seedByteCount, let key = OpenSSLKey(privateOf: seed)
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: Ed25519PrivateKey.publicKeyByteCount)
    var count = bytes.count
    guard unsafe EVP_PKEY_get_raw_public_key(key.pointer, &bytes, &count) == 1,
      let publicKey = Ed25519PublicKey(bytes: bytes)
    else { return nil }
    self.seed = seed
    self.publicKey = publicKey
  }

  /// The seed and the public key, as NaCl and Standard Webhooks write a private key: 64 bytes.
  package var bytes: [UInt8] { seed + publicKey.bytes }

  /// The 64-byte signature of `message`; nil only when memory is exhausted.
  package func sign(_ message: [UInt8]) -> [UInt8]? {
    guard let key = OpenSSLKey(privateOf: seed), let context = unsafe EVP_MD_CTX_new() else {
      return nil
    }
    defer { unsafe EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: Ed25519PrivateKey.signatureByteCount)
    var count = signature.count
    guard unsafe EVP_DigestSignInit(context, nil, nil, nil, key.pointer) == 1,
      unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1,
      count == signature.count
    else { return nil }
    return signature
  }
}

/// A key that verifies.
package struct Ed25519PublicKey: Hashable, Sendable {
  /// 32 bytes.
  package let bytes: [UInt8]

  /// A key of its 32 bytes; nil for any other length.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Ed25519PrivateKey.publicKeyByteCount else { return nil }
    self.bytes = bytes
  }

  /// Whether `signature` is this key's for `message`. Nothing here is secret.
  package func isValid(signature: [UInt8], of message: [UInt8]) -> Bool {
    guard signature.count == Ed25519PrivateKey.signatureByteCount,
      let key = OpenSSLKey(publicOf: bytes), let context = unsafe EVP_MD_CTX_new()
    else { return false }
    defer { unsafe EVP_MD_CTX_free(context) }
    return unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key.pointer) == 1
      && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

/// OpenSSL's form of a key, freed with the last reference.
@safe
private final class OpenSSLKey {
  let pointer: OpaquePointer

  init?(privateOf seed: [UInt8]) {
    guard
      let made = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
    else { return nil }
    unsafe pointer = made
  }

  init?(publicOf bytes: [UInt8]) {
    guard
      let made = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
    else { return nil }
    unsafe pointer = made
  }

  deinit { unsafe EVP_PKEY_free(pointer) }
}
