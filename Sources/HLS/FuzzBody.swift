// What a fuzzer feeds: boxes, access units, queries, and a room that is told anything at any time.

import Wire

/// The fuzz body of this target.
package enum HLSFuzzBody {
  /// Reads `bytes` in every way this target reads bytes; traps when an invariant is broken.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    readBoxes(bytes)
    readAccessUnit(bytes)
    runRoom(bytes)
  }

  private static func readBoxes(_ bytes: borrowing Span<UInt8>) {
    if let section = try? InitializationSection(parsing: bytes) {
      let written = InitializationSection(
        section.format, trackID: section.trackID, encryption: section.encryption,
        systemHeaders: section.systemHeaders
      ).bytes
      precondition(
        (try? InitializationSection(parsing: written.span)) == section,
        "a section that was read is not the one that is written")
    }
    guard let fragments = try? FragmentReader.parse(bytes), !fragments.isEmpty else { return }
    var writer = BoxWriter()
    for read in fragments {
      read.fragment.write(timescale: 90_000, trackID: read.trackID, to: &writer)
    }
    guard let again = try? FragmentReader.parse(writer.bytes.span) else {
      preconditionFailure("what was written can't be read")
    }
    precondition(again.count == fragments.count, "fragments were lost")
    for (a, b) in zip(again, fragments) {
      precondition(a.fragment.samples == b.fragment.samples, "samples differ after a round trip")
      precondition(a.fragment.baseDecodeTime == b.fragment.baseDecodeTime, "tfdt differs")
    }
  }

  private static func readAccessUnit(_ bytes: borrowing Span<UInt8>) {
    var stream = AVCStream()
    if case .sample(let sample, _, let format) = stream.receive(bytes) {
      precondition(sample.count > 4 && format != nil, "a sample of nothing")
    }
    let text = String(decoding: bytes.toArray(), as: UTF8.self)
    if let directives = DeliveryDirectives(query: text) {
      precondition(directives.part == nil || directives.sequence != nil, "a part of no segment")
    }
    if let runs = SampleCipher.subsamples(ofPicture: bytes.toArray()) {
      let sum = runs.reduce(0) { $0 + $1.clear + $1.protected }
      precondition(sum == bytes.count, "subsamples that are not the sample")
      precondition(runs.allSatisfy { $0.clear <= 65_535 }, "a clear run too long")
    }
    let key = "00112233445566778899aabbccddeeff 00112233445566778899aabbccddeeff"
    _ = try? ContentProtection(contentKey: text)
    _ = try? ContentProtection(contentKey: key, licences: text)
    _ = ResourceNames(run: "r").parse(text[...])
    KeptPlaylist.check(text)
    KeptPlaylist.check("#EXTM3U\n" + text)
  }

  /// Three bytes a step: what happens, and how much time passes.
  private static func runRoom(_ bytes: borrowing Span<UInt8>) {
    guard
      let sound = try? AACConfiguration(sampleRate: 48_000, channelCount: 2, bitsPerSecond: 96_000)
    else { return }
    var room = Presentation(
      timing: HLSTiming(), epoch: WallTime(nanoseconds: 0), run: "f", bytesMax: 1 << 20)
    let place = room.addRendition(
      "a", .audio(name: "a", language: nil), format: .aac(sound), at: .zero)
    guard place == 0 else { preconditionFailure("a fresh room refuses a rendition") }
    var time: Int64 = 0
    var reader = ByteReader(bytes.extracting(0..<min(bytes.count, 3000)))
    while let kind = try? reader.u8(), let step = try? reader.u16() {
      time += Int64(step) - (kind & 0x80 != 0 ? 32_768 : 0)
      let sample = TimedSample(time: time, bytes: [kind], isSync: kind & 1 != 0)
      switch kind & 0x0E {
      case 2: room.advance(to: .milliseconds(max(0, time / 48)))
      case 4: room.beginDiscontinuity(at: .milliseconds(time / 48))
      case 6, 8: say(Int64(step), in: kind & 0x40 != 0 ? "en" : "de", at: time / 48, &room)
      case _: room.append(sample, to: 0)
      }
    }
    for rendition in room.renditions { check(rendition) }
    for rendition in room.renditions.dropFirst() { checkText(rendition) }
  }

  /// Words of any kind, a minute early or late.
  private static func say(
    _ step: Int64, in language: String, at milliseconds: Int64, _ room: inout Presentation
  ) {
    guard let language = LanguageTag(language) else { preconditionFailure("no language") }
    let words = [
      "-->", "\n\n1\n00:00:00.000 --> 00:00:09.000\nx", "&lt;", "<b>", "\r\u{0}", "a\nb",
    ]
    room.append(
      Caption(
        language: language, text: words[Int(step) % words.count],
        start: WallTime(nanoseconds: (milliseconds + step * 2 - 65_536) * 1_000_000),
        duration: .milliseconds(step % 20_000)))
  }

  /// Every block of a document but its head is a cue of three lines and more.
  private static func checkText(_ rendition: Rendition) {
    for segment in rendition.segments {
      for document in [segment.document].compactMap({ $0 }) + segment.parts.map(\.bytes) {
        let blocks = String(decoding: document, as: UTF8.self).split(separator: "\n\n")
        precondition(blocks.first?.hasPrefix("WEBVTT\nX-TIMESTAMP-MAP=") == true, "no head")
        for block in blocks.dropFirst() {
          let lines = block.split(separator: "\n", omittingEmptySubsequences: false)
          precondition(lines.count >= 3, "a cue without text")
          precondition(UInt64(lines[0]) != nil && lines[1].contains(" --> "), "no cue")
          precondition(
            lines[2...].allSatisfy { !$0.contains(">") && !$0.contains("<") }, "a tag in a cue")
        }
      }
    }
  }

  /// Time runs without a hole, and only the last part of a segment is short.
  private static func check(_ rendition: Rendition) {
    var expected: Int64?
    var number: Int?
    for segment in rendition.segments {
      for part in segment.parts {
        precondition(expected == nil || part.start == expected, "a hole in time")
        precondition(number == nil || part.number == number, "a part's name was skipped")
        precondition(part.duration >= 1 && part.duration <= 15_360, "a part of a wrong length")
        let isLast = segment.isComplete && part.index == segment.parts.count - 1
        precondition(isLast || part.duration >= 13_056, "a short part")
        expected = part.start + part.duration
        number = part.number + 1
      }
    }
  }
}
