// Which of the offered payload types we forward, and in what order (RFC 6184, 7741, 9628, 4588).

import MediaControl
import RTP
import SDP

/// Finds the payload formats both sides know.
enum CodecMatch {
  /// The formats of `section` that we forward, best first.
  ///
  /// The preferred codec comes first (for H.264 packetization mode 1 and constrained baseline before
  /// others), then the offer's order.
  static func formats(in section: MediaDescription, preferring preferred: Codec) -> [PayloadFormat]
  {
    let retransmissions = retransmissions(in: section)
    let known = section.line.payloadTypes.compactMap { number -> PayloadFormat? in
      guard var format = format(of: number, in: section.rtp, kind: section.line.kind) else {
        return nil
      }
      if format.codec.isVideo { format.rtxPayloadType = retransmissions[number] }
      return format
    }
    return known.enumerated().sorted { a, b in
      let ranks = (rank(a.element, preferred), rank(b.element, preferred))
      return ranks.0 == ranks.1 ? a.offset < b.offset : ranks.0 < ranks.1
    }.map(\.element)
  }

  /// The encoding names offered, for a refusal: at most eight, each once.
  static func names(in section: MediaDescription) -> [String] {
    var names: [String] = []
    for number in section.line.payloadTypes {
      guard let name = section.rtp.map(of: number)?.name, !names.contains(name) else { continue }
      names.append(String(name.prefix(32)))
    }
    return Array(names.prefix(8))
  }

  private static func rank(_ format: PayloadFormat, _ preferred: Codec) -> Int {
    guard format.codec == preferred else { return 100 }
    guard let h264 = format.h264 else { return 0 }
    let isConstrained = h264.profileLevelID >> 8 & 0x40 != 0
    return (h264.packetizationMode == 1 ? 0 : 2) + (isConstrained ? 0 : 1)
  }

  private static func format(
    of number: UInt8, in rtp: RTPDescription, kind: String
  ) -> PayloadFormat? {
    guard let map = rtp.map(of: number) else { return nil }
    let name = map.name.lowercased()
    guard let codec = Codec.allCases.first(where: { $0.name.lowercased() == name }),
      kind == (codec.isVideo ? "video" : "audio"), map.clockRate == UInt32(codec.clockRate)
    else { return nil }
    let parameters = rtp.parameters(of: number)
    switch codec {
    case .opus:
      // RFC 7587 section 7: always two channels in the rtpmap. GStreamer's webrtcbin leaves them out,
      // and there is only one Opus at 48 kHz, so their absence is taken for two.
      guard map.channels ?? 2 == 2 else { return nil }
      return PayloadFormat(payloadType: number, codec: codec)
    case .vp8: return PayloadFormat(payloadType: number, codec: codec)
    case .h264:
      guard let h264 = h264(parameters) else { return nil }
      return PayloadFormat(payloadType: number, codec: codec, h264: h264)
    case .vp9, .av1:
      let text = parameters?[codec == .vp9 ? "profile-id" : "profile"] ?? "0"
      guard let profile = UInt8(text), profile <= 3 else { return nil }
      return PayloadFormat(payloadType: number, codec: codec, profile: profile)
    }
  }

  /// The H.264 format where it is of the baseline family and not interleaved.
  private static func h264(_ parameters: FormatParameters?) -> H264Format? {
    // The defaults are RFC 6184 section 8.1's: baseline, level 1; single NAL unit mode.
    let id = parameters?["profile-level-id"] ?? "42000a"
    let mode = parameters?["packetization-mode"] ?? "0"
    guard id.utf8.count == 6, let value = UInt32(id, radix: 16), value >> 16 == 0x42,
      mode == "0" || mode == "1"
    else { return nil }
    return H264Format(profileLevelID: value, packetizationMode: mode == "1" ? 1 : 0)
  }

  /// Which payload type retransmits which (RFC 4588 section 8.1): primary to RTX.
  private static func retransmissions(in section: MediaDescription) -> [UInt8: UInt8] {
    var result: [UInt8: UInt8] = [:]
    for number in section.line.payloadTypes {
      guard let map = section.rtp.map(of: number), map.name.lowercased() == "rtx",
        map.clockRate == 90_000, let apt = section.rtp.parameters(of: number)?["apt"],
        let primary = UInt8(apt), primary != number, result[primary] == nil
      else { continue }
      result[primary] = number
    }
    return result
  }

  /// The fmtp of our answer to an accepted format; nil where there is nothing to say.
  static func answerParameters(
    _ format: PayloadFormat, offered: FormatParameters?
  ) -> FormatParameters? {
    typealias Parameter = FormatParameters.Parameter
    var parameters: [Parameter] = []
    switch format.codec {
    case .opus:
      parameters = [Parameter("minptime", "10"), Parameter("useinbandfec", "1")]
      if offered?["stereo"] == "1" { parameters.append(Parameter("stereo", "1")) }
    case .vp8: break
    case .h264:
      // RFC 6184 section 8.2.2: the mode and the profile are symmetric, so they are repeated.
      for name in ["level-asymmetry-allowed", "packetization-mode", "profile-level-id"] {
        if let value = offered?[name] { parameters.append(Parameter(name, value)) }
      }
    case .vp9, .av1:
      for name in ["level-idx", "profile-id", "profile", "tier"] {
        if let value = offered?[name] { parameters.append(Parameter(name, value)) }
      }
    }
    guard !parameters.isEmpty else { return nil }
    return FormatParameters(payloadType: format.payloadType, parameters)
  }
}
