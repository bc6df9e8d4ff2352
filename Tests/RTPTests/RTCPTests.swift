// RTCP packets: each written, read back, and compared with bytes made by hand.

import Testing
import Wire

@testable import RTP

/// What `write` appends to a fresh buffer.
func written(
  capacity: Int = 1200, _ write: (inout WireBuffer) throws -> Void
) rethrows -> [UInt8] {
  var buffer = WireBuffer(capacity: capacity)
  try write(&buffer)
  return buffer.array
}

/// The only item of `datagram`.
func onlyItem(_ datagram: [UInt8]) throws -> RTCPItem {
  var compound = RTCPCompound()
  let item = try #require(try compound.next(in: datagram.span))
  #expect(try compound.next(in: datagram.span) == nil)
  return item
}

private let blocks = [
  ReportBlock(
    ssrc: 0x11, fractionLost: 255, cumulativeLost: -1, extendedHighest: 0x1_0002, jitter: 3,
    lastSenderReport: 4, delaySinceLastSenderReport: 5),
  ReportBlock(
    ssrc: 0x12, fractionLost: 0, cumulativeLost: 0x7F_FFFF, extendedHighest: 2, jitter: .max,
    lastSenderReport: 0, delaySinceLastSenderReport: 0),
]

@Suite("RTCP compound packets, RFC 3550 section 6.1")
struct RTCPCompoundTests {
  @Test("the packets of a datagram come one by one, unknown types too")
  func iteration() throws {
    let datagram = hex("80C90001 00000001  81CB0001 00000002  80CC0000  8FCE0000 82CD0000")
    var compound = RTCPCompound()
    var kinds: [RTCPKind] = []
    while let item = try compound.next(in: datagram.span) { kinds.append(item.kind) }
    #expect(kinds == [.receiverReport, .goodbye, .other, .applicationFeedback, .other])
  }

  @Test("padding is taken off the last packet")
  func padding() throws {
    let item = try onlyItem(hex("A0C90003 00000001 00000000 00000008"))
    #expect(item.body == 4..<8)
  }

  @Test(
    "padding that is empty, too large, no whole words, or not in the last packet is refused",
    arguments: [
      "A0C90001 00000000", "A0C90001 00000008", "A0C90001 00000003", "A0C90000",
      "A0C90001 00000004 80C90001 00000001",
    ])
  func badPadding(text: String) {
    let datagram = hex(text)
    #expect(throws: WireError.badLength) {
      var compound = RTCPCompound()
      while try compound.next(in: datagram.span) != nil {}
    }
  }

  @Test("an empty datagram, a wrong version and a packet past the end are refused")
  func refusals() {
    for (text, error) in [
      ("", WireError.truncated), ("80", .truncated), ("80C9", .truncated), ("80C90001", .truncated),
      ("00C90000", .badVersion), ("80C90000 80", .truncated),
    ] {
      let datagram = hex(text)
      #expect(throws: error) {
        var compound = RTCPCompound()
        while try compound.next(in: datagram.span) != nil {}
      }
    }
  }
}

