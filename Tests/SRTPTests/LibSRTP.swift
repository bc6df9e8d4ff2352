// libsrtp2's process-wide start and the making of its sessions: the tests' oracle. Unsafe lives here.

import CSRTP

@testable import SRTP

/// The library as a whole.
enum LibSRTP {
  /// Whether the library came up; evaluated once, by the first session of the process.
  static let isReady: Bool = srtp_init() == srtp_err_status_ok

  enum Direction { case inbound, outbound }

  /// A session for any SSRC in one direction; nil when libsrtp2 refuses. The caller deallocates it.
  ///
  /// - Parameter key: of the profile's lengths.
  static func makeSession(profile: SRTPProfile, key: MasterKey, direction: Direction) -> srtp_t? {
    guard isReady else { return nil }
    var policy = unsafe srtp_policy_t()
    switch profile {
    case .aeadAES128GCM:
      unsafe srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
      unsafe srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
    case .aes128CMSHA1:
      unsafe srtp_crypto_policy_set_rtp_default(&policy.rtp)
      unsafe srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
    }
    unsafe policy.ssrc.type = direction == .inbound ? ssrc_any_inbound : ssrc_any_outbound
    unsafe policy.window_size = UInt(ReplayWindow.size)
    var material = key.key + key.salt
    var session: srtp_t?
    let status = unsafe material.withUnsafeMutableBufferPointer { material in
      unsafe policy.key = material.baseAddress
      return unsafe srtp_create(&session, &policy)
    }
    return status == srtp_err_status_ok ? unsafe session : nil
  }
}
