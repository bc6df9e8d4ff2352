// One SSL object between two memory BIOs. All unsafe code of the endpoint lives here.

import COpenSSL
import SRTP

/// OpenSSL's side of one association: records in, records out, and its timer under our clock.
///
/// OpenSSL measures its handshake timer by gettimeofday, but shows the BIO a pointer to the time it
/// waits for (BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT). A callback on the BIO moves that time out of reach
/// whenever it is set, and `retransmit` moves it into the past: so time is what the caller says.
@safe
final class OpenSSLSession {
  /// What an input made of OpenSSL's state.
  enum Step {
    case wantsMore, done, closed
    /// A fatal alert of the peer.
    case alerted
    case failed
  }
  /// What OpenSSL did to its timer since last asked.
  enum TimerChange { case none, started, stopped }

  private let ssl: OpaquePointer
  private let input: OpaquePointer
  private let output: OpaquePointer
  private let fingerprints: [CertificateFingerprint]
  /// Inside the SSL object; lives as long as it.
  private var timer: UnsafeMutableRawPointer?
  private var timerChange = TimerChange.none
  /// Whether a certificate came and matched; nil while none came.
  private(set) var isPeerVerified: Bool?

  /// - Throws: `.libraryFailure`.
  init(
    identity: DTLSIdentity, role: DTLSRole, fingerprints: [CertificateFingerprint],
    profiles: [SRTPProfile]
  ) throws(DTLSFailure) {
    guard let ssl = unsafe SSL_new(identity.context) else { throw .libraryFailure }
    guard let input = unsafe BIO_new(BIO_s_mem()), let output = unsafe BIO_new(BIO_s_mem()) else {
      unsafe SSL_free(ssl)
      throw .libraryFailure
    }
    unsafe SSL_set_bio(ssl, input, output)
    unsafe self.ssl = ssl
    unsafe self.input = input
    unsafe self.output = output
    self.fingerprints = fingerprints
    // An empty BIO means "nothing yet", not "closed".
    _ = unsafe shim_BIO_set_mem_eof_return(input, -1)
    let me = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe BIO_set_callback_ex(input, OpenSSLSession.watchTimer)
    unsafe BIO_set_callback_arg(input, me.assumingMemoryBound(to: CChar.self))
    let names = profiles.map(OpenSSLSession.name).joined(separator: ":")
    guard unsafe SSL_set_ex_data(ssl, 0, me) == 1,
      unsafe shim_SSL_set_mtu(ssl, Int(DatagramPacker.datagramBytesMax)) != 0,
      // Zero means success here.
      unsafe SSL_set_tlsext_use_srtp(ssl, names) == 0
    else { throw .libraryFailure }
    switch role {
    case .client: unsafe SSL_set_connect_state(ssl)
    case .server: unsafe SSL_set_accept_state(ssl)
    }
  }

  deinit {
    // From here on nobody may call back into an object that is going away.
    unsafe BIO_set_callback_ex(input, nil)
    unsafe SSL_free(ssl)
  }

  /// Gives OpenSSL one record.
  func feed(_ record: Span<UInt8>) {
    // What OpenSSL did not read of the last record it will not need: records are given one by one.
    _ = unsafe shim_BIO_reset(input)
    unsafe record.withUnsafeBufferPointer { record in
      _ = unsafe BIO_write(input, record.baseAddress, Int32(record.count))
    }
  }

  /// Goes on with the handshake as far as the input allows.
  func handshake() -> Step {
    ERR_clear_error()
    return step(unsafe SSL_do_handshake(ssl))
  }

  /// Reads and forgets application data, which WebRTC without data channels has not.
  func read() -> Step {
    var scratch = [UInt8](repeating: 0, count: 2048)
    // Bounded: one record holds at most 16 KiB.
    for _ in 0..<16 {
      ERR_clear_error()
      let count = unsafe scratch.withUnsafeMutableBytes { scratch in
        unsafe SSL_read(ssl, scratch.baseAddress, Int32(scratch.count))
      }
      if count <= 0 { return step(count) }
    }
    return .wantsMore
  }

  /// Sends the last flight again; false when OpenSSL gave up.
  func retransmit() -> Bool {
    if let timer = unsafe timer, unsafe shim_timeval_is_set(timer) != 0 {
      unsafe shim_timeval_set(timer, 1)
    }
    ERR_clear_error()
    let status = unsafe shim_DTLSv1_handle_timeout(ssl)
    timerChange = .none
    return status >= 0
  }

