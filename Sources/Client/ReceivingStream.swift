// One m-section of a player: numbering, repair, reports, frames (RFC 3550, 4585, 4588).

import MediaControl
package import RTP
package import Wire

/// One media packet a player received, in clear, in the caller's datagram.
package struct PlayedPacket: Hashable, Sendable {
  /// The section's place among `PlayingParameters.sections`.
  package var section: Int
  package var codec: Codec
  /// Extended.
  package var sequence: Int64
  package var timestamp: RTPTimestamp
  package var marker: Bool
  /// The payload's place in the datagram; empty for padding only.
  package var payload: Range<Int>
  /// Whether it came inside RTX.
  package var isRepair: Bool
  /// Whether it had come before.
  package var isDuplicate: Bool
}

/// The receiving state of one m-section.
package struct ReceivingStream: Sendable {
  package let section: PlayingSection
  package private(set) var ssrc: SSRC?
  package private(set) var rtxSSRC: SSRC?
  package var frames = FrameAssembler()
  /// Reception before repair; nil before the first packet.
  package private(set) var statistics: ReceptionStatistics?
  package private(set) var missing = MissingPackets()
  /// The last sender report and when it came: the relation of timestamps to the server's clock.
  package private(set) var lastReport: (report: SenderReport, arrival: Instant)?

  package private(set) var packetsReceived: UInt64 = 0
  package private(set) var payloadBytes: UInt64 = 0
  /// Packets that had come before, by the sequence number they stand for.
  package private(set) var duplicates: UInt64 = 0
  /// Packets that came after a newer one, repairs not among them.
  package private(set) var late: UInt64 = 0
  package private(set) var repaired: UInt64 = 0
  package private(set) var nacksSent: UInt64 = 0
  package private(set) var keyframeRequestsSent: UInt64 = 0
  /// Packets with the marker bit: frames, where nothing better is known.
  package private(set) var markers: UInt64 = 0
  /// The longest time between two packets.
  package private(set) var longestGap = TimeSpan.zero
  package private(set) var lastArrival: Instant?
  package private(set) var firstArrival: Instant?

  private var extender = SerialNumberExtender()
  /// A bit for each of the last `seenMax` numbers, to tell repeated packets.
  private var seen = [UInt64](repeating: 0, count: ReceivingStream.seenMax / 64)
  private var seenHighest = Int64.min
  private var requestedKeyframeAt: Instant?
  private var ignoredEvery: Int
  private var untilIgnored: Int
  private var repairTime = RepairTime()

  private static let seenMax = 2048
  /// Between two PLIs of one stream: a round trip and an encoder's time.
  static let keyframeRequestInterval = TimeSpan.milliseconds(500)
  /// The time a repair takes, before one was measured.
  static let assumedRoundTrip = TimeSpan.milliseconds(100)

  /// A stream nothing has come of.
  package init(_ section: PlayingSection, ignoredEvery: Int = 0) {
    self.section = section
    ssrc = section.ssrc
    rtxSSRC = section.rtxSSRC
    self.ignoredEvery = ignoredEvery
    untilIgnored = ignoredEvery
  }

  /// What a payload type means in this section; nil when it is not negotiated.
  func format(of payloadType: PayloadType) -> (format: PayloadFormat, isRetransmission: Bool)? {
    for format in section.formats {
      if format.payloadType == payloadType { return (format, false) }
      if format.rtxPayloadType == payloadType { return (format, true) }
    }
    return nil
  }

  mutating func learn(_ ssrc: SSRC, isRetransmission: Bool) {
    if isRetransmission {
      rtxSSRC = ssrc
    } else if self.ssrc != ssrc {
      self.ssrc = ssrc
      statistics = nil
      extender = SerialNumberExtender()
      missing.reset()
      seenHighest = .min
    }
  }

  // MARK: Packets

  /// Takes one RTP packet of this section.
  ///
  /// - Returns: the packet as media; nil for a probe, a malformed packet, or one to be ignored.
  mutating func receive(
    _ header: RTPHeader, _ packet: borrowing Span<UInt8>, place: Int, at now: Instant
  ) -> PlayedPacket? {
    guard let meaning = format(of: header.payloadType) else { return nil }
    var number = header.sequenceNumber
    var payload = header.payload
    if meaning.isRetransmission {
      guard let wrapped = try? Retransmission(parsing: packet, header: header) else { return nil }
      number = wrapped.originalSequenceNumber
      payload = wrapped.originalPayload
    } else {
      if isIgnored() { return nil }
      if statistics == nil, let ssrc {
        statistics = ReceptionStatistics(ssrc: ssrc, clockRate: meaning.format.codec.clockRate)
      }
      statistics?.receive(number, timestamp: header.timestamp, at: now)
    }
    let sequence = extender.extend(number)
    let isDuplicate = !markSeen(sequence, isRepair: meaning.isRetransmission)
    missing.receive(sequence, at: now)
    count(payload.count, marker: header.marker, isDuplicate, meaning.isRetransmission, at: now)
    if meaning.isRetransmission { repairTime.note(repaired: number, at: now) }
    let played = PlayedPacket(
      section: place, codec: meaning.format.codec, sequence: sequence, timestamp: header.timestamp,
      marker: header.marker, payload: payload, isRepair: meaning.isRetransmission,
      isDuplicate: isDuplicate)
    if played.codec == .vp8, !isDuplicate { assemble(played, packet, at: now) }
    return played
  }

  private mutating func isIgnored() -> Bool {
    guard ignoredEvery > 0 else { return false }
    untilIgnored -= 1
    guard untilIgnored <= 0 else { return false }
    untilIgnored = ignoredEvery
    return true
  }

  private mutating func assemble(
    _ played: PlayedPacket, _ packet: borrowing Span<UInt8>, at now: Instant
  ) {
    var descriptor: VP8PayloadDescriptor?
    if let payload = packet.slice(played.payload), !payload.isEmpty {
      descriptor = try? VP8PayloadDescriptor(parsing: payload)
    }
    frames.receive(
      FrameAssembler.Packet(
        sequence: played.sequence, timestamp: played.timestamp, marker: played.marker,
        descriptor: descriptor), at: now)
  }

  private mutating func count(
    _ bytes: Int, marker: Bool, _ isDuplicate: Bool, _ isRepair: Bool, at now: Instant
  ) {
    packetsReceived &+= 1
    payloadBytes &+= UInt64(bytes)
    if isDuplicate {
      duplicates &+= 1
      return
    }
    if isRepair { repaired &+= 1 }
    if marker { markers &+= 1 }
    if firstArrival == nil { firstArrival = now }
    if let lastArrival { longestGap = max(longestGap, now - lastArrival) }
    lastArrival = now
  }

  /// Notes a number; false when it was noted before, or is too old to tell.
  private mutating func markSeen(_ sequence: Int64, isRepair: Bool) -> Bool {
    let span = Int64(ReceivingStream.seenMax)
    if seenHighest == .min { seenHighest = sequence - 1 }
    if sequence > seenHighest {
      let first = max(seenHighest + 1, sequence - span + 1)
      for number in first...sequence { setSeen(number, false) }
      seenHighest = sequence
    } else {
      if !isRepair { late &+= 1 }
      guard sequence > seenHighest - span, !isSeen(sequence) else { return false }
    }
    setSeen(sequence, true)
    return true
  }

  private func isSeen(_ sequence: Int64) -> Bool {
    let place = Int(truncatingIfNeeded: sequence) & (ReceivingStream.seenMax - 1)
    return seen[place / 64] & (1 << UInt64(place % 64)) != 0
  }

  private mutating func setSeen(_ sequence: Int64, _ value: Bool) {
    let place = Int(truncatingIfNeeded: sequence) & (ReceivingStream.seenMax - 1)
    let bit: UInt64 = 1 << UInt64(place % 64)
    if value { seen[place / 64] |= bit } else { seen[place / 64] &= ~bit }
  }

  // MARK: Feedback

  /// Notes a sender report of the stream.
  mutating func receive(_ report: SenderReport, at now: Instant) {
    statistics?.receive(report, at: now)
    lastReport = (report, now)
  }

  mutating func makeReportBlock(at now: Instant) -> ReportBlock? {
    statistics?.makeReportBlock(at: now)
  }

  /// The numbers to ask for now, appended to `list`.
  mutating func takeMissing(at now: Instant, into list: inout [SerialNumber16]) {
    guard section.feedback.contains(.nack), !missing.isEmpty else { return }
    missing.takeDue(
      at: now, roundTrip: retryInterval, into: &list)
    nacksSent &+= UInt64(list.count)
    repairTime.note(askedFor: list, at: now)
  }

  /// Between two requests for one packet.
  private var retryInterval: TimeSpan { repairTime.estimate ?? ReceivingStream.assumedRoundTrip }

  /// When repair has something to do if nothing comes; nil when nothing is missing.
  var nextRepair: Instant? {
    missing.isEmpty
      ? nil : missing.nextDue(roundTrip: retryInterval)
  }

  /// Lets frames be given up, and says whether a keyframe is to be asked for now.
  mutating func takeKeyframeRequest(at now: Instant) -> Bool {
    frames.advance(at: now)
    guard frames.needsKeyframe(at: now) else { return false }
    return requestKeyframe(at: now)
  }

  /// Whether a keyframe may be asked for at `now`; notes that it is.
  mutating func requestKeyframe(at now: Instant) -> Bool {
    if let requestedKeyframeAt,
      now - requestedKeyframeAt < ReceivingStream.keyframeRequestInterval
    {
      return false
    }
    requestedKeyframeAt = now
    keyframeRequestsSent &+= 1
    return true
  }
}
