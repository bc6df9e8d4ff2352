// The peer's direction of one transport: unprotects RTP and RTCP in place with libsrtp2.

import CSRTP
import Wire

/// Unprotects what one peer sends, under any SSRC. Owned by one thread.
///
/// State for an SSRC exists only after a packet of it was authenticated. After a throw the bytes of
/// the packet are unspecified.
@safe
package struct SRTPReceiver: ~Copyable {
  private let session: srtp_t
  private let tagLength: Int
  private var ssrcs: [UInt32] = []

  /// Derives the session keys from the peer's half of the keying material.
  ///
  /// - Throws: `.unknown` when key or salt has not the profile's length, or libsrtp2 refuses.
  package init(profile: SRTPProfile, key: MasterKey) throws(SRTPError) {
    guard key.key.count == profile.keyLength, key.salt.count == profile.saltLength else {
      throw .unknown
    }
    guard let session = unsafe LibSRTP.makeSession(profile: profile, key: key, direction: .inbound)
    else { throw .unknown }
    unsafe self.session = session
    tagLength = profile.tagLength
    ssrcs.reserveCapacity(SRTPReceiver.streamsMax)
  }

  deinit { _ = unsafe srtp_dealloc(session) }

  /// Unprotects the SRTP packet in the first `length` bytes of `packet` in place.
  ///
  /// - Returns: the length of the RTP packet, at least 12.
  /// - Throws: `.tooShort` before any cryptography; `.badAuthentication`, `.replayed`,
  ///   `.tooManyStreams`, `.unknown`.
  package mutating func unprotectRTP(
    _ packet: inout MutableSpan<UInt8>, length: Int
  ) throws(SRTPError) -> Int {
    guard length >= 0, length <= packet.count,
      let ssrc = SRTPReceiver.rtpSSRC(packet.span.extracting(0..<length), tagLength: tagLength)
    else { throw .tooShort }
    let isNew = try admit(ssrc)
    var bytes = packet._mutatingExtracting(0..<length)
    var count = Int32(length)
    let status = unsafe bytes.withUnsafeMutableBufferPointer { bytes in
      unsafe srtp_unprotect(session, bytes.baseAddress, &count)
    }
    try SRTPReceiver.check(status)
    if isNew { ssrcs.append(ssrc) }
    return Int(count)
  }

  /// Unprotects the SRTCP packet in the first `length` bytes of `packet` in place.
  ///
  /// - Returns: the length of the RTCP packet, at least 8.
  /// - Throws: as `unprotectRTP`.
  package mutating func unprotectRTCP(
    _ packet: inout MutableSpan<UInt8>, length: Int
  ) throws(SRTPError) -> Int {
    guard length >= 0, length <= packet.count,
      let ssrc = SRTPReceiver.rtcpSSRC(packet.span.extracting(0..<length), tagLength: tagLength)
    else { throw .tooShort }
    let isNew = try admit(ssrc)
    var bytes = packet._mutatingExtracting(0..<length)
    var count = Int32(length)
    let status = unsafe bytes.withUnsafeMutableBufferPointer { bytes in
      unsafe srtp_unprotect_rtcp(session, bytes.baseAddress, &count)
    }
    try SRTPReceiver.check(status)
    if isNew { ssrcs.append(ssrc) }
    return Int(count)
  }

  /// Whether `ssrc` is new; throws when there is no room for it.
  private func admit(_ ssrc: UInt32) throws(SRTPError) -> Bool {
    if ssrcs.contains(ssrc) { return false }
    guard ssrcs.count < SRTPReceiver.streamsMax else { throw .tooManyStreams }
    return true
  }

  /// The SSRC of a packet that is long enough for its CSRCs, its extension and the tag; else nil.
  static func rtpSSRC(_ packet: Span<UInt8>, tagLength: Int) -> UInt32? {
    var reader = ByteReader(packet)
    guard let first = try? reader.u8(), first >> 6 == 2, (try? reader.skip(7)) != nil,
      let ssrc = try? reader.u32(), (try? reader.skip(4 * Int(first & 0x0F))) != nil
    else { return nil }
    if first & 0x10 != 0 {
      guard (try? reader.skip(2)) != nil, let words = try? reader.u16(),
        (try? reader.skip(4 * Int(words))) != nil
      else { return nil }
    }
    return reader.remaining >= tagLength ? ssrc : nil
  }

  /// The SSRC of a packet that is long enough for its first header, index and tag; else nil.
  static func rtcpSSRC(_ packet: Span<UInt8>, tagLength: Int) -> UInt32? {
    var reader = ByteReader(packet)
    guard let first = try? reader.u8(), first >> 6 == 2, (try? reader.skip(3)) != nil,
      let ssrc = try? reader.u32(), reader.remaining >= tagLength + 4
    else { return nil }
    return ssrc
  }

  private static func check(_ status: srtp_err_status_t) throws(SRTPError) {
    switch status {
    case srtp_err_status_ok: return
    // GCM reports a wrong tag as a failure of the cipher.
    case srtp_err_status_auth_fail, srtp_err_status_cipher_fail: throw .badAuthentication
    case srtp_err_status_replay_fail, srtp_err_status_replay_old, srtp_err_status_pkt_idx_old:
      throw .replayed
    case srtp_err_status_bad_param, srtp_err_status_parse_err: throw .tooShort
    default: throw .unknown
    }
  }

  /// SSRCs one peer may use in the life of its transport. 16 sections of three encodings with RTX are
  /// 96; the rest is for tracks that come and go. Found by a scan: four cache lines for a usual peer.
  package static let streamsMax = 256
  /// Packets behind the newest that are still told apart from replays: 1024 is over a second of the
  /// fastest layer, so late retransmissions get in.
  package static let replayWindow: UInt = 1024
}
