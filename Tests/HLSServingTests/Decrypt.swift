// AES-128-CBC undone by OpenSSL, for the tests.

import COpenSSL
import Testing

/// The message, its padding checked and gone.
func decrypted(_ message: [UInt8], key: [UInt8], vector: [UInt8]) throws -> [UInt8] {
  let context = unsafe try #require(EVP_CIPHER_CTX_new())
  defer { unsafe EVP_CIPHER_CTX_free(context) }
  var plain = [UInt8](repeating: 0, count: message.count + 16)
  var count: Int32 = 0
  var rest: Int32 = 0
  let began = unsafe EVP_DecryptInit_ex(context, EVP_aes_128_cbc(), nil, key, vector)
  let size = Int32(message.count)
  let went = unsafe EVP_DecryptUpdate(context, &plain, &count, message, size)
  let ended = unsafe plain.withUnsafeMutableBufferPointer { buffer in
    unsafe EVP_DecryptFinal_ex(context, buffer.baseAddress.map { unsafe $0 + Int(count) }, &rest)
  }
  try #require(began == 1 && went == 1 && ended == 1)
  return Array(plain.prefix(Int(count + rest)))
}
