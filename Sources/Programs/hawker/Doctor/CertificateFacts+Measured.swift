// Reads a certificate and its key with OpenSSL.

import COpenSSL
import Config
import Doctor

extension CertificateFacts {
  /// Facts about a pair of PEM files.
  init(of paths: ServerConfiguration.TLSPaths) {
    self.init()
    isKeyExposed = Files.isExposed(paths.key)
    // Ours to read first: OpenSSL would not say why a file can't be.
    do throws(ConfigError) {
      let certificate = try Files.text(paths.certificate)
      measure(paths, certificate: certificate, key: try Files.text(paths.key))
    } catch {
      problem = error.text
    }
  }

  private mutating func measure(
    _ paths: ServerConfiguration.TLSPaths, certificate text: String, key keyText: String
  ) {
    let leaf = unsafe CertificateFacts.withPEM(text) { unsafe PEM_read_bio_X509($0, nil, nil, nil) }
    guard let leaf = unsafe leaf else {
      problem = "\(paths.certificate) holds no certificate"
      return
    }
    defer { unsafe X509_free(leaf) }
    // Without the callback OpenSSL would ask the terminal for an encrypted key's password.
    let key = unsafe CertificateFacts.withPEM(keyText) {
      unsafe PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in -1 }, nil)
    }
    guard let key = unsafe key else {
      problem = "\(paths.key) holds no key, or one with a password, which a server can't type"
      return
    }
    defer { unsafe EVP_PKEY_free(key) }
    if unsafe X509_check_private_key(leaf, key) != 1 {
      problem = "\(paths.key) is not the key of \(paths.certificate)"
    }
    unsafe measureTimes(leaf)
    isSelfSigned = unsafe X509_verify(leaf, X509_get0_pubkey(leaf)) == 1
  }

  private mutating func measureTimes(_ leaf: OpaquePointer) {
    var days: CInt = 0
    var seconds: CInt = 0
    // A nil time is now; both results have the sign of what is left.
    guard unsafe ASN1_TIME_diff(&days, &seconds, nil, X509_get0_notAfter(leaf)) == 1 else {
      problem = "its date of expiry can't be read"
      return
    }
    daysLeft = days < 0 || seconds < 0 ? min(Int(days), -1) : Int(days)
    isEarly = unsafe X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0
  }

  /// Calls `body` with `text` as OpenSSL reads it.
  private static func withPEM(
    _ text: String, _ body: (OpaquePointer) -> OpaquePointer?
  ) -> OpaquePointer? {
    let bytes = Array(text.utf8)
    return unsafe bytes.withUnsafeBytes { raw -> OpaquePointer? in
      guard let bio = unsafe BIO_new_mem_buf(raw.baseAddress, CInt(raw.count)) else { return nil }
      defer { _ = unsafe BIO_free(bio) }
      return unsafe body(bio)
    }
  }
}
