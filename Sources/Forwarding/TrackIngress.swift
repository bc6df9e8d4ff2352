// A publisher's track as it comes in: from RTP packets in clear to packet facts.

package import MediaControl
package import RTP
package import Wire

/// The receiving side of one track: its encodings, its clock, its codecs. Owner only.
package struct TrackIngress: Sendable {
  package private(set) var section: ReceiveSection
  package var encodings: [EncodingIngress]
  package var clock: TrackClock

  /// The receiving side of `section`, with the SSRCs the offer announced.
  package init(_ section: ReceiveSection) {
    self.section = section
    clock = TrackClock(clockRate: section.kind == .video ? 90_000 : 48_000)
    let announced = section.encodings.isEmpty ? [AnnouncedEncoding()] : section.encodings
    encodings = announced.prefix(ForwardingLimits.encodingsMax).map {
      EncodingIngress(ssrc: $0.ssrc, rtxSSRC: $0.rtxSSRC)
    }
  }

  /// Whether `section` is this track negotiated anew: then numbers and clock must go on, because
  /// caches and viewers hold them.
  package func continues(as section: ReceiveSection) -> Bool {
    self.section.track == section.track && self.section.kind == section.kind
      && self.section.encodings.map(\.rid) == section.encodings.map(\.rid)
  }

  /// Takes the section of a renegotiation, which `continues(as:)` has accepted.
  package mutating func renegotiate(_ section: ReceiveSection) {
    self.section = section
    for (index, announced) in section.encodings.enumerated() where index < encodings.count {
      if let ssrc = announced.ssrc, ssrc != encodings[index].ssrc {
        if encodings[index].ssrc != nil { clock.reset(encoding: index) }
        encodings[index].renew(ssrc)
      }
      if let rtxSSRC = announced.rtxSSRC { encodings[index].rtxSSRC = rtxSSRC }
    }
  }

  /// What the other workers must know of the track.
  package var description: TrackDescription {
    TrackDescription(
      id: section.track, kind: section.kind,
      rids: section.encodings.isEmpty ? [nil] : section.encodings.map(\.rid))
  }

  /// What a payload type means here.
  package enum Payload: Sendable {
    case media(Codec)
    /// Retransmission of this codec (RFC 4588).
    case retransmission(Codec, original: PayloadType)
  }

  /// The meaning of `type`, nil when it was not negotiated.
  package func payload(_ type: PayloadType) -> Payload? {
    for format in section.formats {
      if format.payloadType == type { return .media(format.codec) }
      if format.rtxPayloadType == type {
        return .retransmission(format.codec, original: format.payloadType)
      }
    }
    return nil
  }

  /// Turns a media packet into its facts.
  ///
  /// - Parameters:
  ///   - header: as on the wire, or as unwrapped from RTX.
  ///   - payload: without padding and RTX header; empty for padding-only packets.
  ///   - isRepair: whether it came inside RTX.
  /// - Throws: what the payload's descriptor throws.
  package mutating func receive(
    header: RTPHeader, codec: Codec, encoding: Int, payload: borrowing Span<UInt8>,
    extensions: ParsedExtensions, isRepair: Bool, at now: Instant, wall: WallTime
  ) throws(WireError) -> PacketInfo {
    if !isRepair, encodings[encoding].takeRestart(header.sequenceNumber) {
      clock.reset(encoding: encoding)
    }
    let (sequence, isLate) = encodings[encoding].receive(
      header.sequenceNumber, timestamp: header.timestamp, clockRate: codec.clockRate,
      isRepair: isRepair, at: now)
    let ticks = clock.ticks(
      of: header.timestamp, encoding: encoding, arrival: now, wall: wall)
    var info = PacketInfo(
      encoding: UInt8(encoding), codec: codec, sequence: sequence, ticks: ticks, arrival: now)
    info.isLate = isLate
    info.marker = header.marker
    info.payloadLength = UInt16(payload.count)
    info.descriptorLength = UInt16(extensions.dependencyDescriptor?.count ?? 0)
    if let level = extensions.audioLevel {
      info.audioLevel = Int16(level.level) | (level.isVoice ? 0x80 : 0)
    }
    if let delay = extensions.playoutDelay { info.playoutDelay = Int32(delay) }
    if let capture = extensions.absCaptureTime { info.absCaptureTime = capture.time.rawValue }
    if codec.isVideo && !payload.isEmpty { try readMarks(&info, payload) }
    encodings[encoding].completeMarks(&info, timestamp: header.timestamp.rawValue)
    return info
  }

  private func readMarks(_ info: inout PacketInfo, _ payload: borrowing Span<UInt8>)
    throws(WireError)
  {
    let marks: FrameMarks
    if info.codec == .vp8 {
      let descriptor = try VP8PayloadDescriptor(parsing: payload)
      marks = descriptor.marks
      if let picture = descriptor.pictureID {
        info.pictureID = picture.value
        info.pictureIDBytes = picture.isLong ? 2 : 1
      }
      if let tl0 = descriptor.tl0PicIdx { info.tl0PicIdx = Int16(tl0.value) }
    } else {
      marks = try FrameMarks(codec: info.codec, payload: payload)
    }
    info.startsFrame = marks.startsFrame
    info.isKeyframe = marks.isKeyframe
    info.temporalID = marks.temporalID ?? 0
    info.isSwitchingPoint = marks.isSwitchingPoint
    info.width = UInt16(clamping: marks.width)
    info.height = UInt16(clamping: marks.height)
  }
}
