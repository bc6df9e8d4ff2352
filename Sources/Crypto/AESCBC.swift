// AES-128 in CBC mode (NIST SP 800-38A) by OpenSSL, for media that players decrypt.

import COpenSSL

/// AES-128-CBC with a key and an initialization vector of 16 bytes each.
package enum AESCBC {
  /// The bytes of a key, a vector and a block.
  package static let byteCount = 16

  /// All pieces as one message, padded as PKCS #7 says; nil for a key or vector of another length, or when memory is
  /// exhausted. Allocates.
  package static func encrypt(_ pieces: [[UInt8]], key: [UInt8], vector: [UInt8]) -> [UInt8]? {
    guard key.count == byteCount, vector.count == byteCount,
      let context = unsafe EVP_CIPHER_CTX_new()
    else { return nil }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    guard unsafe EVP_EncryptInit_ex(context, EVP_aes_128_cbc(), nil, key, vector) == 1 else {
      return nil
    }
    let size = pieces.reduce(0) { $0 + $1.count }
    guard size < Int(Int32.max) - byteCount else { return nil }
    var isWhole = true
    let message = unsafe [UInt8](unsafeUninitializedCapacity: size + byteCount) { output, count in
      count = 0
      for piece in pieces {
        var written: Int32 = 0
        let start = unsafe output.baseAddress.map { unsafe $0 + count }
        let status = unsafe EVP_EncryptUpdate(context, start, &written, piece, Int32(piece.count))
        isWhole = isWhole && status == 1
        count += Int(written)
      }
      var written: Int32 = 0
      let start = unsafe output.baseAddress.map { unsafe $0 + count }
      let status = unsafe EVP_EncryptFinal_ex(context, start, &written)
      isWhole = isWhole && status == 1
      count += Int(written)
    }
    return isWhole ? message : nil
  }

  /// The message that `encrypt` made this of; nil for another key or vector length, a length that no message has, or
  /// padding that is none. Allocates.
  package static func decrypt(_ message: [UInt8], key: [UInt8], vector: [UInt8]) -> [UInt8]? {
    guard key.count == byteCount, vector.count == byteCount, !message.isEmpty,
      message.count % byteCount == 0, message.count < Int(Int32.max),
      let context = unsafe EVP_CIPHER_CTX_new()
    else { return nil }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    guard unsafe EVP_DecryptInit_ex(context, EVP_aes_128_cbc(), nil, key, vector) == 1 else {
      return nil
    }
    var isWhole = false
    let size = message.count
    let plain = unsafe [UInt8](unsafeUninitializedCapacity: size + byteCount) { output, count in
      var (body, rest): (Int32, Int32) = (0, 0)
      guard
        unsafe EVP_DecryptUpdate(context, output.baseAddress, &body, message, Int32(size)) == 1
      else { return }
      let end = unsafe output.baseAddress.map { unsafe $0 + Int(body) }
      isWhole = unsafe EVP_DecryptFinal_ex(context, end, &rest) == 1
      count = isWhole ? Int(body + rest) : 0
    }
    return isWhole ? plain : nil
  }

  /// Whole blocks as one chain, without padding; nil for a length that is no multiple of 16, a key or vector of
  /// another length, or when memory is exhausted. Allocates.
  package static func encrypt(blocks: [UInt8], key: [UInt8], vector: [UInt8]) -> [UInt8]? {
    guard key.count == byteCount, vector.count == byteCount, blocks.count % byteCount == 0,
      blocks.count < Int(Int32.max), let context = unsafe EVP_CIPHER_CTX_new()
    else { return nil }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    guard unsafe EVP_EncryptInit_ex(context, EVP_aes_128_cbc(), nil, key, vector) == 1,
      unsafe EVP_CIPHER_CTX_set_padding(context, 0) == 1
    else { return nil }
    var isWhole = false
    let message = unsafe [UInt8](unsafeUninitializedCapacity: blocks.count) { output, count in
      var written: Int32 = 0
      let status = unsafe EVP_EncryptUpdate(
        context, output.baseAddress, &written, blocks, Int32(blocks.count))
      count = Int(written)
      isWhole = status == 1 && count == blocks.count
    }
    return isWhole ? message : nil
  }
}
