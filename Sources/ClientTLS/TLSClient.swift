// The client's side of TLS (RFC 8446), verified against the machine's authorities or given ones. Sans-IO.

import COpenSSL
package import Wire

/// What all connections share: versions, ciphers, authorities.
///
/// Sendable without checking by the compiler: the SSL_CTX is configured in `init` and never again;
/// afterwards threads only call SSL_new on it, which OpenSSL documents as safe.
@safe
package final class TLSClientContext: @unchecked Sendable {
  let pointer: OpaquePointer

  /// - Parameter authorities: a PEM file to be trusted instead of the machine's own.
  package init?(authorities: String? = nil) {
    guard let made = unsafe SSL_CTX_new(TLS_client_method()) else { return nil }
    unsafe pointer = made
    unsafe SSL_CTX_set_verify(made, SSL_VERIFY_PEER, nil)
    let isLoaded =
      if let authorities {
        unsafe SSL_CTX_load_verify_locations(made, authorities, nil) == 1
      } else {
        unsafe SSL_CTX_set_default_verify_paths(made) == 1
      }
    _ = unsafe SSL_CTX_set_options(
      made, shim_SSL_OP_NO_RENEGOTIATION() | shim_SSL_OP_NO_COMPRESSION())
    guard isLoaded, unsafe shim_SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION) == 1 else {
      return nil
    }
  }

  deinit { unsafe SSL_CTX_free(pointer) }
}

/// Whom a client expects at the other end: what its certificate has to be for.
package enum TLSHost: Hashable, Sendable {
  case name(String)
  case address(IPAddress)

  /// An address as it is written, without brackets, or else a name.
  package init(_ text: String) { self = IPAddress(text).map { .address($0) } ?? .name(text) }
}

/// One connection between two memory BIOs.
@safe
package final class TLSClientSession {
  package enum ReadOutcome: Equatable {
    case bytes(Int)
    case needsMore
    case closed
    case failed
  }

  private let ssl: OpaquePointer
  private let input: OpaquePointer
  private let records: OpaquePointer
  private let context: TLSClientContext
  private var hasFailed = false

  /// A session that will say hello to `host`, and believes only a certificate of that name or address.
  package init?(_ context: TLSClientContext, host: TLSHost) {
    guard let ssl = unsafe SSL_new(context.pointer) else { return nil }
    guard let input = unsafe BIO_new(BIO_s_mem()), let records = unsafe BIO_new(BIO_s_mem())
    else {
      unsafe SSL_free(ssl)
      return nil
    }
    unsafe SSL_set_bio(ssl, input, records)
    unsafe SSL_set_connect_state(ssl)
    // An empty BIO means "nothing yet", not "closed".
    _ = unsafe shim_BIO_set_mem_eof_return(input, -1)
    unsafe self.ssl = ssl
    unsafe self.input = input
    unsafe self.records = records
    self.context = context
    guard expect(host) else { return nil }
  }

  deinit { unsafe SSL_free(ssl) }

  private func expect(_ host: TLSHost) -> Bool {
    switch host {
    case .name(let name):
      unsafe SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
      return unsafe SSL_set1_host(ssl, name) == 1 && shim_SSL_set_tlsext_host_name(ssl, name) == 1
    case .address(let ip):
      guard let parameters = unsafe SSL_get0_param(ssl) else { return false }
      return unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, ip.description) == 1
    }
  }

  package var isEstablished: Bool { unsafe SSL_is_init_finished(ssl) == 1 }

  /// Takes bytes as they came from the connection.
  package func receive(_ bytes: borrowing Span<UInt8>) {
    unsafe bytes.withUnsafeBufferPointer { bytes in
      _ = unsafe BIO_write(input, bytes.baseAddress, Int32(clamping: bytes.count))
    }
  }

  /// Goes on with the handshake alone; false when it has failed.
  package func shakeHands() -> Bool {
    guard !hasFailed else { return false }
    ERR_clear_error()
    let result = unsafe SSL_do_handshake(ssl)
    if result == 1 { return true }
    switch unsafe SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return true
    default:
      hasFailed = true
      return false
    }
  }

  /// Reads plaintext, going on with the handshake where that is due.
  package func read(into buffer: inout MutableSpan<UInt8>) -> ReadOutcome {
    guard !hasFailed else { return .failed }
    ERR_clear_error()
    let count = unsafe buffer.withUnsafeMutableBytes { buffer in
      unsafe SSL_read(ssl, buffer.baseAddress, Int32(clamping: buffer.count))
    }
    if count > 0 { return .bytes(Int(count)) }
    switch unsafe SSL_get_error(ssl, count) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .needsMore
    case SSL_ERROR_ZERO_RETURN: return .closed
    default:
      hasFailed = true
      return .failed
    }
  }

  /// Encrypts all of `bytes`; only once established.
  package func write(_ bytes: [UInt8]) -> Bool {
    guard !hasFailed else { return false }
    ERR_clear_error()
    let count = unsafe SSL_write(ssl, bytes, Int32(clamping: bytes.count))
    if Int(count) != bytes.count { hasFailed = true }
    return !hasFailed
  }

  /// Why the handshake failed, for an operator.
  package var failureText: String {
    let result = unsafe SSL_get_verify_result(ssl)
    guard result != Int(X509_V_OK), let text = unsafe X509_verify_cert_error_string(result) else {
      return "TLS failed"
    }
    return unsafe "TLS: \(String(cString: text))"
  }

  /// The records OpenSSL wrote since last asked.
  package func takeOutput() -> [UInt8] {
    let count = unsafe shim_BIO_pending(records)
    guard count > 0 else { return [] }
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, taken in
      let read = unsafe BIO_read(records, buffer.baseAddress, Int32(clamping: buffer.count))
      taken = max(0, Int(read))
    }
  }
}
