// Our certificate: ECDSA P-256, self-signed, made for one process (RFC 8827 section 6.5).

import COpenSSL
package import Wire

/// The certificate and private key of this process, and the OpenSSL settings all transports share.
///
/// Sendable without checking by the compiler: the SSL_CTX is configured in `init` and never again;
/// afterwards threads only call SSL_new on it, which OpenSSL documents as safe.
@safe
package final class DTLSIdentity: @unchecked Sendable {
  /// The SHA-256 fingerprint for `a=fingerprint`.
  package let fingerprint: CertificateFingerprint
  let context: OpaquePointer

  /// Makes a key and a certificate valid from a day before `now`.
  ///
  /// - Throws: `.libraryFailure`.
  package init(now: WallTime) throws(DTLSFailure) {
    // The handshake timer is reached through a pointer that OpenSSL 3.2 no longer hands out.
    guard OpenSSL_version_num() < 0x3020_0000 else { throw .libraryFailure }
    guard let key = unsafe shim_EVP_EC_gen("P-256") else { throw .libraryFailure }
    defer { unsafe EVP_PKEY_free(key) }
    guard let certificate = unsafe X509_new() else { throw .libraryFailure }
    defer { unsafe X509_free(certificate) }
    guard unsafe DTLSIdentity.fill(certificate, key, now),
      let fingerprint = unsafe CertificateFingerprint(of: certificate, .sha256),
      let context = unsafe SSL_CTX_new(DTLS_method())
    else { throw .libraryFailure }
    self.fingerprint = fingerprint
    unsafe self.context = context
    guard unsafe SSL_CTX_use_certificate(context, certificate) == 1,
      unsafe SSL_CTX_use_PrivateKey(context, key) == 1, configure()
    else { throw .libraryFailure }
  }

  deinit { unsafe SSL_CTX_free(context) }

  private static func fill(
    _ certificate: OpaquePointer, _ key: OpaquePointer, _ now: WallTime
  ) -> Bool {
    var serial: UInt64 = 0
    let hasSerial = unsafe withUnsafeMutableBytes(of: &serial) { bytes in
      unsafe RAND_bytes(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), 8) == 1
    }
    let seconds = Int(now.nanoseconds / 1_000_000_000)
    let name = unsafe X509_get_subject_name(certificate)
    return unsafe hasSerial && X509_set_version(certificate, 2) == 1
      // 63 bits, not zero: a positive serial number (RFC 5280 section 4.1.2.2).
      && ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) == 1
      && ASN1_TIME_set(X509_getm_notBefore(certificate), seconds - day) != nil
      && ASN1_TIME_set(X509_getm_notAfter(certificate), seconds + validDays * day) != nil
      && X509_NAME_add_entry_by_txt(name, "CN", 0x1001 /* MBSTRING_ASC */, "WebRTC", -1, -1, 0) == 1
      && X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1
      && X509_sign(certificate, key, EVP_sha256()) > 0
  }

  private func configure() -> Bool {
    let options =
      shim_SSL_OP_NO_TICKET() | shim_SSL_OP_NO_QUERY_MTU() | shim_SSL_OP_NO_RENEGOTIATION()
      | shim_SSL_OP_NO_COMPRESSION() | shim_SSL_OP_CIPHER_SERVER_PREFERENCE()
    _ = unsafe SSL_CTX_set_options(context, options)
    _ = unsafe shim_SSL_CTX_set_session_cache_mode(context, Int(SSL_SESS_CACHE_OFF))
    _ = unsafe shim_SSL_CTX_set_max_cert_list(context, Int(RecordFilter.messageBytesMax))
    unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    unsafe SSL_CTX_set_cert_verify_callback(context, OpenSSLSession.verify, nil)
    return unsafe shim_SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1
      && shim_SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1
      && SSL_CTX_set_cipher_list(context, DTLSIdentity.ciphers) == 1
      && shim_SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384:P-224") == 1
  }

  /// Forward secrecy and AEAD only. RSA is for peers whose certificate is RSA when we are the client.
  private static let ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:"
    + "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384"
  private static let day = 86_400
  /// Longer than any process runs; peers check the fingerprint, not the dates.
  private static let validDays = 3650
}

extension CertificateFingerprint {
  /// The fingerprint of an X509 object; nil when OpenSSL refuses.
  init?(of certificate: OpaquePointer, _ algorithm: Algorithm) {
    var digest = [UInt8](repeating: 0, count: 64)
    var count: UInt32 = 0
    let type =
      switch algorithm {
      case .sha256: unsafe EVP_sha256()
      case .sha384: unsafe EVP_sha384()
      case .sha512: unsafe EVP_sha512()
      }
    let status = unsafe digest.withUnsafeMutableBufferPointer { digest in
      unsafe X509_digest(certificate, type, digest.baseAddress, &count)
    }
    guard status == 1, count <= 64 else { return nil }
    self.init(algorithm: algorithm, digest: Array(digest[0..<Int(count)]))
  }
}
