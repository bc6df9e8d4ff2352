// A publisher against a scripted server: numbering, extensions, repair, keyframe requests, reports.

import Client
import Crypto
import MediaControl
import RTP
import Testing
import Wire

@Suite("A publishing client")
struct PublishingClientTests {
  private static let rtxType: PayloadType = 97

  private func start(
    rtx: Bool = true, encodings: [PublishingEncoding]? = nil
  ) throws -> (Stage, StagedPublisher) {
    let stage = try Stage()
    var extensions = ExtensionMap()
    extensions[.mid] = 1
    extensions[.rid] = 2
    extensions[.repairedRID] = 3
    extensions[.transportSequence] = 4
    let section = PublishingSection(
      index: 0, mid: "v", kind: .video,
      format: PayloadFormat(
        payloadType: 96, codec: .vp8, rtxPayloadType: rtx ? PublishingClientTests.rtxType : nil),
      encodings: encodings ?? [
        PublishingEncoding(rid: "q", ssrc: 10, rtxSSRC: rtx ? 11 : nil),
        PublishingEncoding(rid: "f", ssrc: 20, rtxSSRC: rtx ? 21 : nil),
      ], feedback: [.nack, .pli, .transportWide])
    let client = StagedPublisher(
      PublishingClient(
        PublishingParameters(sections: [section], extensions: extensions, cname: "c"),
        transport: try stage.makeTransport(), random: .seeded(3)))
    client.transport.watchNonces()
    stage.play(client)
    stage.run(for: .seconds(2))
    try #require(client.transport.isConnected)
    return (stage, client)
  }