@Suite("RTCP reports, RFC 3550 section 6.4")
struct RTCPReportTests {
  @Test("a sender report with two blocks survives the wire")
  func senderReport() throws {
    let report = SenderReport(
      ssrc: 0xAABB_CCDD, time: NTPTime(rawValue: 0x0102_0304_0506_0708),
      timestamp: RTPTimestamp(0xFFFF_FFFF), packetCount: 10, octetCount: 11)
    let datagram = try written { try report.write(reports: blocks.span, to: &$0) }
    #expect(
      Array(datagram[..<28])
        == hex("82C80012 AABBCCDD 0102030405060708 FFFFFFFF 0000000A 0000000B"))
    #expect(Array(datagram[28..<40]) == hex("00000011 FFFFFFFF 00010002"))
    let item = try onlyItem(datagram)
    #expect(item.kind == .senderReport)
    #expect(try SenderReport(parsing: item, in: datagram.span) == report)
    let read = try SenderReport.reports(of: item)
    #expect(read.count == 2)
    #expect(read.block(at: 0, in: datagram.span) == blocks[0])
    #expect(read.block(at: 1, in: datagram.span) == blocks[1])
    #expect(read.block(at: 2, in: datagram.span) == nil)
    #expect(read.block(at: -1, in: datagram.span) == nil)
  }

  @Test("a receiver report with blocks, and an empty one, survive the wire")
  func receiverReport() throws {
    for count in 0...2 {
      let datagram = try written {
        try ReceiverReport.write(ssrc: 9, reports: Array(blocks[..<count]).span, to: &$0)
      }
      let item = try onlyItem(datagram)
      #expect(item.kind == .receiverReport)
      let report = try ReceiverReport(parsing: item, in: datagram.span)
      #expect(report.ssrc == 9 && report.reports.count == count)
      for index in 0..<count {
        #expect(report.reports.block(at: index, in: datagram.span) == blocks[index])
      }
    }
  }

  @Test("a count beyond the body is refused; profile-specific words behind the blocks are not")
  func counts() throws {
    let short = hex("81C90001 00000009")
    #expect(throws: WireError.truncated) {
      try ReceiverReport(parsing: onlyItem(short), in: short.span)
    }
    let shortSender = hex("80C80001 00000009")
    #expect(throws: WireError.truncated) {
      try SenderReport(parsing: onlyItem(shortSender), in: shortSender.span)
    }
    let extended = hex("80C90002 00000009 12345678")
    #expect(try ReceiverReport(parsing: onlyItem(extended), in: extended.span).reports.count == 0)
  }

  @Test("writing more than 31 blocks, or into too little space, changes nothing")
  func limits() {
    var buffer = WireBuffer(capacity: 20)
    let many = [ReportBlock](repeating: blocks[0], count: 32)
    #expect(throws: WireError.tooMany) {
      try ReceiverReport.write(ssrc: 1, reports: many.span, to: &buffer)
    }
    #expect(throws: WireError.noSpace) {
      try ReceiverReport.write(ssrc: 1, reports: blocks.span, to: &buffer)
    }
    #expect(buffer.count == 0)
  }
}

@Suite("SDES and BYE, RFC 3550 sections 6.5 and 6.6")
struct RTCPSourceTests {
  @Test("a CNAME of any length survives the wire", arguments: [0, 1, 2, 3, 4, 5, 16, 255])
  func cname(length: Int) throws {
    let name = (0..<length).map { UInt8(0x41 + $0 % 26) }
    let datagram = try written {
      try SourceDescription.write(ssrc: 7, cname: name.span, to: &$0)
    }
    let item = try onlyItem(datagram)
    #expect(item.kind == .sourceDescription && item.body.count % 4 == 0)
    var chunks = SourceDescription(item: item)
    let chunk = try #require(try chunks.next(in: datagram.span))
    #expect(chunk.ssrc == 7)
    #expect(chunk.cname.map { Array(datagram[$0]) } == name)
    #expect(try chunks.next(in: datagram.span) == nil)
  }

  @Test("other items are passed over, chunk by chunk")
  func otherItems() throws {
    // Two chunks: TOOL "abc" then CNAME "x"; no items at all.
    let datagram = hex("82CA0006 00000001 0603616263 010178 00000000 00000002 00000000")
    var chunks = SourceDescription(item: try onlyItem(datagram))
    #expect(try chunks.next(in: datagram.span)?.cname.map { Array(datagram[$0]) } == [0x78])
    #expect(try chunks.next(in: datagram.span) == .init(ssrc: 2, cname: nil))
    #expect(try chunks.next(in: datagram.span) == nil)
  }

  @Test(
    "chunks without an end are refused",
    arguments: [
      "81CA0001 00000001", "81CA0000",
      "81CA0002 00000001 01046162", "81CA0002 00000001 01026162",
    ])
  func unending(text: String) throws {
    let datagram = hex(text)
    var chunks = SourceDescription(item: try onlyItem(datagram))
    #expect(throws: WireError.truncated) { try chunks.next(in: datagram.span) }
  }

