// SHA-256 (FIPS 180-4) by OpenSSL, as a plain value that never allocates.

import COpenSSL

/// A SHA-256 computation in progress. A plain value: copying it forks the computation.
package struct SHA256: Sendable {
  /// The bytes of a digest.
  package static let byteCount = 32
  /// The bytes of one block, which is also the longest HMAC key used as it is.
  static let blockByteCount = 64

  private var context = SHA256_CTX()

  /// A computation over nothing yet.
  package init() { unsafe SHA256_Init(&context) }

  /// Takes in more bytes.
  package mutating func update(_ bytes: borrowing Span<UInt8>) {
    unsafe bytes.withUnsafeBytes { raw in
      _ = unsafe SHA256_Update(&context, raw.baseAddress, raw.count)
    }
  }

  /// Writes the digest of everything taken in to the first 32 bytes of `digest`.
  ///
  /// - Parameter digest: at least 32 bytes, the caller's; a shorter one is our own bug and traps.
  package consuming func finish(into digest: inout MutableSpan<UInt8>) {
    precondition(digest.count >= SHA256.byteCount)  // Sized by our own code, never by the wire.
    var context = context
    unsafe digest.withUnsafeMutableBytes { raw in
      let start = unsafe raw.bindMemory(to: UInt8.self).baseAddress
      _ = unsafe SHA256_Final(start, &context)
    }
  }

  /// The digest of `bytes` as a new array. Allocates: not for the packet path.
  package static func digest(_ bytes: borrowing Span<UInt8>) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: byteCount)
    var computation = SHA256()
    computation.update(bytes)
    var span = digest.mutableSpan
    computation.finish(into: &span)
    return digest
  }
}