  /// Queues an authenticated close_notify.
  func shutDown() {
    ERR_clear_error()
    _ = unsafe SSL_shutdown(ssl)
  }

  /// Everything OpenSSL wrote since last asked.
  func takeOutput() -> [UInt8] {
    let count = unsafe shim_BIO_pending(output)
    guard count > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    let read = unsafe bytes.withUnsafeMutableBytes { bytes in
      unsafe BIO_read(output, bytes.baseAddress, Int32(bytes.count))
    }
    return Int(read) == count ? bytes : []
  }

  /// What happened to the timer since last asked.
  func takeTimerChange() -> TimerChange {
    defer { timerChange = .none }
    return timerChange
  }

  /// The protection profile both sides agreed to; nil when there is none.
  var selectedProfile: SRTPProfile? {
    guard let profile = unsafe SSL_get_selected_srtp_profile(ssl) else { return nil }
    return unsafe SRTPProfile(rawValue: UInt16(truncatingIfNeeded: profile.pointee.id))
  }

  /// `count` bytes of keying material for DTLS-SRTP (RFC 5764 section 4.2, RFC 5705).
  func exportKeyingMaterial(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let label = "EXTRACTOR-dtls_srtp"
    let status = unsafe bytes.withUnsafeMutableBufferPointer { bytes in
      unsafe SSL_export_keying_material(
        ssl, bytes.baseAddress, bytes.count, label, label.utf8.count, nil, 0, 0)
    }
    return status == 1 ? bytes : nil
  }

  /// Whether both sides use the extended master secret (RFC 7627).
  var hasExtendedMasterSecret: Bool { unsafe shim_SSL_get_extms_support(ssl) == 1 }

  private func step(_ status: Int32) -> Step {
    if status > 0 { return .done }
    switch unsafe SSL_get_error(ssl, status) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wantsMore
    case SSL_ERROR_ZERO_RETURN: return .closed
    default:
      // OpenSSL reports a received alert as its number above this offset.
      return ERR_GET_REASON(ERR_peek_error()) > OpenSSLSession.alertReasonOffset
        ? .alerted : .failed
    }
  }

  private func accepts(_ certificate: OpaquePointer) -> Bool {
    let isMatch = fingerprints.contains { fingerprint in
      unsafe CertificateFingerprint(of: certificate, fingerprint.algorithm) == fingerprint
    }
    isPeerVerified = isMatch
    return isMatch
  }

  private func noteTimer(_ timer: UnsafeMutableRawPointer) {
    unsafe self.timer = timer
    if unsafe shim_timeval_is_set(timer) != 0 {
      unsafe shim_timeval_set(timer, OpenSSLSession.never)
      timerChange = .started
    } else {
      timerChange = .stopped
    }
  }

  /// Called by OpenSSL in place of verifying a chain: the fingerprint is the whole trust (RFC 8122).
  static let verify: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = {
    store, _ in
    guard
      let ssl = unsafe X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
      let certificate = unsafe X509_STORE_CTX_get0_cert(store),
      let me = unsafe SSL_get_ex_data(OpaquePointer(ssl), 0)
    else { return 0 }
    let session = unsafe Unmanaged<OpenSSLSession>.fromOpaque(me).takeUnretainedValue()
    if unsafe session.accepts(certificate) { return 1 }
    unsafe X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED)
    return 0
  }

  /// Called by OpenSSL around every operation on the input BIO.
  private static let watchTimer: BIO_callback_fn_ex = {
    bio, operation, argument, _, command, _, status, _ in
    if operation == BIO_CB_CTRL, command == BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT,
      let me = unsafe BIO_get_callback_arg(bio), let argument = unsafe argument
    {
      unsafe Unmanaged<OpenSSLSession>.fromOpaque(me).takeUnretainedValue()
        .noteTimer(UnsafeMutableRawPointer(mutating: argument))
    }
    return Int(status)
  }

  private static func name(of profile: SRTPProfile) -> String {
    switch profile {
    case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
    case .aes128CMSHA1: "SRTP_AES128_CM_SHA1_80"
    }
  }

  /// SSL_AD_REASON_OFFSET of OpenSSL.
  private static let alertReasonOffset: Int32 = 1000
  /// Seconds since 1970 that no clock will reach.
  private static let never = 1 << 40
}