  @Test("BYE names its sources; a reason is passed over")
  func goodbye() throws {
    let datagram = try written { try Goodbye.write(sources: [1, 0xFFFF_FFFF].span, to: &$0) }
    #expect(datagram == hex("82CB0002 00000001 FFFFFFFF"))
    let bye = try Goodbye(item: onlyItem(datagram))
    #expect(bye.count == 2)
    #expect(bye.source(at: 0, in: datagram.span) == 1)
    #expect(bye.source(at: 1, in: datagram.span) == 0xFFFF_FFFF)
    #expect(bye.source(at: 2, in: datagram.span) == nil)
    #expect(try Goodbye(item: onlyItem(hex("81CB0002 00000001 03627965"))).count == 1)
    #expect(throws: WireError.truncated) { try Goodbye(item: onlyItem(hex("82CB0001 00000001"))) }
  }
}

@Suite("RTCP feedback, RFC 4585, RFC 5104, REMB")
struct RTCPFeedbackTests {
  @Test("PLI survives the wire")
  func pictureLoss() throws {
    let message = PictureLossIndication(sender: 1, media: 2)
    let datagram = try written { try message.write(to: &$0) }
    #expect(datagram == hex("81CE0002 00000001 00000002"))
    let item = try onlyItem(datagram)
    #expect(item.kind == .pictureLossIndication)
    #expect(try PictureLossIndication(parsing: item, in: datagram.span) == message)
  }

  @Test("FIR survives the wire; a message may hold several entries, but whole ones")
  func fullIntra() throws {
    let entry = FullIntraRequest.Entry(ssrc: 3, sequenceNumber: 200)
    let datagram = try written { try FullIntraRequest.write(sender: 1, entry: entry, to: &$0) }
    #expect(datagram == hex("84CE0004 00000001 00000000 00000003 C8000000"))
    let item = try onlyItem(datagram)
    #expect(item.kind == .fullIntraRequest)
    let request = try FullIntraRequest(parsing: item, in: datagram.span)
    #expect(request.count == 1 && request.entry(at: 0, in: datagram.span) == entry)
    #expect(request.entry(at: 1, in: datagram.span) == nil)
    let two = hex("84CE0006 00000001 00000000 00000003 C8000000 00000004 01000000")
    let several = try FullIntraRequest(parsing: onlyItem(two), in: two.span)
    #expect(several.entry(at: 1, in: two.span) == .init(ssrc: 4, sequenceNumber: 1))
    let half = hex("84CE0003 00000001 00000000 00000003")
    #expect(throws: WireError.badLength) {
      try FullIntraRequest(parsing: onlyItem(half), in: half.span)
    }
  }

  @Test("Generic NACK packs numbers into pairs, across the wrap, and gives them back")
  func nack() throws {
    let missing = ([65530, 65531, 10, 11, 27, 28, 200] as [UInt16]).map(SerialNumber16.init)
    let datagram = try written {
      try GenericNACK.write(sender: 1, media: 2, missing: missing.span, to: &$0)
    }
    // 65530 with 1 and 16 after it; 11 with 16 after it, for 17 needs the next pair.
    #expect(datagram == hex("81CD0006 00000001 00000002 FFFA8001 000B8000 001C0000 00C80000"))
    let item = try onlyItem(datagram)
    #expect(item.kind == .genericNACK)
    var nack = try GenericNACK(parsing: item, in: datagram.span)
    #expect(nack.sender == 1 && nack.media == 2)
    var read: [SerialNumber16] = []
    while let number = nack.next(in: datagram.span) { read.append(number) }
    #expect(read == missing)
  }

  @Test("a NACK of nothing, or of too much, is not written")
  func nackLimits() {
    var buffer = WireBuffer(capacity: 4000)
    #expect(throws: WireError.missing) {
      try GenericNACK.write(sender: 1, media: 2, missing: Span(), to: &buffer)
    }
    let many = (0...GenericNACK.pairsMax).map { SerialNumber16(UInt16($0 * 20)) }
    #expect(throws: WireError.tooMany) {
      try GenericNACK.write(sender: 1, media: 2, missing: many.span, to: &buffer)
    }
    #expect(buffer.count == 0)
  }

  @Test(
    "REMB survives the wire, rounded to 18 bits", arguments: [0, 1, 262_143, 262_144, 2_500_000])
  func remb(bitsPerSecond: Int64) throws {
    let message = ReceiverEstimatedMaximumBitrate(
      sender: 5, bitrate: Bitrate(bitsPerSecond: bitsPerSecond))
    let datagram = try written { try message.write(streams: [6, 7].span, to: &$0) }
    let item = try onlyItem(datagram)
    #expect(item.kind == .applicationFeedback)
    let read = try ReceiverEstimatedMaximumBitrate(parsing: item, in: datagram.span)
    #expect(read.sender == 5 && read.count == 2)
    #expect(
      read.stream(at: 1, in: datagram.span) == 7 && read.stream(at: 2, in: datagram.span) == nil)
    let lost = bitsPerSecond - read.bitrate.bitsPerSecond
    #expect(lost >= 0 && lost * 131_072 <= bitsPerSecond)
  }

  @Test("REMB as a browser writes it; a rate beyond 63 bits and other formats are refused")
  func rembVectors() throws {
    let datagram = hex("8FCE0005 00000001 00000000 52454D42 010B4A8C 12345678")
    let read = try ReceiverEstimatedMaximumBitrate(parsing: onlyItem(datagram), in: datagram.span)
    #expect(read.bitrate == Bitrate(bitsPerSecond: 0x34A8C << 2))
    let huge = hex("8FCE0004 00000001 00000000 52454D42 00FFFFFF")
    #expect(throws: WireError.badValue) {
      try ReceiverEstimatedMaximumBitrate(parsing: onlyItem(huge), in: huge.span)
    }
    let other = hex("8FCE0004 00000001 00000000 41424344 00000000")
    #expect(throws: WireError.badVersion) {
      try ReceiverEstimatedMaximumBitrate(parsing: onlyItem(other), in: other.span)
    }
  }
}

