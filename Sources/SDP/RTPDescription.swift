// What a media section says about RTP: payload types, feedback, header extensions, streams, sources.

/// The RTP attributes of one section.
package struct RTPDescription: Hashable, Sendable {
  package var isMultiplexed = false
  /// Reduced-size RTCP (RFC 5506).
  package var isReducedSize = false
  package var maps: [RTPMap] = []
  package var parameters: [FormatParameters] = []
  package var feedback: [RTCPFeedback] = []
  package var extensions: [ExtensionMapping] = []
  package var rids: [RIDDescription] = []
  package var simulcast: Simulcast?
  /// The values of `a=msid`: stream and track.
  package var msids: [String] = []
  package var sourceGroups: [SourceGroup] = []
  package var sources: [SourceAttribute] = []
  package init() {}

  /// The rtpmap of a payload type.
  package func map(of payloadType: UInt8) -> RTPMap? {
    maps.first { $0.payloadType == payloadType }
  }

  /// The fmtp of a payload type.
  package func parameters(of payloadType: UInt8) -> FormatParameters? {
    parameters.first { $0.payloadType == payloadType }
  }

  /// The kinds of feedback for a payload type, wildcards included, in order.
  package func feedback(of payloadType: UInt8) -> [String] {
    feedback.filter { $0.payloadType == nil || $0.payloadType == payloadType }.map(\.kind)
  }

  mutating func take(_ name: Substring, _ value: Substring?) throws(SDPError.Fault) -> Bool {
    let text = value ?? ""
    switch name {
    case "rtcp-mux": isMultiplexed = true
    case "rtcp-rsize": isReducedSize = true
    case "rtpmap":
      let map = try required(RTPMap(text), name)
      guard self.map(of: map.payloadType) == nil else { throw .duplicate("a=rtpmap") }
      maps.append(map)
    case "fmtp": parameters.append(try required(FormatParameters(text), name))
    case "rtcp-fb": feedback.append(try required(RTCPFeedback(text), name))
    case "extmap": extensions.append(try required(ExtensionMapping(text), name))
    case "rid":
      let rid = try required(RIDDescription(text), name)
      let isKnown = rids.contains { $0.id == rid.id && $0.direction == rid.direction }
      guard !isKnown else { throw .duplicate("a=rid") }
      rids.append(rid)
    case "simulcast":
      guard simulcast == nil else { throw .duplicate("a=simulcast") }
      simulcast = try required(Simulcast(text), name)
    case "msid":
      guard !text.isEmpty else { throw .malformed("a=msid") }
      msids.append(String(text))
    case "ssrc": sources.append(try required(SourceAttribute(text), name))
    case "ssrc-group": sourceGroups.append(try required(SourceGroup(text), name))
    default: return false
    }
    return true
  }

  private func required<T>(_ value: T?, _ name: Substring) throws(SDPError.Fault) -> T {
    guard let value else { throw .malformed("a=\(name)") }
    return value
  }

  /// The attributes, grouped by payload type in the order of the media line as browsers do.
  func write(_ out: inout SDPWriter, formats: [UInt8]) {
    for mapping in extensions { out.attribute("extmap", mapping.text) }
    for msid in msids { out.attribute("msid", msid) }
    if isMultiplexed { out.attribute("rtcp-mux") }
    if isReducedSize { out.attribute("rtcp-rsize") }
    for item in feedback where item.payloadType == nil { out.attribute("rtcp-fb", item.text) }
    // Lines for payload types that the media line does not list follow at the end.
    let strays = Set(maps.map(\.payloadType) + parameters.map(\.payloadType))
      .union(feedback.compactMap(\.payloadType)).subtracting(formats).sorted()
    for payloadType in formats + strays { write(payloadType, &out) }
    for rid in rids { out.attribute("rid", rid.text) }
    if let simulcast { out.attribute("simulcast", simulcast.text) }
    for group in sourceGroups { out.attribute("ssrc-group", group.text) }
    for source in sources { out.attribute("ssrc", source.text) }
  }

  private func write(_ payloadType: UInt8, _ out: inout SDPWriter) {
    for map in maps where map.payloadType == payloadType { out.attribute("rtpmap", map.text) }
    for item in feedback where item.payloadType == payloadType {
      out.attribute("rtcp-fb", item.text)
    }
    for item in parameters where item.payloadType == payloadType {
      out.attribute("fmtp", item.text)
    }
  }
}
