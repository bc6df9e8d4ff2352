// A viewer's copy of a packet, byte by byte.

import RTP
import Testing
import Wire

@testable import Forwarding

private func patch(
  sequence: Int64 = 0x1_0003, original: UInt16? = nil, isEmpty: Bool = false, mid: Bool = false
) -> HeaderPatch {
  HeaderPatch(
    ssrc: 0xAABB_CCDD, payloadType: 97, sequence: sequence, timestamp: 0x0102_0304, marker: true,
    pictureID: 0x1234, tl0PicIdx: 0x77, transportSequence: 0xBEEF, sendTime: 0x12_3456,
    includesMID: mid, isEmpty: isEmpty, originalSequence: original, isFirstFrame: false)
}

private func info(_ payload: [UInt8], codec: Codec = .vp8) -> PacketInfo {
  var info = PacketInfo(encoding: 0, codec: codec, sequence: 9, ticks: 0, arrival: .zero)
  info.payloadLength = UInt16(payload.count)
  return info
}

private func write(
  _ patch: HeaderPatch, _ info: PacketInfo, _ stored: [UInt8], ids: ExtensionMap = ExtensionMap(),
  capacity: Int = 1500
) -> (bytes: [UInt8], header: Int)? {
  var buffer = [UInt8](repeating: 0xEE, count: capacity)
  var span = buffer.mutableSpan
  let extensions = StreamExtensions(ids: ids, mid: Array("video".utf8))
  guard
    let written = try? PacketWriter.write(
      patch, info, stored: stored.span, extensions: extensions, to: &span)
  else { return nil }
  return (Array(buffer[0..<written.length]), written.headerLength)
}

private func parse(_ payload: [UInt8]) -> VP8PayloadDescriptor? {
  try? VP8PayloadDescriptor(parsing: payload.span)
}

private func ids(_ pairs: [(HeaderExtension, UInt8)]) -> ExtensionMap {
  var map = ExtensionMap()
  for (kind, id) in pairs { map[kind] = id }
  return map
}