@Suite("Extended reports, RFC 3611")
struct ExtendedReportTests {
  @Test("reference times and delays are read, other blocks passed over")
  func blocks() throws {
    let datagram = hex(
      """
      80CF000B 00000001  01000001 AAAAAAAA  04000002 0102030405060708
      05000003 00000009 0000000A 0000000B  06000000
      """)
    var report = try ExtendedReport(parsing: onlyItem(datagram), in: datagram.span)
    #expect(report.ssrc == 1)
    #expect(try report.next(in: datagram.span) == .other(type: 1))
    #expect(
      try report.next(in: datagram.span)
        == .receiverReferenceTime(NTPTime(rawValue: 0x0102_0304_0506_0708)))
    guard case .delaySinceLastReport(let entries) = try report.next(in: datagram.span) else {
      Issue.record("no DLRR block")
      return
    }
    #expect(entries.count == 1)
    #expect(entries.entry(at: 0, in: datagram.span) == .init(ssrc: 9, lastReport: 10, delay: 11))
    #expect(entries.entry(at: 1, in: datagram.span) == nil)
    #expect(try report.next(in: datagram.span) == .other(type: 6))
    #expect(try report.next(in: datagram.span) == nil)
  }

  @Test("blocks past the end or of the wrong length are refused")
  func refusals() throws {
    for (text, error) in [
      ("80CF0002 00000001 01000001", WireError.truncated),
      ("80CF0003 00000001 04000001 AAAAAAAA", .badLength),
      ("80CF0003 00000001 05000001 AAAAAAAA", .badLength),
    ] {
      let datagram = hex(text)
      var report = try ExtendedReport(parsing: onlyItem(datagram), in: datagram.span)
      #expect(throws: error) { try report.next(in: datagram.span) }
    }
  }
}
