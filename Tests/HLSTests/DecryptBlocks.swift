// AES-128-CBC without padding undone by OpenSSL, for the tests.

import COpenSSL
import Testing

/// The blocks of one chain in the clear.
func decryptedBlocks(_ message: [UInt8], key: [UInt8], vector: [UInt8]) throws -> [UInt8] {
  let context = unsafe try #require(EVP_CIPHER_CTX_new())
  defer { unsafe EVP_CIPHER_CTX_free(context) }
  var plain = [UInt8](repeating: 0, count: message.count + 16)
  var count: Int32 = 0
  let began = unsafe EVP_DecryptInit_ex(context, EVP_aes_128_cbc(), nil, key, vector)
  let unpadded = unsafe EVP_CIPHER_CTX_set_padding(context, 0)
  let went = unsafe EVP_DecryptUpdate(context, &plain, &count, message, Int32(message.count))
  try #require(began == 1 && unpadded == 1 && went == 1 && Int(count) == message.count)
  return Array(plain.prefix(Int(count)))
}
