// One TLS connection between two memory BIOs: bytes of records in, bytes of records out. Sans-IO.

import COpenSSL
import Wire

/// OpenSSL's side of one connection of the server, for the thread that owns it.
@safe
final class TLSSession {
  /// What reading found.
  enum ReadOutcome: Equatable {
    /// This many bytes of plaintext, at least one.
    case bytes(Int)
    case needsMore
    /// The client closed its direction properly.
    case closed
    case failed
  }

  private let ssl: OpaquePointer
  private let input: OpaquePointer
  private let records: OpaquePointer
  /// Keeps the certificate alive however often it is reloaded.
  private let context: TLSContext
  private(set) var hasFailed = false

  /// A session that waits for the client's first flight; nil when memory is exhausted.
  init?(_ context: TLSContext) {
    guard let ssl = unsafe SSL_new(context.pointer) else { return nil }
    guard let input = unsafe BIO_new(BIO_s_mem()), let records = unsafe BIO_new(BIO_s_mem())
    else {
      unsafe SSL_free(ssl)
      return nil
    }
    unsafe SSL_set_bio(ssl, input, records)
    unsafe SSL_set_accept_state(ssl)
    // An empty BIO means "nothing yet", not "closed".
    _ = unsafe shim_BIO_set_mem_eof_return(input, -1)
    unsafe self.ssl = ssl
    unsafe self.input = input
    unsafe self.records = records
    self.context = context
  }

  deinit { unsafe SSL_free(ssl) }

  /// Whether the handshake is complete, so that plaintext may be written.
  var isEstablished: Bool { unsafe SSL_is_init_finished(ssl) == 1 }

  /// Takes bytes as they came from the connection.
  func receive(_ bytes: borrowing Span<UInt8>) {
    unsafe bytes.withUnsafeBufferPointer { bytes in
      _ = unsafe BIO_write(input, bytes.baseAddress, Int32(clamping: bytes.count))
    }
  }

  /// Reads plaintext, going on with the handshake where that is due.
  func read(into buffer: inout MutableSpan<UInt8>) -> ReadOutcome {
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

  /// Encrypts all of `bytes`; false when the session is broken. Only once established.
  func write(_ bytes: borrowing Span<UInt8>) -> Bool {
    guard !hasFailed, bytes.count > 0 else { return !hasFailed }
    ERR_clear_error()
    let count = unsafe bytes.withUnsafeBytes { bytes in
      unsafe SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count))
    }
    // A memory BIO takes everything: less than all is a failure.
    if Int(count) != bytes.count { hasFailed = true }
    return !hasFailed
  }

  /// Queues close_notify.
  func shutDown() {
    guard !hasFailed, isEstablished else { return }
    ERR_clear_error()
    _ = unsafe SSL_shutdown(ssl)
  }

  /// The records OpenSSL wrote since last asked.
  func takeOutput() -> [UInt8] {
    let count = unsafe shim_BIO_pending(records)
    guard count > 0 else { return [] }
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, taken in
      let read = unsafe BIO_read(records, buffer.baseAddress, Int32(clamping: buffer.count))
      taken = max(0, Int(read))
    }
  }
}
