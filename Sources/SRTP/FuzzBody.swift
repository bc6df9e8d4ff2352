// What the fuzzer runs against SRTP: hostile packets before and under authentication.

import Wire

/// The fuzz body of this target.
package enum SRTPFuzzBody {
  /// Feeds `bytes` as SRTP and SRTCP to a receiver of each profile; nothing may be accepted.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    for profile in SRTPProfile.allCases {
      let key = MasterKey(
        key: Array(repeating: 1, count: profile.keyLength),
        salt: Array(repeating: 2, count: profile.saltLength))
      guard var receiver = try? SRTPReceiver(profile: profile, key: key) else { continue }
      var copy = bytes.toArray()
      var span = copy.mutableSpan
      let rtp = try? receiver.unprotectRTP(&span, length: bytes.count)
      precondition(rtp == nil, "a forged SRTP packet was accepted")
      copy = bytes.toArray()
      span = copy.mutableSpan
      let rtcp = try? receiver.unprotectRTCP(&span, length: bytes.count)
      precondition(rtcp == nil, "a forged SRTCP packet was accepted")
    }
  }
}
