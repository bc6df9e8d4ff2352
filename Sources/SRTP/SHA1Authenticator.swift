// HMAC-SHA1 with both key blocks hashed once (RFC 2104 section 4). Unsafe lives here.

import COpenSSL

/// A prepared HMAC-SHA1 state. Copying two 96-byte states replaces two compressions per packet, and
/// unlike OpenSSL's EVP_MAC it allocates nothing.
struct SHA1Authenticator {
  private var inner = SHA_CTX()
  private var outer = SHA_CTX()

  /// Prepares `key`, at most one 64-byte block.
  ///
  /// - Throws: `.unknown` for a longer key.
  init(key: [UInt8]) throws(SRTPError) {
    guard key.count <= SHA1Authenticator.blockLength else { throw .unknown }
    var block = [UInt8](repeating: 0x36, count: SHA1Authenticator.blockLength)
    for (index, byte) in key.enumerated() { block[index] ^= byte }
    SHA1Authenticator.start(&inner, block)
    // 0x36 becomes 0x5C under the key that is already folded in.
    for index in block.indices { block[index] ^= 0x36 ^ 0x5C }
    SHA1Authenticator.start(&outer, block)
  }

  /// Writes the first `tagLength` (at most 20) bytes of the HMAC over `range` of `bytes`, followed by
  /// `trailer` where there is one, at `offset`.
  func authenticate(
    _ bytes: inout MutableSpan<UInt8>, _ range: Range<Int>, trailer: UInt32?, tagLength: Int,
    at offset: Int
  ) {
    let digest = digest(bytes, range, trailer: trailer)
    for index in 0..<tagLength { bytes[offset + index] = digest[index] }
  }

  /// Whether the `tagLength` (at most 20) bytes at `offset` are what `authenticate` would write there.
  func isAuthentic(
    _ bytes: borrowing MutableSpan<UInt8>, _ range: Range<Int>, trailer: UInt32?, tagLength: Int,
    at offset: Int
  ) -> Bool {
    let digest = digest(bytes, range, trailer: trailer)
    // All bytes are looked at, whichever differs: the time taken tells a forger nothing.
    var difference: UInt8 = 0
    for index in 0..<tagLength { difference |= bytes[offset + index] ^ digest[index] }
    return difference == 0
  }

  /// The HMAC in the first 20 bytes.
  private func digest(
    _ bytes: borrowing MutableSpan<UInt8>, _ range: Range<Int>, trailer: UInt32?
  ) -> SIMD32<UInt8> {
    var hash = inner
    unsafe bytes.span.extracting(range).withUnsafeBufferPointer { text in
      _ = unsafe shim_SHA1_Update(&hash, text.baseAddress, text.count)
    }
    if let trailer {
      unsafe withUnsafeBytes(of: trailer.bigEndian) { word in
        _ = unsafe shim_SHA1_Update(&hash, word.baseAddress, 4)
      }
    }
    var digest = SIMD32<UInt8>(repeating: 0)
    unsafe withUnsafeMutableBytes(of: &digest) { digest in
      let pointer = unsafe digest.baseAddress?.assumingMemoryBound(to: UInt8.self)
      _ = unsafe shim_SHA1_Final(pointer, &hash)
      hash = outer
      _ = unsafe shim_SHA1_Update(&hash, pointer, SHA1Authenticator.digestLength)
      _ = unsafe shim_SHA1_Final(pointer, &hash)
    }
    return digest
  }

  private static func start(_ state: inout SHA_CTX, _ block: [UInt8]) {
    _ = unsafe shim_SHA1_Init(&state)
    unsafe block.withUnsafeBufferPointer { block in
      _ = unsafe shim_SHA1_Update(&state, block.baseAddress, block.count)
    }
  }

  private static let blockLength = 64
  private static let digestLength = 20
}
