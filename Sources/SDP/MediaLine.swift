// The media line, RFC 8866 section 5.14.

/// `m=`: kind, port, protocol and formats.
package struct MediaLine: Hashable, Sendable {
  /// `audio`, `video`, `application`…
  package var kind: String
  /// 0 rejects the section, or marks it bundle-only; 9 stands for "not yet known".
  package var port: UInt16
  /// `UDP/TLS/RTP/SAVPF`, `UDP/DTLS/SCTP`…
  package var protocolName: String
  /// Payload types for RTP, `webrtc-datachannel` for SCTP.
  package var formats: [String]

  package init(kind: String, port: UInt16, protocolName: String, formats: [String]) {
    self.kind = kind
    self.port = port
    self.protocolName = protocolName
    self.formats = formats
  }

  /// Whether the formats are RTP payload types.
  package var isRTP: Bool { protocolName.contains("RTP/") }

  /// The RTP payload types in order; empty when this is not RTP.
  package var payloadTypes: [UInt8] {
    isRTP ? formats.compactMap { PayloadNumber.parse($0[...]) } : []
  }

  init?(_ text: Substring) {
    let fields = text.fields()
    guard fields.count >= 4, fields[0].isToken, let port = fields[1].decimal(UInt16.self),
      fields[2].parts(UInt8(ascii: "/"), keepEmpty: true).allSatisfy(\.isToken),
      fields[3...].allSatisfy(\.isToken)
    else { return nil }
    self.init(
      kind: String(fields[0]), port: port, protocolName: String(fields[2]),
      formats: fields[3...].map { String($0) })
    let numbers = payloadTypes
    if isRTP, numbers.count != formats.count || Set(numbers).count != numbers.count { return nil }
  }

  var text: String { "\(kind) \(port) \(protocolName) \(formats.joined(separator: " "))" }
}
