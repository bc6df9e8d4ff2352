// What the fuzz targets run: every parser of this module on arbitrary bytes, with what must hold.

import Wire

/// RTP: header, extensions, RTX and all payload descriptors.
package enum RTPFuzzBody {
  /// Reads `bytes` as a packet and as each codec's payload. Traps when an invariant is broken.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    readPayloads(bytes)
    guard let header = try? RTPHeader(parsing: bytes) else { return }
    precondition(header.headerLength <= header.payload.lowerBound)
    precondition(header.payload.upperBound <= bytes.count)
    precondition(header.extensionBlock.upperBound <= header.headerLength)
    // Two maps, so that each id of the one-byte form is looked for.
    for shift in [UInt8(0), 5] {
      var map = ExtensionMap()
      for lane in UInt8(0)..<9 {
        if let kind = HeaderExtension(rawValue: lane) { map[kind] = lane + 1 + shift }
      }
      checkExtensions(bytes, header, map)
    }
    if let payload = bytes.slice(header.payload) { readPayloads(payload) }
    if let retransmission = try? Retransmission(parsing: bytes, header: header) {
      precondition(retransmission.originalPayload.upperBound <= bytes.count)
    }
  }

  private static func checkExtensions(
    _ bytes: borrowing Span<UInt8>, _ header: RTPHeader, _ map: ExtensionMap
  ) {
    let parsed = ParsedExtensions(parsing: bytes, header: header, map: map)
    for range in [parsed.mid, parsed.rid, parsed.repairedRID, parsed.dependencyDescriptor] {
      guard let range else { continue }
      precondition(range.lowerBound >= header.extensionBlock.lowerBound)
      precondition(range.upperBound <= header.extensionBlock.upperBound)
    }
  }

  private static func readPayloads(_ payload: borrowing Span<UInt8>) {
    _ = try? FrameMarks(codec: .vp9, payload: payload)
    _ = try? FrameMarks(codec: .av1, payload: payload)
    _ = try? FrameMarks(codec: .h264, payload: payload)
    _ = try? OpusPayload(parsing: payload)
    _ = try? H264SequenceParameterSet(nalUnit: 0..<payload.count, in: payload)
    checkVP8(payload)
  }

  /// A patched picture id reads back as patched, and nothing else changes.
  private static func checkVP8(_ payload: borrowing Span<UInt8>) {
    guard let before = try? VP8PayloadDescriptor(parsing: payload) else { return }
    precondition(before.length < payload.count)
    var copy = payload.toArray()
    var span = copy.mutableSpan
    do throws(WireError) {
      try before.patch(pictureID: 0x1234, tl0PicIdx: 0x56, in: &span, at: 0)
      let after = try VP8PayloadDescriptor(parsing: copy.span)
      precondition(after.length == before.length && after.marks == before.marks)
      precondition(after.tl0PicIdx.map { $0.value == 0x56 } ?? (before.tl0PicIdx == nil))
      guard let patched = after.pictureID else { return }
      precondition(patched.value == (patched.isLong ? 0x1234 : 0x34))
    } catch {
      preconditionFailure("a descriptor that was read could not be patched")
    }
  }
}

