// The MPD over the segments of HLS: ISO/IEC 23009-1.

import HLS
import Testing
import Wire

@Suite("The manifest of DASH")
struct DASHManifestTests {
  private struct Entry {
    var period: Substring
    var rendition: Substring
    var initialization: Substring
    var number: Int
    var start: Int64
    var duration: Int64
  }

  private func text(_ room: Presentation) throws -> String {
    let request = try #require(try room.request(path: "manifest.mpd", query: ""))
    guard case .content(let content) = room.answer(request) else {
      Issue.record("no manifest: \(room.answer(request))")
      return ""
    }
    #expect(content.mediaType == "application/dash+xml")
    return String(decoding: content.bytes, as: UTF8.self)
  }

  /// The value of an attribute of the first element in `text`.
  private func value(_ name: String, _ text: Substring) -> Substring {
    guard let match = text.firstRange(of: " \(name)=\"") else { return "" }
    return text[match.upperBound...].prefix { $0 != "\"" }
  }

  /// Every S of the manifest, with the number that players give it.
  private func entries(_ manifest: String) -> [Entry] {
    var found: [Entry] = []
    var (period, rendition, initialization) = (Substring(), Substring(), Substring())
    var number = 0
    for line in manifest.split(separator: "\n") {
      if line.hasPrefix("<Period") { period = value("start", line) }
      if line.hasPrefix("<Representation") { rendition = value("id", line) }
      if line.hasPrefix("<SegmentTemplate") {
        initialization = value("initialization", line)
        number = Int(value("startNumber", line)) ?? -1
        #expect(value("media", line) == "\(rendition)/t-s$Number$.m4s")
      }
      guard line.hasPrefix("<S ") else { continue }
      found.append(
        Entry(
          period: period, rendition: rendition, initialization: initialization, number: number,
          start: Int64(value("t", line)) ?? -1, duration: Int64(value("d", line)) ?? -1))
      number += 1
    }
    return found
  }

