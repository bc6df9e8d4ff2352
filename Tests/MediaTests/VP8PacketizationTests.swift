// VP8 frames survive being cut up, lost in part, and put together again.
import RTP
import Testing
import Wire

@testable import Media

@Suite("VP8 packetization, RFC 7741")
struct VP8PacketizationTests {
  private func frame(
    _ byteCount: Int, key: Bool = false, layer: UInt8 = 0, sync: Bool = false
  ) throws -> EncodedVideoFrame {
    var frame = EncodedVideoFrame()
    // The P bit and, in a keyframe, start code and size 64x48.
    let head: [UInt8] = key ? [0x10, 0, 0, 0x9D, 1, 0x2A, 64, 0, 48, 0] : [0x11]
    for index in 0..<byteCount {
      try frame.append(u8: index < head.count ? head[index] : UInt8(truncatingIfNeeded: index))
    }
    frame.isKeyframe = key
    frame.temporalID = layer
    frame.isLayerSync = sync || key
    frame.isDiscardable = layer == 2
    return frame
  }

  @Test("payloads are equally long but for the last, within the limit, and reassemble")
  func equalSizes() throws {
    var payloads = PayloadBatch()
    for byteCount in [1, 10, 63, 1195, 1196, 1197, 2392, 2393, 5000, 10_007, 60_000] {
      var packetizer = VP8Packetizer(payloadBytesMax: 1200, fields: .init())
      let original = try frame(byteCount)
      try packetizer.packetize(original, into: &payloads)
      #expect(payloads.count == (byteCount + 1195) / 1196)
      var bytes: [UInt8] = []
      for index in 0..<payloads.count {
        let payload = payloads.bytes(at: index)
        #expect(payload.count <= 1200)
        if payloads.isLast(index) {
          #expect(payload.count <= payloads.bytes(at: 0).count)
        } else {
          #expect(payload.count == payloads.bytes(at: 0).count)
        }
        let descriptor = try VP8PayloadDescriptor(parsing: payload)
        #expect(descriptor.startsFrame == (index == 0))
        #expect(descriptor.pictureID?.value == 0)
        bytes += payload.extracting(descriptor.length..<payload.count).toArray()
      }
      #expect(bytes == original.bytes.toArray())
    }
  }