/// RTCP: the compound and every message.
package enum RTCPFuzzBody {
  /// Reads `bytes` as one datagram. Traps when an invariant is broken.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    var compound = RTCPCompound()
    var items = 0
    while let item = try? compound.next(in: bytes) {
      precondition(item.body.upperBound <= bytes.count)
      items += 1
      precondition(items <= bytes.count / RTCPCompound.headerLength)
      read(item, bytes)
    }
  }

  private static func read(_ item: RTCPItem, _ bytes: borrowing Span<UInt8>) {
    switch item.kind {
    case .senderReport:
      _ = try? SenderReport(parsing: item, in: bytes)
      readBlocks(try? SenderReport.reports(of: item), bytes)
    case .receiverReport:
      readBlocks((try? ReceiverReport(parsing: item, in: bytes))?.reports, bytes)
    case .sourceDescription:
      var chunks = SourceDescription(item: item)
      while let chunk = try? chunks.next(in: bytes) {
        precondition((chunk.cname?.upperBound ?? 0) <= item.body.upperBound)
      }
    case .goodbye:
      guard let bye = try? Goodbye(item: item) else { return }
      for index in 0..<bye.count { precondition(bye.source(at: index, in: bytes) != nil) }
    case .extendedReport:
      guard var report = try? ExtendedReport(parsing: item, in: bytes) else { return }
      while let block = try? report.next(in: bytes) { readDelays(block, bytes) }
    case .genericNACK:
      guard var nack = try? GenericNACK(parsing: item, in: bytes) else { return }
      var count = 0
      while nack.next(in: bytes) != nil { count += 1 }
      precondition(count <= 17 * (item.body.count / 4))
    case .transportFeedback: readTransportFeedback(item, bytes)
    case .pictureLossIndication: _ = try? PictureLossIndication(parsing: item, in: bytes)
    case .fullIntraRequest:
      guard let request = try? FullIntraRequest(parsing: item, in: bytes) else { return }
      for index in 0..<request.count { precondition(request.entry(at: index, in: bytes) != nil) }
    case .applicationFeedback: checkREMB(item, bytes)
    case .other: break
    }
  }

  private static func readBlocks(_ blocks: ReportBlocks?, _ bytes: borrowing Span<UInt8>) {
    guard let blocks else { return }
    for index in 0..<blocks.count { precondition(blocks.block(at: index, in: bytes) != nil) }
  }

  private static func readDelays(
    _ block: ExtendedReport.Block, _ bytes: borrowing Span<UInt8>
  ) {
    guard case .delaySinceLastReport(let entries) = block else { return }
    for index in 0..<entries.count { precondition(entries.entry(at: index, in: bytes) != nil) }
  }

  /// What was read, written again, reads the same.
  private static func readTransportFeedback(_ item: RTCPItem, _ bytes: borrowing Span<UInt8>) {
    guard var feedback = try? TransportFeedback(parsing: item, in: bytes) else { return }
    let base = feedback.baseSequence
    var arrivals: [Int64] = []
    while let status = feedback.next(in: bytes) {
      // Moved up: written arrivals are not below zero.
      arrivals.append(status.arrivalTicks.map { $0 + 1 << 40 } ?? TransportFeedback.notReceived)
    }
    precondition(arrivals.count == feedback.statusCount)
    var buffer = WireBuffer(capacity: 1 << 16)
    let origin = TransportFeedback.Origin(sender: 1, media: 2, feedbackCount: 3)
    guard
      let covered = try? TransportFeedback.write(
        origin, base: base, arrivals: arrivals.span, to: &buffer)
    else { return }
    var compound = RTCPCompound()
    guard let item = try? compound.next(in: buffer.bytes),
      var again = try? TransportFeedback(parsing: item, in: buffer.bytes)
    else { preconditionFailure("written feedback does not read") }
    precondition(again.statusCount == covered && again.baseSequence == base)
    var first: Int64?
    for index in 0..<covered {
      let ticks = again.next(in: buffer.bytes)?.arrivalTicks
      precondition((ticks == nil) == (arrivals[index] == TransportFeedback.notReceived))
      guard let ticks else { continue }
      // The reference time wraps, so only differences are the same.
      let shift = arrivals[index] - ticks
      precondition(first ?? shift == shift)
      first = shift
    }
  }

  private static func checkREMB(_ item: RTCPItem, _ bytes: borrowing Span<UInt8>) {
    guard let remb = try? ReceiverEstimatedMaximumBitrate(parsing: item, in: bytes) else { return }
    precondition(remb.bitrate.bitsPerSecond >= 0)
    for index in 0..<remb.count { precondition(remb.stream(at: index, in: bytes) != nil) }
  }
}
