// HMAC-SHA1 (RFC 2104) with the key prepared once: the code of STUN's MESSAGE-INTEGRITY and SRTP's tag.

/// An HMAC-SHA1 key, prepared. A plain value: computing with it allocates nothing and changes nothing.
///
/// OpenSSL 3.0's own HMAC duplicates a heap object per message, so the two hashes RFC 2104 section 2
/// asks for are run on OpenSSL's SHA-1 with the padded key already taken in.
package struct HMACSHA1: Sendable {
  /// The bytes of a whole tag.
  package static let byteCount = SHA1.byteCount

  private var inner = SHA1()
  private var outer = SHA1()

  /// Prepares `key`, of any length; a key longer than a block is hashed first (RFC 2104 section 3).
  package init(key: borrowing Span<UInt8>) {
    var block = InlineArray<64, UInt8>(repeating: 0)
    if key.count > SHA1.blockByteCount {
      var hash = SHA1()
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

  /// One tag being computed over bytes that arrive in pieces.
  package struct Computation {
    private var inner: SHA1
    private var outer: SHA1
    fileprivate init(inner: SHA1, outer: SHA1) {
      self.inner = inner
      self.outer = outer
    }

    /// Takes in more of the message.
    package mutating func update(_ bytes: borrowing Span<UInt8>) { inner.update(bytes) }

    /// Writes the 20-byte tag to the start of `tag`.
    ///
    /// - Parameter tag: at least 20 bytes, the caller's; a shorter one is our own bug and traps.
    package consuming func finish(into tag: inout MutableSpan<UInt8>) {
      var outer = outer
      inner.finish(into: &tag)
      outer.update(tag.span.extracting(first: SHA1.byteCount))
      outer.finish(into: &tag)
    }

    /// Whether `tag` is the tag of everything taken in, or its leading bytes; in constant time.
    ///
    /// - Parameter tag: 10...20 bytes: 10 is the shortest truncation in use (RFC 3711 section 5.2),
    ///   anything else is refused.
    package consuming func isValid(tag: borrowing Span<UInt8>) -> Bool {
      guard (10...SHA1.byteCount).contains(tag.count) else { return false }
      var expected = InlineArray<20, UInt8>(repeating: 0)
      var span = expected.mutableSpan
      finish(into: &span)
      return ConstantTime.equal(expected.span.extracting(first: tag.count), tag)
    }
  }

  /// Begins a tag over a message in pieces.
  package func begin() -> Computation { Computation(inner: inner, outer: outer) }

  /// Writes the 20-byte tag of `bytes` to the start of `tag`, which holds at least 20 bytes.
  package func write(over bytes: borrowing Span<UInt8>, into tag: inout MutableSpan<UInt8>) {
    var computation = begin()
    computation.update(bytes)
    computation.finish(into: &tag)
  }

  /// Whether `tag` (10...20 bytes) is the tag of `bytes`, or its leading bytes; in constant time.
  package func isValid(tag: borrowing Span<UInt8>, over bytes: borrowing Span<UInt8>) -> Bool {
    var computation = begin()
    computation.update(bytes)
    return computation.isValid(tag: tag)
  }
}