  private func send(_ count: Int, _ client: StagedPublisher, _ stage: Stage, stream: Int = 0) {
    for index in 0..<count {
      let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 100)
      client.client.send(
        payload.span,
        PublishingStream.Packet(
          marker: true, timestamp: RTPTimestamp(UInt32(index) &* 3000), capturedAt: stage.wall),
        stream: stream, at: stage.now, into: &stage.batch)
      stage.run(for: .milliseconds(33))
    }
    stage.run(for: .milliseconds(20))
  }

  private func headers(_ stage: Stage) -> [(header: RTPHeader, packet: [UInt8])] {
    stage.rtp.compactMap { packet in
      (try? RTPHeader(parsing: packet.span)).map { ($0, packet) }
    }
  }

  private func lend(_ stage: Stage, _ write: (inout WireBuffer) throws -> Void) throws {
    var buffer = WireBuffer(capacity: 1200)
    try write(&buffer)
    stage.lend(stage.protect(buffer.array))
    stage.run(for: .milliseconds(20))
  }

  @Test("packets are numbered one by one, on the encoding's SSRC and payload type")
  func numbering() throws {
    let (stage, client) = try start()
    send(20, client, stage)
    let sent = headers(stage)
    #expect(sent.count == 20)
    for (before, after) in zip(sent, sent.dropFirst()) {
      #expect(after.header.sequenceNumber.distance(from: before.header.sequenceNumber) == 1)
    }
    #expect(sent.allSatisfy { $0.header.ssrc == 10 && $0.header.payloadType == 96 })
    // Room for a lost first packet without confusion about the rollover counter.
    #expect(try #require(sent.first).header.sequenceNumber.rawValue < 0x8000)
  }

  @Test("MID and RID travel until the server reports on the stream, the transport's number always")
  func identification() throws {
    let (stage, client) = try start()
    send(2, client, stage, stream: 1)
    let blocks = [
      ReportBlock(
        ssrc: 20, fractionLost: 64, cumulativeLost: 3, extendedHighest: 1, jitter: 0,
        lastSenderReport: 0, delaySinceLastSenderReport: 0)
    ]
    try lend(stage) { try ReceiverReport.write(ssrc: 1, reports: blocks.span, to: &$0) }
    send(1, client, stage, stream: 1)
    let extensions = client.client.parameters.extensions
    let parsed = headers(stage).map { sent -> (mid: String?, rid: String?, number: UInt16?) in
      let all = ParsedExtensions(parsing: sent.packet.span, header: sent.header, map: extensions)
      func text(_ range: Range<Int>?) -> String? {
        range.map { String(decoding: sent.packet[$0], as: UTF8.self) }
      }
      return (text(all.mid), text(all.rid), all.transportSequence)
    }
    #expect(parsed.map(\.mid) == ["v", "v", nil])
    #expect(parsed.map(\.rid) == ["f", "f", nil])
    #expect(parsed.map(\.number) == [0, 1, 2])
    #expect(client.client.streams[1].isAcknowledged)
    #expect(!client.client.streams[0].isAcknowledged)
    #expect(client.client.streams[1].fractionLost == 0.25)
    #expect(client.client.streams[1].cumulativeLost == 3)
  }

  @Test("a packet asked for again comes wrapped in RTX, with a number of its own")
  func retransmission() throws {
    let (stage, client) = try start()
    send(3, client, stage)
    let wanted = try #require(headers(stage).dropFirst().first)
    let numbers = [wanted.header.sequenceNumber]
    try lend(stage) {
      try GenericNACK.write(sender: 1, media: 10, missing: numbers.span, to: &$0)
    }
    let repair = try #require(headers(stage).last)
    #expect(repair.header.ssrc == 11)
    #expect(repair.header.payloadType == PublishingClientTests.rtxType)
    let wrapped = try Retransmission(parsing: repair.packet.span, header: repair.header)
    #expect(wrapped.originalSequenceNumber == wanted.header.sequenceNumber)
    #expect(repair.packet[wrapped.originalPayload] == wanted.packet[wanted.header.payload])
    #expect(client.client.streams[0].retransmissions == 1)
  }

  @Test("without RTX the identical bytes come again: no packet index is used for two packets")
  func identical() throws {
    let (stage, client) = try start(rtx: false)
    send(3, client, stage)
    let numbers = [try #require(headers(stage).dropFirst().first).header.sequenceNumber]
    try lend(stage) {
      try GenericNACK.write(sender: 1, media: 10, missing: numbers.span, to: &$0)
    }
    let media = stage.protected.filter { $0[1] & 0x7F == 96 }
    #expect(media.count == 4)
    #expect(media.last == media[1])
    #expect(client.transport.nonceViolations == 0)
  }

  @Test("asked for twice within 20 ms, it is sent once; what is too old or never was, not at all")
  func repeatedRequests() throws {
    let (stage, client) = try start()
    send(300, client, stage)
    let sent = headers(stage)
    let (first, last) = (try #require(sent.first).header, try #require(sent.last).header)
    let wanted = [
      first.sequenceNumber, last.sequenceNumber, last.sequenceNumber.advanced(by: 1),
      last.sequenceNumber.advanced(by: 20_000),
    ]
    for _ in 0..<2 {
      var buffer = WireBuffer(capacity: 1200)
      try GenericNACK.write(sender: 1, media: 10, missing: wanted.span, to: &buffer)
      stage.lend(stage.protect(buffer.array))
    }
    stage.run(for: .milliseconds(20))
    #expect(headers(stage).count == sent.count + 1)
    #expect(client.client.streams[0].nacksReceived == 8)
    #expect(client.client.streams[0].retransmissions == 1)
  }

  @Test("PLI and FIR ask for a keyframe of their stream; a repeated FIR is one request")
  func keyframes() throws {
    let (stage, client) = try start()
    send(1, client, stage)
    try lend(stage) { try PictureLossIndication(sender: 1, media: 10).write(to: &$0) }
    #expect(client.outcomes.last == .keyframeRequested)
    #expect(client.client.takeKeyframeRequest(stream: 0))
    #expect(!client.client.takeKeyframeRequest(stream: 0))
    for number in [5, 5, 6] as [UInt8] {
      try lend(stage) {
        try FullIntraRequest.write(
          sender: 1, entry: FullIntraRequest.Entry(ssrc: 20, sequenceNumber: number), to: &$0)
      }
    }
    #expect(client.client.streams[1].keyframeRequests == 2)
    #expect(client.client.takeKeyframeRequest(stream: 1))
    #expect(!client.client.takeKeyframeRequest(stream: 0))
    #expect(!client.client.takeKeyframeRequest(stream: 9))
    let before = client.outcomes.count
    try lend(stage) { try PictureLossIndication(sender: 1, media: 99).write(to: &$0) }
    #expect(client.outcomes.count == before)
  }

  @Test("sender reports come with the first packet and every second, on the clock of the frames")
  func reports() throws {
    let (stage, client) = try start()
    #expect(stage.kinds.isEmpty)
    send(90, client, stage)
    let reports = stage.rtcp.compactMap { datagram -> SenderReport? in
      var compound = RTCPCompound()
      guard let item = try? compound.next(in: datagram.span) else { return nil }
      return try? SenderReport(parsing: item, in: datagram.span)
    }
    #expect((3...4).contains(reports.count))
    for (before, after) in zip(reports, reports.dropFirst()) {
      let wall = (after.time.wallTime - before.time.wallTime).seconds
      #expect(abs(wall - 1) < 0.04)
      // Frames are stamped 3000 ticks every 33 ms.
      let ticks = Double(after.timestamp.distance(from: before.timestamp))
      #expect(abs(ticks / 90_000 - wall) < 0.04)
    }
    #expect(Set(stage.kinds) == [.senderReport, .sourceDescription])
  }

  @Test("what doesn't fit in a packet, or belongs to no stream, is not sent")
  func refusals() throws {
    let (stage, client) = try start()
    let long = [UInt8](repeating: 0, count: PublishingStream.payloadBytesMax + 1)
    let packet = PublishingStream.Packet(
      marker: true, timestamp: RTPTimestamp(0), capturedAt: stage.wall)
    let short: [UInt8] = [1]
    let areSent = [
      client.client.send(long.span, packet, stream: 0, at: stage.now, into: &stage.batch),
      client.client.send(short.span, packet, stream: 2, at: stage.now, into: &stage.batch),
    ]
    #expect(areSent == [false, false])
    #expect(stage.batch.isEmpty)
  }

  @Test("hostile RTCP of every length and any bytes changes nothing that matters")
  func hostile() throws {
    let (stage, client) = try start()
    send(2, client, stage)
    var state: UInt64 = 11
    for round in 0..<400 {
      var bytes: [UInt8] = [0x80 | UInt8(round % 32), UInt8(200 + round % 8)]
      for _ in 0..<(round % 65) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(truncatingIfNeeded: state >> 33))
      }
      while bytes.count % 4 != 0 || bytes.count < 8 { bytes.append(0) }
      stage.lend(stage.protect(bytes))
    }
    stage.run(for: .milliseconds(100))
    #expect(client.transport.isConnected)
    #expect(client.transport.nonceViolations == 0)
  }
}
