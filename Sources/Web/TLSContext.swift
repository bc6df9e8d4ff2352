// A certificate, its key and the TLS settings of the server (RFC 8446, RFC 5246, RFC 7301).

import COpenSSL

/// Where a server's certificate chain and private key lie, both PEM.
package struct TLSFiles: Sendable, Hashable {
  package let certificate: String
  package let key: String
  /// Paths of readable files.
  package init(certificate: String, key: String) {
    self.certificate = certificate
    self.key = key
  }
}

/// Why a certificate cannot be used.
package enum TLSFailure: Error, Hashable, Sendable {
  case unreadableCertificate, unreadableKey
  /// The key is not that of the certificate.
  case keyMismatch
  case libraryFailure
}

/// What all TLS connections made under one certificate share.
///
/// Sendable without checking by the compiler: the SSL_CTX is configured in `init` and never again;
/// afterwards threads only call SSL_new on it, which OpenSSL documents as safe.
@safe
final class TLSContext: @unchecked Sendable {
  let pointer: OpaquePointer

  /// Reads certificate chain and key.
  init(_ files: TLSFiles) throws(TLSFailure) {
    guard let pointer = unsafe SSL_CTX_new(TLS_server_method()) else { throw .libraryFailure }
    unsafe self.pointer = pointer
    ERR_clear_error()
    guard unsafe SSL_CTX_use_certificate_chain_file(pointer, files.certificate) == 1 else {
      throw .unreadableCertificate
    }
    // 1 is PEM. Without the callback OpenSSL would ask the terminal for an encrypted key's password.
    unsafe SSL_CTX_set_default_passwd_cb(pointer) { _, _, _, _ in -1 }
    guard unsafe SSL_CTX_use_PrivateKey_file(pointer, files.key, 1) == 1 else {
      // OpenSSL compares the key with the certificate as it loads it.
      throw ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH
        ? .keyMismatch : .unreadableKey
    }
    guard unsafe SSL_CTX_check_private_key(pointer) == 1 else { throw .keyMismatch }
    guard configure() else { throw .libraryFailure }
  }

  deinit { unsafe SSL_CTX_free(pointer) }

  private func configure() -> Bool {
    // Renegotiation and compression are only good for attacks. TLS 1.2 keeps its own good cipher list.
    _ = unsafe SSL_CTX_set_options(
      pointer,
      shim_SSL_OP_NO_RENEGOTIATION() | shim_SSL_OP_NO_COMPRESSION()
        | shim_SSL_OP_CIPHER_SERVER_PREFERENCE())
    _ = unsafe shim_SSL_CTX_set_session_cache_mode(pointer, Int(SSL_SESS_CACHE_OFF))
    unsafe SSL_CTX_set_alpn_select_cb(pointer, TLSContext.chooseProtocol, nil)
    return unsafe shim_SSL_CTX_set_min_proto_version(pointer, TLS1_2_VERSION) == 1
      && SSL_CTX_set_cipher_list(pointer, TLSContext.ciphers) == 1
  }

  /// Forward secrecy and AEAD, for TLS 1.2; all of TLS 1.3 is so.
  private static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"

  /// Chooses http/1.1 from what the client offers, a list of strings with a length byte each;
  /// a client that offers only others is refused (RFC 7301 section 3.2).
  private static let chooseProtocol: SSL_CTX_alpn_select_cb_func = {
    _, chosen, chosenCount, offered, offeredCount, _ in
    guard let offered = unsafe offered, let chosen = unsafe chosen,
      let chosenCount = unsafe chosenCount
    else { return SSL_TLSEXT_ERR_NOACK }
    let list = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredCount))
    var start = 0
    while start < list.count {
      let length = unsafe Int(list[start])
      let end = start + 1 + length
      guard end <= list.count else { break }
      if unsafe list[(start + 1)..<end].elementsEqual("http/1.1".utf8) {
        unsafe chosen.pointee = offered + start + 1
        unsafe chosenCount.pointee = UInt8(length)
        return SSL_TLSEXT_ERR_OK
      }
      start = end
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
  }
}
