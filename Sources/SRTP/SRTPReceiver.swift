// The peer's direction of one transport: unprotects RTP and RTCP in place with OpenSSL.

import Wire

/// Unprotects what one peer sends, under any SSRC. Owned by one thread.
///
/// State for an SSRC exists, and changes, only after a packet of it was authenticated. After a throw
/// the bytes of the packet are unspecified. No call allocates but that which takes the first packet of an SSRC.
package struct SRTPReceiver: ~Copyable {
  /// What is known of one SSRC; the index spaces of RTP and RTCP are apart (RFC 3711 section 3.4).
  private struct Stream {
    var rtp = ReplayWindow()
    var rtcp = ReplayWindow()
  }

  private let rtp: PacketCipher
  private let rtcp: PacketCipher
  /// The SSRC of each of `streams`: found by a scan, four cache lines for a usual peer.
  private var ssrcs: [UInt32] = []
  private var streams: [Stream] = []

  /// Derives the session keys from the peer's half of the keying material.
  ///
  /// - Throws: `.unknown` when key or salt has not the profile's length, or OpenSSL refuses.
  package init(profile: SRTPProfile, key: MasterKey) throws(SRTPError) {
    try self.init(
      profile: profile,
      rtp: SessionKeys(profile: profile, master: key, use: .rtp),
      rtcp: SessionKeys(profile: profile, master: key, use: .rtcp))
  }

  /// A receiver under session keys as they are, for vectors.
  init(profile: SRTPProfile, rtp: SessionKeys, rtcp: SessionKeys) throws(SRTPError) {
    let rtpCipher = try PacketCipher(profile: profile, keys: rtp, direction: .decrypting)
    let rtcpCipher = try PacketCipher(profile: profile, keys: rtcp, direction: .decrypting)
    self.rtp = rtpCipher
    self.rtcp = rtcpCipher
  }

  /// Unprotects the SRTP packet in the first `length` bytes of `packet` in place.
  ///
  /// - Returns: the length of the RTP packet, at least 12.
  /// - Throws: `.tooShort`, `.tooManyStreams` and `.replayed` before any cryptography;
  ///   `.badAuthentication`, `.keyExhausted`, `.unknown`.
  package mutating func unprotectRTP(
    _ packet: inout MutableSpan<UInt8>, length: Int
  ) throws(SRTPError) -> Int {
    guard length >= 0, length <= packet.count,
      let header = SRTPReceiver.rtpHeader(
        packet.span.extracting(0..<length), tagLength: rtp.profile.tagLength)
    else { throw .tooShort }
    let place = try place(of: header.ssrc)
    let window = place.map { streams[$0].rtp } ?? ReplayWindow()
    let index = try window.index(of: header.sequence)
    guard window.isFresh(index) else { throw .replayed }
    let plain = try rtp.unprotectRTP(
      &packet, length: length, headerLength: header.length,
      rolloverCounter: UInt32(truncatingIfNeeded: index >> 16))
    streams[place ?? admit(header.ssrc)].rtp.note(index)
    return plain
  }

  /// Unprotects the SRTCP packet in the first `length` bytes of `packet` in place.
  ///
  /// - Returns: the length of the RTCP packet, at least 8.
  /// - Throws: as `unprotectRTP`. RTCP in clear, even if authenticated, is `.badAuthentication`: we
  ///   never negotiate it.
  package mutating func unprotectRTCP(
    _ packet: inout MutableSpan<UInt8>, length: Int
  ) throws(SRTPError) -> Int {
    guard length >= 0, length <= packet.count,
      let ssrc = SRTPReceiver.rtcpSSRC(
        packet.span.extracting(0..<length), tagLength: rtcp.profile.tagLength)
    else { throw .tooShort }
    let place = try place(of: ssrc)
    let word = rtcp.rtcpIndexWord(packet, length: length)
    guard word & PacketCipher.encryptedFlag != 0 else { throw .badAuthentication }
    let index = word & ~PacketCipher.encryptedFlag
    if let place, !streams[place].rtcp.isFresh(UInt64(index)) { throw .replayed }
    let plain = try rtcp.unprotectRTCP(&packet, length: length, index: index)
    streams[place ?? admit(ssrc)].rtcp.note(UInt64(index))
    return plain
  }

  /// Where the state of `ssrc` is; nil when it is new; throws when there is no room for it.
  private func place(of ssrc: UInt32) throws(SRTPError) -> Int? {
    if let place = ssrcs.firstIndex(of: ssrc) { return place }
    guard ssrcs.count < SRTPReceiver.streamsMax else { throw .tooManyStreams }
    return nil
  }

  private mutating func admit(_ ssrc: UInt32) -> Int {
    ssrcs.append(ssrc)
    streams.append(Stream())
    return streams.count - 1
  }

  /// The fixed part of an RTP header as far as SRTP needs it.
  private struct Header {
    var ssrc: UInt32
    var sequence: UInt16
    /// With CSRCs and extension: what stays in clear.
    var length: Int
  }

  /// Nil unless the packet is long enough for its CSRCs, its extension and the tag.
  private static func rtpHeader(_ packet: Span<UInt8>, tagLength: Int) -> Header? {
    var reader = ByteReader(packet)
    guard let first = try? reader.u8(), first >> 6 == 2, (try? reader.skip(1)) != nil,
      let sequence = try? reader.u16(), (try? reader.skip(4)) != nil,
      let ssrc = try? reader.u32(), (try? reader.skip(4 * Int(first & 0x0F))) != nil
    else { return nil }
    if first & 0x10 != 0 {
      guard (try? reader.skip(2)) != nil, let words = try? reader.u16(),
        (try? reader.skip(4 * Int(words))) != nil
      else { return nil }
    }
    guard reader.remaining >= tagLength else { return nil }
    return Header(ssrc: ssrc, sequence: sequence, length: reader.offset)
  }

  /// The SSRC of a packet that is long enough for its first header, index and tag; else nil.
  private static func rtcpSSRC(_ packet: Span<UInt8>, tagLength: Int) -> UInt32? {
    var reader = ByteReader(packet)
    guard let first = try? reader.u8(), first >> 6 == 2, (try? reader.skip(3)) != nil,
      let ssrc = try? reader.u32(), reader.remaining >= tagLength + 4
    else { return nil }
    return ssrc
  }

  /// SSRCs one peer may use in the life of its transport. 16 sections of three encodings with RTX are
  /// 96; the rest is for tracks that come and go. 280 bytes each.
  package static let streamsMax = 256
}
