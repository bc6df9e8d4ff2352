// Boxes as written and as read back: ISO/IEC 14496-12, -14, -15.

import HLS
import Testing
import Wire

@Suite("CMAF boxes")
struct BoxTests {
  @Test("an initialization section of a picture reads back as it was written")
  func pictureSection() throws {
    let section = try InitializationSection(.avc(configuration()))
    let read = try InitializationSection(parsing: section.bytes.span)
    #expect(read == section)
    guard case .avc(let avc) = read.format else {
      Issue.record("no picture")
      return
    }
    #expect(avc.width == 960 && avc.height == 540)
    #expect(avc.codec == "avc1.42c01f")
  }

  @Test("an initialization section of sound reads back as it was written")
  func soundSection() throws {
    let section = try InitializationSection(.aac(sound()))
    #expect(try InitializationSection(parsing: section.bytes.span) == section)
    // AAC-LC, 48 kHz, two channels: the two bytes every encoder writes.
    let bytes = section.bytes
    let esds = try #require(find([0x05, 0x02, 0x11, 0x90], in: bytes))
    #expect(esds > 0)
  }

  @Test("box lengths nest and add up to the whole")
  func lengths() throws {
    let bytes = try InitializationSection(.avc(configuration())).bytes
    var reader = BoxReader(byteCount: bytes.count)
    var types: [String] = []
    var end = 0
    while let box = try reader.next(in: bytes.span) {
      #expect(box.range.lowerBound == end)
      end = box.range.upperBound
      types.append(box.type.description)
    }
    #expect(types == ["ftyp", "moov"])
    #expect(end == bytes.count)
  }

  @Test("a fragment keeps samples, times, capture time and messages")
  func fragment() throws {
    let samples = [
      FragmentSample(bytes: [1, 2, 3], duration: 3000, isSync: true),
      FragmentSample(bytes: [4], duration: 3100, isSync: false),
      FragmentSample(bytes: [], duration: 2900, isSync: false),
    ]
    var fragment = MovieFragment(sequenceNumber: 7, baseDecodeTime: 1 << 40, samples: samples)
    fragment.beginsSegment = true
    fragment.capturedAt = WallTime(nanoseconds: 1_700_000_000_500_000_000)
    fragment.messages = [
      EventMessage(scheme: "urn:x", value: "pin", time: 99, id: 4, message: [9, 0, 9])
    ]
    var writer = BoxWriter()
    fragment.write(timescale: 90_000, to: &writer)
    let read = try FragmentReader.parse(writer.bytes.span)
    #expect(read.count == 1)
    var again = try #require(read.first).fragment
    let captured = try #require(again.capturedAt)
    // 32 bits of fraction hold a quarter of a nanosecond.
    #expect(abs(captured.nanoseconds - 1_700_000_000_500_000_000) <= 1)
    again.capturedAt = fragment.capturedAt
    #expect(again == fragment)
    #expect(read[0].range == 0..<writer.bytes.count)
    #expect(read[0].duration == 9000)
  }

  @Test("what samples share stands once")
  func defaults() throws {
    func size(_ durations: [UInt32]) -> Int {
      var writer = BoxWriter()
      MovieFragment(
        sequenceNumber: 1, baseDecodeTime: 0,
        samples: durations.map { FragmentSample(bytes: [0], duration: $0, isSync: true) }
      ).write(timescale: 48_000, to: &writer)
      return writer.bytes.count
    }
    #expect(size([1024, 1024, 1024, 1024]) + 4 * 4 - 4 == size([1024, 1024, 1024, 1023]))
  }

  @Test("every truncation of a section or a segment is refused")
  func truncations() throws {
    let section = try InitializationSection(.avc(configuration())).bytes
    for length in 0..<section.count {
      #expect(throws: WireError.self) {
        _ = try InitializationSection(parsing: section.span.extracting(0..<length))
      }
    }
    var writer = BoxWriter()
    MovieFragment(
      sequenceNumber: 1, baseDecodeTime: 5,
      samples: [FragmentSample(bytes: [1, 2, 3, 4], duration: 10, isSync: false)]
    ).write(timescale: 90_000, to: &writer)
    let segment = writer.bytes
    for length in 1..<segment.count {
      #expect(throws: WireError.self) {
        _ = try FragmentReader.parse(segment.span.extracting(0..<length))
      }
    }
  }

  @Test("changed and random bytes never trap and what is read can be written")
  func hostile() throws {
    var generator = SeededGenerator(seed: 5)
    var writer = BoxWriter()
    for number in UInt32(1)...3 {
      MovieFragment(
        sequenceNumber: number, baseDecodeTime: UInt64(number) * 100,
        samples: (0..<4).map {
          FragmentSample(bytes: [UInt8($0)], duration: 25, isSync: $0 == 0)
        }
      ).write(timescale: 90_000, to: &writer)
    }
    let sps = sequenceParameters(width: 640, height: 360)
    let valid = [
      try InitializationSection(.avc(configuration())).bytes,
      try InitializationSection(.aac(sound())).bytes, writer.bytes,
      byteStream([sps, pictureParameters, [0x65, 1, 2, 3]]),
      Array("_HLS_msn=4&_HLS_part=2&_HLS_skip=YES".utf8),
    ]
    for bytes in valid {
      HLSFuzzBody.run(bytes.span)
      for _ in 0..<300 {
        var changed = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          let index = Int.random(in: 0..<changed.count, using: &generator)
          changed[index] = UInt8.random(in: 0...255, using: &generator)
        }
        HLSFuzzBody.run(changed.span)
      }
    }
    for length in 0...64 {
      for _ in 0..<10 {
        let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
        HLSFuzzBody.run(bytes.span)
      }
    }
  }

  private func find(_ needle: [UInt8], in bytes: [UInt8]) -> Int? {
    bytes.indices.dropLast(needle.count).first { Array(bytes[$0..<($0 + needle.count)]) == needle }
  }
}