  @Test(
    "names every segment that HLS lists and has, at its time and with its initialization, and no gap",
    arguments: [
      SessionScript(seed: 1), SessionScript(seed: 2, restart: 12...19),
      SessionScript(seed: 3, layerLoss: 14...20),
      SessionScript(seed: 4, resize: 16, hasCaptions: true),
    ])
  func sameSegments(_ script: SessionScript) throws {
    let room = try LiveSession.run(script).room
    let manifest = try text(room)
    let entries = entries(manifest)
    var expected = 0
    let first = try #require(Int(value("id", manifest.components(of: "<Period ")[0])))
    // Text is HLS's alone.
    let renditions = room.renditions.filter { !$0.name.hasPrefix("text-") }
    for rendition in renditions {
      for segment in rendition.listed where segment.isComplete && !segment.isGap {
        // What is listed from before the oldest period's beginning has none.
        guard segment.sequence >= first else { continue }
        expected += 1
        let entry = entries.first {
          $0.rendition == rendition.name && $0.number == segment.sequence
        }
        let named = try #require(entry, "\(rendition.name) \(segment.sequence)")
        #expect(named.start == segment.start && named.duration == segment.duration)
        #expect(named.initialization == "\(rendition.name)/t-i\(segment.initialization).mp4")
      }
    }
    #expect(entries.count == expected && expected > 4 * renditions.count)
    let periods = manifest.components(of: "<Period ").map { value("start", $0) }
    #expect(periods.count == Set(periods).count)
    #expect(
      script.restart == nil && script.layerLoss == nil && script.resize == nil
        ? periods.count == 1 : periods.count > 1)
    #expect(manifest.contains("type=\"static\""), "the room has ended")
  }

  @Test("a live room's manifest, letter by letter")
  func golden() throws {
    var room = Presentation(
      timing: HLSTiming(window: .seconds(14)),
      epoch: WallTime(nanoseconds: 1_700_000_000_000_000_000), run: "r1")
    #expect(
      room.addRendition(
        "sound", .audio(name: "Sound", language: "a\"<&"), format: .aac(try sound()), at: .zero)
        == 0)
    for index in Int64(0)..<95 {
      room.append(TimedSample(time: index * 1024, bytes: [7, 7, 7], isSync: true), to: 0)
    }
    let expected = """
      <?xml version="1.0" encoding="UTF-8"?>
      <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019" minBufferTime="PT2.00000S" maxSegmentDuration="PT2.48000S" type="dynamic" availabilityStartTime="2023-11-14T22:13:20.000Z" publishTime="2023-11-14T22:13:22.005Z" minimumUpdatePeriod="PT2.00000S" timeShiftBufferDepth="PT14.00000S" suggestedPresentationDelay="PT6.00000S">
      <Period id="0" start="PT0.00000S">
      <AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" lang="a&quot;&lt;&amp;" segmentAlignment="true" startWithSAP="1">
      <Representation id="sound" codecs="mp4a.40.2" bandwidth="6534" audioSamplingRate="48000">
      <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
      <SegmentTemplate timescale="48000" presentationTimeOffset="0" initialization="sound/r1-i0.mp4" media="sound/r1-s$Number$.m4s" startNumber="0">
      <SegmentTimeline>
      <S t="0" d="96256"/>
      </SegmentTimeline>
      </SegmentTemplate>
      </Representation>
      </AdaptationSet>
      </Period>
      <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-head:2014" value="manifest.mpd"/>
      </MPD>

      """
    for (made, line) in zip(try text(room).split(separator: "\n"), expected.split(separator: "\n"))
    {
      #expect(made == line)
    }
    #expect(try text(room).utf8.count == expected.utf8.count)
  }

  @Test("a period stays what it is while its first segments leave the window")
  func stable() throws {
    var room = Presentation(
      timing: HLSTiming(window: .seconds(14)), epoch: WallTime(nanoseconds: 0), run: "t")
    let format = TrackFormat.aac(try sound())
    #expect(
      room.addRendition(
        "sound", .audio(name: "Sound", language: nil), format: format, at: .seconds(4)) == 0)
    var seen: Set<[Substring]> = []
    var numbers: Set<Int> = []
    for index in Int64(188)..<3000 {
      room.append(TimedSample(time: index * 1024, bytes: [7, 7, 7], isSync: true), to: 0)
      guard index % 90 == 0, index > 400 else { continue }
      let manifest = try text(room)
      for period in manifest.components(of: "<Period ") {
        let template = try #require(period.firstRange(of: "<SegmentTemplate"))
        let offset = value("presentationTimeOffset", period[template.lowerBound...])
        seen.insert([value("id", period), value("start", period), offset])
      }
      numbers.formUnion(entries(manifest).map(\.number))
    }
    #expect(seen.count == 1, "\(seen)")
    #expect(numbers.count > 20)
  }

  @Test("there is none before the first segment, nor of a room that is encrypted by the segment")
  func refused() throws {
    let empty = Presentation(timing: HLSTiming(), epoch: WallTime(nanoseconds: 0), run: "r")
    #expect(empty.answer(.manifest) == .refused(.unavailable))
    let sealed = Presentation(
      timing: HLSTiming(), epoch: WallTime(nanoseconds: 0), run: "r",
      keys: SegmentKeys(secret: [UInt8](repeating: 1, count: 32), segmentsEach: 4))
    #expect(sealed.answer(.manifest) == .refused(.notFound))
  }
}

extension String {
  /// What follows each occurrence of `mark`.
  fileprivate func components(of mark: String) -> [Substring] {
    var found: [Substring] = []
    var rest = Substring(self)
    while let range = rest.firstRange(of: mark) {
      // With the space that stands before an attribute.
      rest = rest[rest.index(before: range.upperBound)...]
      found.append(rest)
      rest = rest.dropFirst()
    }
    return found
  }
}