@Suite("The packet writer makes a viewer's copy")
struct PacketWriterTests {
  @Test("without extensions: the fixed header, then the payload as it was")
  func plain() {
    let payload: [UInt8] = [0x10, 1, 2, 3, 4]
    let out = write(patch(), info(payload), payload)
    #expect(out?.header == 12)
    #expect(
      out?.bytes == [
        0x80, 0x80 | 97, 0, 3, 1, 2, 3, 4, 0xAA, 0xBB, 0xCC, 0xDD, 0x10, 1, 2, 3, 4,
      ])
    #expect(patch().rolloverCounter == 1)
  }

  @Test("each extension goes out under the viewer's id, and the MID only while it is needed")
  func extensions() {
    let map = ids([
      (.transportSequence, 3), (.absSendTime, 2), (.mid, 9), (.audioLevel, 1), (.playoutDelay, 4),
      (.absCaptureTime, 5), (.dependencyDescriptor, 7),
    ])
    let stored: [UInt8] = [0xD1, 0xD2, 0xD3, 0x10, 9, 9]
    var facts = info(Array(stored[3...]))
    facts.descriptorLength = 3
    facts.audioLevel = 0x85
    facts.playoutDelay = 0x00_1002
    facts.absCaptureTime = 0x0102_0304_0506_0708
    for includesMID in [true, false] {
      guard let out = write(patch(mid: includesMID), facts, stored, ids: map),
        let header = try? RTPHeader(parsing: out.bytes.span)
      else {
        Issue.record("written and read back")
        continue
      }
      let parsed = ParsedExtensions(parsing: out.bytes.span, header: header, map: map)
      #expect(parsed.transportSequence == 0xBEEF)
      #expect(parsed.absSendTime == 0x12_3456)
      #expect(parsed.mid.map { Array(out.bytes[$0]) } == (includesMID ? Array("video".utf8) : nil))
      #expect(parsed.audioLevel == AudioLevel(isVoice: true, level: 5))
      #expect(parsed.playoutDelay == 0x00_1002)
      #expect(parsed.absCaptureTime?.time.rawValue == 0x0102_0304_0506_0708)
      #expect(parsed.dependencyDescriptor.map { Array(out.bytes[$0]) } == [0xD1, 0xD2, 0xD3])
      #expect(Array(out.bytes[header.payload]) == [0x10, 9, 9], "the descriptor is not payload")
      #expect(out.header == header.headerLength)
    }
  }

  @Test("RTX puts the original number before the payload")
  func rtx() {
    let payload: [UInt8] = [0x90, 0xC0, 0x81, 0x02, 0x05, 0x01, 0xAA]
    var facts = info(payload)
    facts.pictureIDBytes = 2
    facts.tl0PicIdx = 5
    let out = write(patch(original: 0xCAFE), facts, payload)
    #expect(out?.bytes[12...] == [0xCA, 0xFE, 0x90, 0xC0, 0x92, 0x34, 0x77, 0x01, 0xAA])
  }

  @Test("VP8 picture ids keep their width: 15 bits, 7 bits, absent; TL0PICIDX likewise")
  func pictureIDs() {
    let wide: [UInt8] = [0x90, 0xC0, 0x81, 0x02, 0x05, 0x01]
    var facts = info(wide)
    facts.pictureIDBytes = 2
    facts.tl0PicIdx = 5
    #expect(write(patch(), facts, wide)?.bytes[12...] == [0x90, 0xC0, 0x92, 0x34, 0x77, 0x01])

    let narrow: [UInt8] = [0x90, 0xC0, 0x02, 0x05, 0x01]
    facts = info(narrow)
    facts.pictureIDBytes = 1
    facts.tl0PicIdx = 5
    #expect(write(patch(), facts, narrow)?.bytes[12...] == [0x90, 0xC0, 0x34, 0x77, 0x01])

    let only: [UInt8] = [0x90, 0x80, 0x81, 0x02, 0x05]
    facts = info(only)
    facts.pictureIDBytes = 2
    #expect(write(patch(), facts, only)?.bytes[12...] == [0x90, 0x80, 0x92, 0x34, 0x05])

    let absent: [UInt8] = [0x10, 0x01, 0x02, 0x03, 0x04]
    #expect(write(patch(), info(absent), absent)?.bytes[12...] == absent[...])
  }

  @Test("what is patched is what the descriptor's own parser finds")
  func patchedParses() {
    for (payload, width, tl0) in [
      ([0x90, 0xE0, 0x81, 0x02, 0x05, 0x40, 1, 1], 2, true),
      ([0x90, 0xE0, 0x02, 0x05, 0x40, 1, 1], 1, true),
      ([0x90, 0xA0, 0x02, 0x40, 1, 1], 1, false),
      ([0x90, 0x60, 0x05, 0x40, 1, 1], 0, true),
    ] as [([UInt8], UInt8, Bool)] {
      var facts = info(payload)
      facts.pictureIDBytes = width
      facts.tl0PicIdx = tl0 ? 5 : -1
      guard let out = write(patch(), facts, payload),
        let read = parse(Array(out.bytes[12...]))
      else {
        Issue.record("written and read back")
        continue
      }
      let wanted: UInt16? = width == 0 ? nil : width == 1 ? 0x34 : 0x1234
      #expect(read.pictureID?.value == wanted)
      #expect(read.tl0PicIdx?.value == (tl0 ? 0x77 : nil))
      #expect(read.temporalID == 1)
    }
  }

  @Test("an empty packet is one byte of padding")
  func empty() {
    let payload: [UInt8] = [0x10, 1, 2]
    let out = write(patch(isEmpty: true), info(payload), payload)
    #expect(out?.bytes.count == 13)
    #expect(out?.bytes[0] == 0xA0)
    #expect(out?.bytes[12] == 1)
    let header = out.flatMap { try? RTPHeader(parsing: $0.bytes.span) }
    #expect(header?.payload.isEmpty == true)
  }

  @Test("a packet that does not fit is refused at every capacity, never cut")
  func noSpace() {
    let map = ids([(.transportSequence, 3), (.mid, 9)])
    let payload = [UInt8](repeating: 0x10, count: 40)
    guard let whole = write(patch(original: 1, mid: true), info(payload), payload, ids: map) else {
      Issue.record("fits")
      return
    }
    for capacity in 0..<whole.bytes.count {
      #expect(
        write(patch(original: 1, mid: true), info(payload), payload, ids: map, capacity: capacity)
          == nil, "capacity \(capacity)")
    }
    #expect(
      write(
        patch(original: 1, mid: true), info(payload), payload, ids: map,
        capacity: whole.bytes.count)?.bytes == whole.bytes)
  }
}
