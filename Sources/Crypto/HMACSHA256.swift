// HMAC-SHA256 (RFC 2104, RFC 4231) with the key prepared once: tokens, webhook signatures, TURN secrets.

/// An HMAC-SHA256 key, prepared. A plain value: computing with it allocates nothing and changes nothing.
package struct HMACSHA256: Sendable {
  /// The bytes of a tag.
  package static let byteCount = SHA256.byteCount

  private var inner = SHA256()
  private var outer = SHA256()

  /// Prepares `key`, of any length; a key longer than a block is hashed first (RFC 2104 section 3).
  package init(key: borrowing Span<UInt8>) {
    var block = InlineArray<64, UInt8>(repeating: 0)
    if key.count > SHA256.blockByteCount {
      var hash = SHA256()
      hash.update(key)
      var span = block.mutableSpan
      hash.finish(into: &span)
    } else {
      for index in 0..<key.count { block[index] = key[index] }
    }
    for index in block.indices { block[index] ^= 0x36 }  // ipad
    inner.update(block.span)
    for index in block.indices { block[index] ^= 0x36 ^ 0x5C }  // opad
    outer.update(block.span)
  }

  /// Writes the 32-byte tag of `bytes` to the start of `tag`.
  ///
  /// - Parameter tag: at least 32 bytes, the caller's; a shorter one is our own bug and traps.
  package func write(over bytes: borrowing Span<UInt8>, into tag: inout MutableSpan<UInt8>) {
    var inner = inner
    var outer = outer
    inner.update(bytes)
    inner.finish(into: &tag)
    outer.update(tag.span.extracting(first: SHA256.byteCount))
    outer.finish(into: &tag)
  }

  /// The tag of `bytes` as a new array. Allocates: not for the packet path.
  package func tag(over bytes: borrowing Span<UInt8>) -> [UInt8] {
    var tag = [UInt8](repeating: 0, count: HMACSHA256.byteCount)
    var span = tag.mutableSpan
    write(over: bytes, into: &span)
    return tag
  }

  /// Whether `tag` is the whole 32-byte tag of `bytes`; in constant time.
  package func isValid(tag: borrowing Span<UInt8>, over bytes: borrowing Span<UInt8>) -> Bool {
    var expected = InlineArray<32, UInt8>(repeating: 0)
    var span = expected.mutableSpan
    write(over: bytes, into: &span)
    return ConstantTime.equal(expected.span, tag)
  }
}
