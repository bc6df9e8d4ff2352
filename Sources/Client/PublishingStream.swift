// One encoding a client sends: headers, extensions, history, retransmission (RFC 3550, 8285, 4588).

package import MediaControl
package import RTP
package import Wire

/// The sending state of one encoding.
package struct PublishingStream: Sendable {
  /// The section's place among `PublishingParameters.sections`.
  package let section: Int
  package let encoding: PublishingEncoding
  package let format: PayloadFormat
  private let mid: [UInt8]
  private let rid: [UInt8]
  private let ids: ExtensionMap

  private var history: SentPackets
  private var nextSequence: Int64
  private var nextRetransmission: Int64
  private var lastFrame: (timestamp: RTPTimestamp, capturedAt: WallTime)?

  /// Whether the server has reported on the stream: MID and RID need not travel any more.
  package private(set) var isAcknowledged = false
  /// Whether a keyframe was asked for since the last `takeKeyframeRequest`.
  private var isKeyframeWanted = false
  private var lastFIR: UInt8?
  var nextReportAt = Instant.zero

  package private(set) var packetsSent: UInt64 = 0
  /// Payload bytes.
  package private(set) var bytesSent: UInt64 = 0
  package private(set) var nacksReceived: UInt64 = 0
  package private(set) var retransmissions: UInt64 = 0
  package private(set) var keyframeRequests: UInt64 = 0
  /// The loss of the last report on the stream, 0...1.
  package private(set) var fractionLost = 0.0
  package private(set) var cumulativeLost: Int32 = 0

  /// The same packet is not sent again within this time, nor, once it was, within a round trip: the
  /// last is in flight. Browsers do the same.
  static let resendInterval = TimeSpan.milliseconds(20)
  /// The largest payload: with header, extensions and tag it stays below a 1280-byte MTU's room.
  package static let payloadBytesMax = 1200

  /// A stream that has sent nothing. `seed` is random: the first numbers come of it.
  package init(
    _ section: PublishingSection, place: Int, encoding: PublishingEncoding, ids: ExtensionMap,
    seed: UInt64
  ) {
    self.section = place
    self.encoding = encoding
    self.ids = ids
    format = section.format
    mid = Array(section.mid.utf8.prefix(16))
    rid = Array((encoding.rid ?? "").utf8.prefix(16))
    history = SentPackets(
      capacity: section.kind == .video ? SentPackets.videoMax : SentPackets.audioMax)
    // Below 2^15, so that a lost first packet can't confuse the rollover counter (RFC 3711 3.3.1).
    nextSequence = Int64(seed & 0x7FFF)
    nextRetransmission = Int64(seed >> 16 & 0x7FFF)
  }

  // MARK: Sending

  /// What a packet carries besides its payload.
  package struct Packet: Sendable {
    package var marker: Bool
    package var timestamp: RTPTimestamp
    /// When the frame was captured; SRs tell it.
    package var capturedAt: WallTime
    package init(marker: Bool, timestamp: RTPTimestamp, capturedAt: WallTime) {
      self.marker = marker
      self.timestamp = timestamp
      self.capturedAt = capturedAt
    }
  }

  /// Writes one packet into the history.
  ///
  /// - Returns: its extended sequence number; nil when the payload is too long.
  mutating func write(
    _ payload: borrowing Span<UInt8>, _ packet: Packet, transportSequence: UInt16, at now: Instant
  ) -> Int64? {
    guard payload.count <= PublishingStream.payloadBytesMax else { return nil }
    let sequence = nextSequence
    let fields = RTPHeader.Fields(
      marker: packet.marker, payloadType: format.payloadType,
      sequenceNumber: SerialNumber16(UInt16(truncatingIfNeeded: sequence)),
      timestamp: packet.timestamp, ssrc: encoding.ssrc)
    let (ids, mid, rid) = (ids, isAcknowledged ? [] : mid, isAcknowledged ? [] : rid)
    let isStored = history.store(sequence, at: now) { slot in
      guard
        let headerLength = try? PublishingStream.writeHeader(
          fields, ids, mid: mid, rid: rid, ridKind: .rid, transportSequence, now, to: &slot),
        slot.copy(payload, at: headerLength)
      else { return nil }
      return (headerLength, headerLength + payload.count)
    }
    guard isStored else { return nil }
    nextSequence += 1
    packetsSent &+= 1
    bytesSent &+= UInt64(payload.count)
    lastFrame = (packet.timestamp, packet.capturedAt)
    return sequence
  }

  private static func writeHeader(
    _ fields: RTPHeader.Fields, _ ids: ExtensionMap, mid: [UInt8], rid: [UInt8],
    ridKind: HeaderExtension, _ transportSequence: UInt16, _ now: Instant,
    to packet: inout MutableSpan<UInt8>
  ) throws(WireError) -> Int {
    var block = HeaderExtensionWriter(at: RTPHeader.fixedLength)
    try block.append(id: ids[.absSendTime], now.absSendTime, length: 3, to: &packet)
    try block.append(
      id: ids[.transportSequence], UInt64(transportSequence), length: 2, to: &packet)
    if !mid.isEmpty { try block.append(id: ids[.mid], mid.span, to: &packet) }
    if !rid.isEmpty { try block.append(id: ids[ridKind], rid.span, to: &packet) }
    let hasExtension = !block.isEmpty
    let headerLength = try block.finish(&packet)
    try fields.write(hasExtension: hasExtension, to: &packet)
    return headerLength
  }

  /// Lends the packet sent under `sequence` with its header's length; nil when it is gone.
  func withPacket<Result>(
    _ sequence: Int64, _ body: (borrowing Span<UInt8>, _ headerLength: Int) -> Result
  ) -> Result? {
    guard let entry = history.entry(sequence) else { return nil }
    return body(history.bytes(entry), entry.headerLength)
  }

  // MARK: Sending again

  /// The sequence number a NACK means, if that packet is there and not just in flight.
  mutating func takeResend(
    _ number: SerialNumber16, roundTrip: TimeSpan, at now: Instant
  ) -> Int64? {
    nacksReceived &+= 1
    let newest = nextSequence - 1
    let last = SerialNumber16(UInt16(truncatingIfNeeded: newest))
    let sequence = newest + Int64(number.distance(from: last))
    guard let entry = history.entry(sequence) else { return nil }
    let interval = entry.wasResent ? roundTrip : .zero
    guard now - entry.sentAt >= max(interval, PublishingStream.resendInterval) else { return nil }
    history.markResent(sequence, at: now)
    retransmissions &+= 1
    return sequence
  }

  /// Wraps the packet sent under `sequence` into the next RTX packet (RFC 4588 section 4).
  ///
  /// - Returns: the RTX packet's extended number and lengths; nil without RTX or when it is gone.
  mutating func writeRetransmission(
    of sequence: Int64, transportSequence: UInt16, at now: Instant,
    to packet: inout MutableSpan<UInt8>
  ) -> (sequence: Int64, headerLength: Int, length: Int)? {
    guard let payloadType = format.rtxPayloadType, let ssrc = encoding.rtxSSRC,
      let entry = history.entry(sequence),
      let original = try? RTPHeader(parsing: history.bytes(entry))
    else { return nil }
    let fields = RTPHeader.Fields(
      marker: original.marker, payloadType: payloadType,
      sequenceNumber: SerialNumber16(UInt16(truncatingIfNeeded: nextRetransmission)),
      timestamp: original.timestamp, ssrc: ssrc)
    guard
      let headerLength = try? PublishingStream.writeHeader(
        fields, ids, mid: mid, rid: rid, ridKind: .repairedRID, transportSequence, now, to: &packet),
      headerLength + 2 <= packet.count,
      packet.copy(
        history.bytes(entry).extracting(original.payload), at: headerLength + 2)
    else { return nil }
    packet.store(u16: original.sequenceNumber.rawValue, at: headerLength)
    defer { nextRetransmission += 1 }
    return (nextRetransmission, headerLength, headerLength + 2 + original.payload.count)
  }

  // MARK: Feedback

  /// Notes a report on the stream.
  mutating func receive(_ block: ReportBlock) {
    isAcknowledged = true
    fractionLost = Double(block.fractionLost) / 256
    cumulativeLost = block.cumulativeLost
  }

  /// Notes a PLI.
  mutating func requestKeyframe() {
    keyframeRequests &+= 1
    isKeyframeWanted = true
  }

  /// Notes a FIR; a repeated number is the same request (RFC 5104 section 4.3.1.2).
  mutating func requestKeyframe(fir number: UInt8) {
    guard number != lastFIR else { return }
    lastFIR = number
    requestKeyframe()
  }

  /// Whether the next frame should be a keyframe; forgets it.
  package mutating func takeKeyframeRequest() -> Bool {
    defer { isKeyframeWanted = false }
    return isKeyframeWanted
  }

  /// The sender report for `wall`; nil before the first packet.
  func report(at wall: WallTime) -> SenderReport? {
    guard let lastFrame else { return nil }
    let elapsed = (wall - lastFrame.capturedAt).seconds * Double(format.codec.clockRate)
    guard abs(elapsed) < 0x1p31 else { return nil }
    return SenderReport(
      ssrc: encoding.ssrc, time: NTPTime(wall),
      timestamp: lastFrame.timestamp.advanced(by: Int(elapsed)),
      packetCount: UInt32(truncatingIfNeeded: packetsSent),
      octetCount: UInt32(truncatingIfNeeded: bytesSent))
  }
}

extension Instant {
  /// Seconds modulo 64 in 6.18 fixed point: the abs-send-time header extension.
  var absSendTime: UInt64 {
    let within = UInt64(bitPattern: nanoseconds) % 64_000_000_000
    return (within << 18) / 1_000_000_000
  }
}
