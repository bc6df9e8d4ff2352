// One AES-128 key schedule of OpenSSL, made once and reused for every packet. Unsafe lives here.

import COpenSSL

/// A reused EVP context for one direction: per packet only the initialization vector changes, so nothing is
/// allocated and no key is scheduled again.
@safe
struct BlockCipher: ~Copyable {
  enum Mode { case galoisCounter, counter }
  /// Counter mode does the same both ways.
  enum Direction { case encrypting, decrypting }

  private let context: OpaquePointer
  private let direction: Direction

  /// Schedules `key`, which must be 16 bytes.
  ///
  /// - Throws: `.unknown` for another length or when OpenSSL refuses.
  init(
    _ mode: Mode, _ direction: Direction = .encrypting, key: [UInt8]
  ) throws(SRTPError) {
    guard key.count == 16 else { throw .unknown }
    guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .unknown }
    let cipher =
      switch mode {
      case .galoisCounter: unsafe EVP_aes_128_gcm()
      case .counter: unsafe EVP_aes_128_ctr()
      }
    let status = unsafe key.withUnsafeBufferPointer { key in
      unsafe EVP_CipherInit_ex(
        context, cipher, nil, key.baseAddress, nil, direction == .encrypting ? 1 : 0)
    }
    guard status == 1 else {
      unsafe EVP_CIPHER_CTX_free(context)
      throw .unknown
    }
    unsafe self.context = context
    self.direction = direction
  }

  deinit { unsafe EVP_CIPHER_CTX_free(context) }

  /// Starts a packet. GCM uses the first 12 bytes of `vector`, counter mode all 16.
  func begin(_ vector: InitializationVector) throws(SRTPError) {
    let bytes = SIMD2(vector.high.bigEndian, vector.low.bigEndian)
    let status = unsafe withUnsafeBytes(of: bytes) { vector in
      // -1: the direction stays.
      unsafe EVP_CipherInit_ex(
        context, nil, nil, nil, vector.baseAddress?.assumingMemoryBound(to: UInt8.self), -1)
    }
    guard status == 1 else { throw .unknown }
  }

  /// Authenticates `range` of `bytes`, which stays in clear (GCM only, before any text).
  func authenticate(
    _ bytes: borrowing MutableSpan<UInt8>, _ range: Range<Int>
  ) throws(SRTPError) {
    var written: Int32 = 0
    let status = unsafe bytes.span.extracting(range).withUnsafeBufferPointer { text in
      unsafe EVP_CipherUpdate(context, nil, &written, text.baseAddress, Int32(text.count))
    }
    guard status == 1 else { throw .unknown }
  }

  /// Authenticates four bytes that are not in the packet at that place (GCM only).
  func authenticate(u32 value: UInt32) throws(SRTPError) {
    var written: Int32 = 0
    let status = unsafe withUnsafeBytes(of: value.bigEndian) { word in
      unsafe EVP_CipherUpdate(
        context, nil, &written, word.baseAddress?.assumingMemoryBound(to: UInt8.self), 4)
    }
    guard status == 1 else { throw .unknown }
  }

  /// Encrypts or decrypts `range` of `bytes` in place. An empty range does nothing.
  func crypt(_ bytes: inout MutableSpan<UInt8>, _ range: Range<Int>) throws(SRTPError) {
    guard !range.isEmpty else { return }
    var text = bytes._mutatingExtracting(range)
    var written: Int32 = 0
    let status = unsafe text.withUnsafeMutableBufferPointer { text in
      unsafe EVP_CipherUpdate(
        context, text.baseAddress, &written, text.baseAddress, Int32(text.count))
    }
    guard status == 1, Int(written) == range.count else { throw .unknown }
  }

  /// Ends a packet that was encrypted and writes its 16-byte tag at `offset` (GCM only).
  func finish(_ bytes: inout MutableSpan<UInt8>, tagAt offset: Int) throws(SRTPError) {
    var tag = bytes._mutatingExtracting(offset..<(offset + BlockCipher.tagLength))
    var written: Int32 = 0
    let status = unsafe tag.withUnsafeMutableBufferPointer { tag -> Int32 in
      // GCM has no final block: nothing is written here, but the tag is computed.
      guard unsafe EVP_CipherFinal_ex(context, tag.baseAddress, &written) == 1 else { return 0 }
      return unsafe EVP_CIPHER_CTX_ctrl(
        context, EVP_CTRL_AEAD_GET_TAG, Int32(BlockCipher.tagLength), tag.baseAddress)
    }
    guard status == 1 else { throw .unknown }
  }

  /// Ends a packet that was decrypted: its 16-byte tag at `offset` must be right (GCM only).
  ///
  /// - Throws: `.badAuthentication`; what was decrypted must then not be looked at.
  func verify(_ bytes: inout MutableSpan<UInt8>, tagAt offset: Int) throws(SRTPError) {
    assert(direction == .decrypting)
    var tag = bytes._mutatingExtracting(offset..<(offset + BlockCipher.tagLength))
    var written: Int32 = 0
    // GCM has no final block, so nothing is written; OpenSSL compares in constant time.
    var rest: UInt8 = 0
    let status = unsafe tag.withUnsafeMutableBufferPointer { tag -> Int32 in
      guard
        unsafe EVP_CIPHER_CTX_ctrl(
          context, EVP_CTRL_AEAD_SET_TAG, Int32(BlockCipher.tagLength), tag.baseAddress) == 1
      else { return 0 }
      return unsafe EVP_CipherFinal_ex(context, &rest, &written)
    }
    guard status == 1 else { throw .badAuthentication }
  }

  /// The whole GCM tag (RFC 7714 section 13).
  private static let tagLength = 16
}