  @Test("descriptors carry the fields asked for and count on")
  func descriptors() throws {
    var payloads = PayloadBatch()
    var packetizer = VP8Packetizer(
      payloadBytesMax: 1200, fields: .init(hasTemporalLayers: true, hasKeyIndex: true),
      firstPictureID: 0x7FFF, firstTL0PicIdx: 255)
    try packetizer.packetize(try frame(100, key: true), into: &payloads)
    #expect(
      payloads.bytes(at: 0).extracting(0..<6).toArray() == [0x90, 0xF0, 0xFF, 0xFF, 255, 0x21])
    try packetizer.packetize(try frame(100, layer: 2, sync: true), into: &payloads)
    #expect(
      payloads.bytes(at: 0).extracting(0..<6).toArray() == [0xB0, 0xF0, 0x80, 0x00, 255, 0xA1])
    try packetizer.packetize(try frame(100), into: &payloads)
    #expect(payloads.bytes(at: 0).extracting(0..<6).toArray() == [0x90, 0xF0, 0x80, 0x01, 0, 0x01])

    var short = VP8Packetizer(
      payloadBytesMax: 1200, fields: .init(pictureID: .short), firstPictureID: 127)
    for value: UInt8 in [127, 0, 1] {
      try short.packetize(try frame(100), into: &payloads)
      #expect(payloads.bytes(at: 0).extracting(0..<3).toArray() == [0x90, 0x80, value])
    }
    var bare = VP8Packetizer(payloadBytesMax: 1200, fields: .init(pictureID: .absent))
    try bare.packetize(try frame(2000), into: &payloads)
    #expect(payloads.bytes(at: 0)[0] == 0x10)
    #expect(payloads.bytes(at: 1)[0] == 0x00)
  }

  @Test("empty and endless frames are refused")
  func refusals() throws {
    var payloads = PayloadBatch()
    var packetizer = VP8Packetizer(payloadBytesMax: 64, fields: .init())
    #expect(throws: WireError.missing) {
      try packetizer.packetize(EncodedVideoFrame(), into: &payloads)
    }
    #expect(throws: WireError.tooMany) {
      try packetizer.packetize(try frame(70_000), into: &payloads)
    }
  }

  /// A little network: packets of a stream, to be delivered in any order.
  private struct Packets {
    struct Packet {
      let number: SerialNumber16
      let timestamp: RTPTimestamp
      let marker: Bool
      let payload: [UInt8]
      let frame: Int
    }
    var all: [Packet] = []
    private var number = SerialNumber16(65_530)
    private var frames = 0

    mutating func add(_ payloads: borrowing PayloadBatch, timestamp: RTPTimestamp) {
      for index in 0..<payloads.count {
        all.append(
          Packet(
            number: number, timestamp: timestamp, marker: payloads.isLast(index),
            payload: payloads.bytes(at: index).toArray(), frame: frames))
        number = number.advanced(by: 1)
      }
      frames += 1
    }
  }

  private func receive(
    _ packet: Packets.Packet, _ depacketizer: inout VideoDepacketizer
  ) throws -> PacketReception {
    try depacketizer.receive(
      packet.number, timestamp: packet.timestamp, marker: packet.marker,
      payload: packet.payload.span)
  }

  /// `count` frames of three packets each: a keyframe, then frames of the base layer or of L1T3.
  private func stream(count: Int, layered: Bool = false, fields: VP8Packetizer.Fields? = nil)
    throws -> Packets
  {
    var packets = Packets()
    var payloads = PayloadBatch()
    var packetizer = VP8Packetizer(
      payloadBytesMax: 500, fields: fields ?? .init(hasTemporalLayers: layered),
      firstPictureID: 32_766, firstTL0PicIdx: 254)
    for index in 0..<count {
      let step = (layered ? TemporalPattern.three : .one).step(at: index)
      let original = try frame(
        1400, key: index == 0, layer: step.temporalID, sync: step.isLayerSync)
      try packetizer.packetize(original, into: &payloads)
      packets.add(payloads, timestamp: RTPTimestamp(UInt32(index) * 3000))
    }
    return packets
  }

  /// Delivers packets and returns, by frame number, whether each complete frame was decodable.
  private func play(_ packets: [Packets.Packet], waitPackets: Int = 6) throws
    -> (frames: [Int: Bool], missing: Int)
  {
    var depacketizer = VideoDepacketizer(.vp8, waitPackets: waitPackets)
    var frame = EncodedVideoFrame()
    var frames: [Int: Bool] = [:]
    var missing = 0
    for packet in packets {
      _ = try receive(packet, &depacketizer)
      delivering: while true {
        switch depacketizer.nextFrame(into: &frame) {
        case .frame(let received):
          frames[Int(received.timestamp.rawValue) / 3000] = received.isDecodable
          #expect(frame.byteCount == 1400)
        case .gap(let packets): missing += packets
        case .nothing: break delivering
        }
      }
    }
    return (frames, missing)
  }

  @Test("reordered and duplicated packets still make every frame, in order")
  func reordering() throws {
    let packets = try stream(count: 40)
    var generator = SeededGenerator(seed: 5)
    var shuffled: [Packets.Packet] = []
    for start in stride(from: 0, to: packets.all.count, by: 5) {
      // The first packet stays first: an earlier one would be before the stream's beginning.
      let chunk = packets.all[start..<min(start + 5, packets.all.count)]
      shuffled += start == 0 ? Array(chunk) : chunk.shuffled(using: &generator)
      shuffled.append(chunk[start])
    }
    let played = try play(shuffled)
    #expect(played.frames.count == 40)
    #expect(played.frames.values.allSatisfy { $0 })
    #expect(played.missing == 0)
  }

  @Test("what the depacketizer says of each packet")
  func reception() throws {
    let packets = try stream(count: 3)
    var depacketizer = VideoDepacketizer(.vp8, waitPackets: 6)
    var frame = EncodedVideoFrame()
    #expect(try receive(packets.all[0], &depacketizer) == .stored)
    #expect(try receive(packets.all[0], &depacketizer) == .duplicate)
    #expect(depacketizer.nextFrame(into: &frame) == .nothing)
    for packet in packets.all[1...2] { #expect(try receive(packet, &depacketizer) == .stored) }
    guard case .frame(let received) = depacketizer.nextFrame(into: &frame) else {
      Issue.record("no frame")
      return
    }
    #expect(received.isKeyframe && received.packetCount == 3 && received.pictureID == 32_766)
    #expect(try receive(packets.all[1], &depacketizer) == .late)
  }

  @Test("a lost packet costs its frame and all after it without temporal layers")
  func lossWithoutLayers() throws {
    var packets = try stream(count: 20).all
    packets.removeAll { $0.number == SerialNumber16(65_530).advanced(by: 16) }
    let played = try play(packets)
    #expect(played.missing == 1)
    #expect(played.frames[4] == true)
    #expect(played.frames[5] == nil)
    for index in 6..<18 { #expect(played.frames[index] == false) }
  }

  @Test("a lost frame of the top layer costs nothing but itself and those that lean on it")
  func lossOfTopLayer() throws {
    var packets = try stream(count: 32, layered: true).all
    // Frame 9 is of layer 2 and a sync frame.
    packets.removeAll { $0.frame == 9 }
    let played = try play(packets)
    #expect(played.missing == 3)
    #expect(played.frames[9] == nil)
    // The base layer goes on; so does the top layer from the next sync frame on.
    for index in [10, 12, 16, 17, 18, 19, 20, 24] {
      #expect(played.frames[index] == true, "frame \(index)")
    }
  }

  @Test("a lost frame of the base layer costs every layer until a keyframe")
  func lossOfBaseLayer() throws {
    var packets = try stream(count: 32, layered: true).all
    packets.removeAll { $0.frame == 12 }
    let played = try play(packets)
    #expect(played.frames[11] == true)
    for index in 13..<28 { #expect(played.frames[index] == false, "frame \(index)") }
  }

  @Test("whole layers left out, with sequence numbers closed up, stay decodable")
  func layersLeftOut() throws {
    var packets = Packets()
    var payloads = PayloadBatch()
    var packetizer = VP8Packetizer(payloadBytesMax: 500, fields: .init(hasTemporalLayers: true))
    for index in 0..<32 {
      let step = TemporalPattern.three.step(at: index)
      try packetizer.packetize(
        try frame(1400, key: index == 0, layer: step.temporalID, sync: step.isLayerSync),
        into: &payloads)
      if step.temporalID < 2 {
        packets.add(payloads, timestamp: RTPTimestamp(UInt32(index) * 3000))
      }
    }
    let played = try play(packets.all)
    #expect(played.frames.count == 16)
    #expect(played.frames.values.allSatisfy { $0 })
  }

  @Test("lost padding costs nothing where picture ids prove it")
  func lostPadding() throws {
    var packets = try stream(count: 20)
    // Numbers a hole in: everything from frame 10 on one number later.
    packets.all = packets.all.map {
      $0.frame < 10
        ? $0
        : Packets.Packet(
          number: $0.number.advanced(by: 1), timestamp: $0.timestamp, marker: $0.marker,
          payload: $0.payload, frame: $0.frame)
    }
    let played = try play(packets.all)
    #expect(played.missing == 1)
    #expect(played.frames.count == 20)
    #expect(played.frames.values.allSatisfy { $0 })
  }

  @Test("received padding fills its place")
  func padding() throws {
    let packets = try stream(count: 2)
    var depacketizer = VideoDepacketizer(.vp8, waitPackets: 100)
    var frame = EncodedVideoFrame()
    for packet in packets.all {
      let shift = packet.frame == 1 ? 1 : 0
      _ = try depacketizer.receive(
        packet.number.advanced(by: shift), timestamp: packet.timestamp, marker: packet.marker,
        payload: packet.payload.span)
    }
    _ = try depacketizer.receive(
      SerialNumber16(65_533), timestamp: RTPTimestamp(0), marker: false, payload: Span())
    for _ in 0..<2 {
      guard case .frame(let received) = depacketizer.nextFrame(into: &frame) else {
        Issue.record("no frame")
        return
      }
      #expect(received.isDecodable)
    }
  }

  @Test("a jump far ahead gives up what was waited for and counts it")
  func jump() throws {
    var depacketizer = VideoDepacketizer(.vp8, waitPackets: 100)
    var frame = EncodedVideoFrame()
    let packets = try stream(count: 2)
    _ = try receive(packets.all[0], &depacketizer)
    let far = packets.all[0].number.advanced(by: 5000)
    for (offset, packet) in packets.all[3...5].enumerated() {
      _ = try depacketizer.receive(
        far.advanced(by: offset), timestamp: packet.timestamp, marker: packet.marker,
        payload: packet.payload.span)
    }
    // 100 of the 4999 are still in the window and reported by themselves.
    #expect(depacketizer.nextFrame(into: &frame) == .gap(missing: 4899))
    #expect(depacketizer.nextFrame(into: &frame) == .gap(missing: 100))
    guard case .frame(let received) = depacketizer.nextFrame(into: &frame) else {
      Issue.record("no frame")
      return
    }
    #expect(!received.isDecodable)
  }

  @Test("a frame longer than the window is given up, and those after it are not decodable")
  func longerThanTheWindow() throws {
    var payloads = PayloadBatch()
    var packets = Packets()
    var packetizer = VP8Packetizer(payloadBytesMax: 64, fields: .init())
    for (index, byteCount) in [100, 40_000, 100, 100].enumerated() {
      try packetizer.packetize(try frame(byteCount, key: index == 0), into: &payloads)
      packets.add(payloads, timestamp: RTPTimestamp(UInt32(index) * 3000))
    }
    var depacketizer = VideoDepacketizer(.vp8, waitPackets: 20)
    var frame = EncodedVideoFrame()
    var decodable: [UInt32: Bool] = [:]
    for packet in packets.all {
      _ = try receive(packet, &depacketizer)
      while true {
        let assembly = depacketizer.nextFrame(into: &frame)
        guard assembly != .nothing else { break }
        if case .frame(let received) = assembly {
          decodable[received.timestamp.rawValue / 3000] = received.isDecodable
        }
      }
    }
    #expect(decodable == [0: true, 2: false, 3: false])
    #expect(depacketizer.orphanCount > 0)
  }

  @Test("the test picture goes through encoder, packets and decoder")
  func endToEnd() throws {
    let decoder = try VP8Decoder()
    var shown = try VideoFrame(width: 16, height: 16).orThrow()
    var payloads = PayloadBatch()
    var packetizer = VP8Packetizer(payloadBytesMax: 1100, fields: .init(hasTemporalLayers: true))
    var depacketizer = VideoDepacketizer(.vp8, waitPackets: 50)
    var assembled = EncodedVideoFrame()
    var number = SerialNumber16(0)
    let configuration = VP8Encoder.Configuration(
      width: 640, height: 360, bitrate: .kilobits(500), temporal: .three)
    try CodecTests.encode(configuration, count: 30) { index, picture, frame in
      try packetizer.packetize(frame, into: &payloads)
      for place in 0..<payloads.count {
        _ = try depacketizer.receive(
          number, timestamp: frame.timestamp, marker: payloads.isLast(place),
          payload: payloads.bytes(at: place))
        number = number.advanced(by: 1)
      }
      guard case .frame(let received) = depacketizer.nextFrame(into: &assembled) else {
        Issue.record("no frame \(index)")
        return
      }
      #expect(received.isDecodable && received.temporalID == frame.temporalID)
      let isSame = assembled.bytes.elementsEqual(frame.bytes)
      #expect(isSame)
      try decoder.decode(assembled.bytes, into: &shown)
      #expect(TimeCode.read(from: shown) == TimeCode.read(from: picture))
      #expect(peakSignalToNoise(picture, shown) >= 28)
    }
  }

  @Test("short and random bytes are refused or assembled, never a trap")
  func fuzz() {
    var generator = SeededGenerator(seed: 3)
    for length in 0...64 {
      for _ in 0..<40 {
        let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
        MediaFuzzBody.run(bytes.span)
      }
    }
    for _ in 0..<40 {
      let bytes = (0..<4000).map { _ in UInt8.random(in: 0...31, using: &generator) }
      MediaFuzzBody.run(bytes.span)
    }
  }
}
