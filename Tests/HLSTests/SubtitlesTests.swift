// Captions as renditions of WebVTT: RFC 8216bis sections 3.1.4 and 4.4.6.1, and decision 0027.

import HLSConformance
import Testing
import Wire

@testable import HLS

@Suite("Subtitles")
struct SubtitlesTests {
  private static let epoch = WallTime(nanoseconds: 1_700_000_000_000_000_000)

  private func room(captions: [String] = [], keys: SegmentKeys? = nil) throws -> Presentation {
    var room = Presentation(
      timing: HLSTiming(window: .seconds(14)), epoch: Self.epoch, run: "r1", keys: keys,
      captions: captions.compactMap { LanguageTag($0) })
    _ = room.addRendition(
      "sound", .audio(name: "Sound", language: nil), format: .aac(try sound()), at: .zero)
    return room
  }

  /// Plays sound; what `each` does is done before every 10 ms.
  private func play(
    _ room: inout Presentation, _ seconds: ClosedRange<Double>,
    _ each: (inout Presentation, Int) -> Void = { _, _ in }
  ) {
    for tick in Int(seconds.lowerBound * 100)..<Int(seconds.upperBound * 100) {
      each(&room, tick)
      let frames = (tick * 480 + 1023) / 1024..<((tick + 1) * 480 + 1023) / 1024
      for frame in frames {
        room.append(TimedSample(time: Int64(frame) * 1024, bytes: [7], isSync: true), to: 0)
      }
    }
  }

  private func say(
    _ text: String, _ language: String = "en", at start: Double, for duration: Double = 1,
    in room: inout Presentation
  ) throws {
    room.append(
      Caption(
        language: try #require(LanguageTag(language)), text: text,
        start: Self.epoch + TimeSpan(fractionalSeconds: start),
        duration: TimeSpan(fractionalSeconds: duration)))
  }

  private func load(_ room: Presentation, _ path: String) -> LibraryContent? {
    guard let request = try? room.request(path: path, query: ""),
      case .content(let content) = room.answer(request)
    else { return nil }
    return content
  }

  private func text(_ room: Presentation, _ path: String) -> String {
    load(room, path).map { String(decoding: $0.bytes, as: UTF8.self) } ?? "no \(path)"
  }

  private func cues(_ room: Presentation, _ path: String) -> [ReadDocument.Cue] {
    let document = ReadDocument(text(room, path))
    #expect(document.faults.isEmpty, "\(document.faults)")
    return document.cues
  }

  // MARK: Documents

  @Test("text is shown as it is: no tags, no escapes, no end of the cue, no empty line")
  func escaping() {
    #expect(
      WebVTTDocument.escaped("a & b <i>c</i> --> d") == "a &amp; b &lt;i&gt;c&lt;/i&gt; --&gt; d")
    #expect(WebVTTDocument.escaped("&lt;") == "&amp;lt;")
    #expect(WebVTTDocument.escaped("\n\na\r\n \n\u{2028}b\u{0}\u{7}\n") == "a\nb")
    #expect(WebVTTDocument.escaped("\u{0}\n \n").isEmpty)
    #expect(WebVTTDocument.escaped("2\n00:00:01.000 --> 00:00:02.000\nx").contains("--&gt;"))
  }

  @Test("times have two digits and three, and hours as many as they need")
  func times() {
    #expect(WebVTTDocument.time(.zero) == "00:00:00.000")
    #expect(WebVTTDocument.time(.milliseconds(3_599_999)) == "00:59:59.999")
    #expect(WebVTTDocument.time(.seconds(360_000) + .milliseconds(61_001)) == "100:01:01.001")
    #expect(WebVTTDocument.time(.milliseconds(-1)) == "00:00:00.000")
  }

  @Test(
    "the first words of a language are shown however old the show and wherever in a segment it is")
  func first() throws {
    for begins in [65.0, 66.01, 66.2, 67.99] {
      var room = try room()
      play(&room, 0...begins)
      try say("now", at: begins + 0.1, in: &room)
      play(&room, begins...begins + 3)
      let names = room.renditions.last?.segments.map { "text-en/r1-s\($0.sequence).vtt" } ?? []
      #expect(names.contains { text(room, $0).contains("now") }, "\(begins)")
    }
  }

  @Test(
    "a correction takes the place of what is not out yet, and what is said again is not shown twice"
  )
  func corrections() throws {
    var room = try room(captions: ["en"])
    func say(_ words: String, at start: Double) {
      room.append(
        Caption(
          language: LanguageTag("en")!, text: words,
          start: Self.epoch + TimeSpan(fractionalSeconds: start), duration: .seconds(1),
          name: "u1"))
    }
    play(&room, 0...1)
    say("wrong", at: 1.5)
    say("right", at: 1.5)
    play(&room, 1...1.9)
    say("right", at: 1.5)
    play(&room, 1.9...4.5)
    #expect(cues(room, "text-en/r1-s0.vtt").map(\.text) == ["right"])
  }

  @Test("a region's words go to the rendition of their language, another script's do not")
  func regions() throws {
    var room = try room(captions: ["en", "zh"])
    play(&room, 0...1)
    try say("color", "en-US", at: 1.2, in: &room)
    try say("字", "zh-Hant", at: 1.2, in: &room)
    play(&room, 1...2.5)
    #expect(room.renditions.map(\.name) == ["sound", "text-en", "text-zh", "text-zh-Hant"])
    #expect(cues(room, "text-en/r1-s0.vtt").map(\.text) == ["color"])
  }

  @Test("a document, letter by letter")
  func golden() throws {
    var room = try room()
    play(&room, 0...1)
    try say("Tom & <Jerry>\nsay hi", at: 1.25, for: 1.5, in: &room)
    play(&room, 1...2.5)
    #expect(
      text(room, "text-en/r1-s0.vtt") == """
        WEBVTT
        X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000

        1
        00:00:01.250 --> 00:00:02.750
        Tom &amp; &lt;Jerry&gt;
        say hi


        """)
    #expect(load(room, "text-en/r1-s0.vtt")?.mediaType == "text/vtt")
    #expect(load(room, "text-en/r1-s0.m4s") == nil && load(room, "sound/r1-s0.vtt") == nil)
    #expect(load(room, "text-en/r1-i0.mp4") == nil && load(room, "text-en/iframes.m3u8") == nil)
  }

  // MARK: Cues

  @Test("a cue is in every part and segment it is shown in, with all of its time, and in no other")
  func spans() throws {
    var room = try room(captions: ["en"])
    try say("long", at: 1.5, for: 3, in: &room)
    play(&room, 0...7)
    let whole = [ReadDocument.Cue(id: "1", start: 1.5, end: 4.5, text: "long")]
    for (sequence, expected) in [(0, whole), (1, whole), (2, whole)] {
      #expect(cues(room, "text-en/r1-s\(sequence).vtt") == expected)
    }
    // Parts of 0.32 s, seven of a segment.
    let parts = (0..<20).filter { !cues(room, "text-en/r1-p\($0).vtt").isEmpty }
    #expect(parts.first == 4 && parts.last == 15 && parts == Array(4...15))
  }

  @Test("one that is late by less than PART-HOLD-BACK keeps its times")
  func slightlyLate() throws {
    var room = try room(captions: ["en"])
    // Segment 1 begins at 2.005 s.
    play(&room, 0...2.2)
    try say("late", at: 1.7, for: 1, in: &room)
    play(&room, 2.2...4.5)
    #expect(cues(room, "text-en/r1-s0.vtt").isEmpty)
    #expect(
      cues(room, "text-en/r1-s1.vtt")
        == [ReadDocument.Cue(id: "1", start: 1.7, end: 2.7, text: "late")])
  }

  @Test("later ones are moved to where players are, keep their lengths, and follow each other")
  func late() throws {
    var room = try room(captions: ["en"])
    var number = 0
    // Said each 1.5 s, known 3 s later.
    play(&room, 0...20) { room, tick in
      guard tick % 150 == 0, tick >= 300 else { return }
      number += 1
      try? say("\(number)", at: Double(tick) / 100 - 3, for: 1.5, in: &room)
    }
    let found = Set((4..<9).flatMap { cues(room, "text-en/r1-s\($0).vtt") })
      .sorted { $0.start < $1.start }
    #expect(found.count >= 6)
    for (cue, next) in zip(found, found.dropFirst()) {
      #expect(abs(cue.end - cue.start - 1.5) < 0.002)
      #expect(abs(next.start - cue.end) <= 0.32, "they follow each other to within a part")
      let said = 1.5 * Double((Int(cue.text) ?? 0) - 1)
      // Known 3 s late, published with the part that is open then, moved to 0.96 s before it.
      #expect((1.7...2.05).contains(cue.start - said), "\(cue.start - said)")
    }
  }

  @Test("nonsense is not published: of a minute ago or to come, without text, without end")
  func nonsense() throws {
    var room = try room(captions: ["en"])
    play(&room, 0...70)
    for (text, start) in [("a", 5.0), ("b", 140), (" \n", 70), ("\u{0}", 70)] {
      try say(text, at: start, in: &room)
    }
    try say("c", at: 70, for: 9999, in: &room)
    for _ in 0..<200 { try say("flood", at: 70.2, for: 15, in: &room) }
    play(&room, 70...73)
    let found = cues(room, "text-en/r1-s35.vtt")
    #expect(found.count == HLSLimits.cuesMax && found.allSatisfy { $0.text == "flood" })
    #expect(found.allSatisfy { $0.end <= 85.3 })
  }

  // MARK: Renditions

  @Test(
    "a rendition of text has the segments, parts and times of the others, from its language's first caption on"
  )
  func playlist() throws {
    var room = try room()
    play(&room, 0...4.7)
    #expect(!text(room, "index.m3u8").contains("SUBTITLES"))
    let revision = room.revision
    try say("hi", "pt-br", at: 4.7, in: &room)
    #expect(room.revision > revision)
    play(&room, 4.7...7)
    let other = ReadPlaylist(text(room, "sound/index.m3u8"))
    let playlist = ReadPlaylist(text(room, "text-pt-BR/index.m3u8"))
    #expect(playlist.faults.isEmpty)
    #expect(playlist.mediaSequence == 2 && playlist.newest?.sequence == other.newest?.sequence)
    #expect(playlist.newest?.part == other.newest?.part)
    for segment in playlist.segments {
      let same = try #require(other.segments.first { $0.sequence == segment.sequence })
      #expect(segment.date == same.date && segment.duration == same.duration)
      #expect(segment.map == nil && segment.parts.map(\.duration) == same.parts.map(\.duration))
      #expect(segment.parts.allSatisfy { $0.isIndependent && $0.uri.hasSuffix(".vtt") })
    }
    #expect(playlist.hint == "r1-p\(room.renditions[1].nextPartNumber).vtt")
    #expect(playlist.reports["../sound/index.m3u8"] != nil)
    #expect(other.reports["../text-pt-BR/index.m3u8"] != nil)
    room.end(at: .seconds(7))
    #expect(ReadPlaylist(text(room, "text-pt-BR/index.m3u8")).isEnded)
    #expect(!text(room, "manifest.mpd").contains("text-"))
  }

  @Test("there is text for what is no media: a gap has captions")
  func gaps() throws {
    var room = try room(captions: ["en"])
    play(&room, 0...2)
    room.advance(to: .seconds(6))
    try say("still here", at: 6.1, in: &room)
    room.advance(to: .seconds(9))
    let playlist = ReadPlaylist(text(room, "text-en/index.m3u8"))
    #expect(playlist.segments.allSatisfy { !$0.isGap && $0.parts.allSatisfy { !$0.isGap } })
    #expect(cues(room, "text-en/r1-s3.vtt").map(\.text) == ["still here"])
  }

  @Test("every variant names the subtitles, and they are for who wants captions")
  func multivariant() throws {
    var room = try room(captions: ["en", "de-CH"])
    _ = room.addRendition(
      "low", .video, format: .avc(try configuration()), at: .zero)
    play(&room, 0...2.5)
    room.append(TimedSample(time: 0, bytes: [0, 0, 0, 1, 0x65], isSync: true), to: 3)
    room.advance(to: .milliseconds(2500))
    let lines = text(room, "index.m3u8").split(separator: "\n")
    #expect(
      lines.contains(
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"text\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog\",URI=\"text-en/index.m3u8\""
      ))
    #expect(lines.contains { $0.contains("NAME=\"Deutsch (CH)\",LANGUAGE=\"de-CH\"") })
    let variants = lines.filter { $0.hasPrefix("#EXT-X-STREAM-INF:") }
    #expect(variants.count == 2 && variants.allSatisfy { $0.contains("SUBTITLES=\"text\"") })
  }

  @Test("a room has four languages, and none before it has media or after its end")
  func languages() throws {
    var empty = Presentation(timing: HLSTiming(), epoch: Self.epoch, run: "r1")
    try say("early", at: 0, in: &empty)
    #expect(empty.renditions.isEmpty)
    var room = try room(captions: ["en", "de"])
    for language in ["fr", "it", "es", "EN"] { try say("a", language, at: 0, in: &room) }
    #expect(
      room.renditions.map(\.name) == ["sound", "text-en", "text-de", "text-fr", "text-it"])
    room.end(at: .seconds(1))
    try say("a", "en", at: 0, in: &room)
    #expect(room.renditions.count == 5)
  }

  @Test("segments of text are encrypted like others, and have keys of their own place")
  func encrypted() throws {
    var room = try room(
      captions: ["en"], keys: SegmentKeys(secret: [UInt8](repeating: 7, count: 32), segmentsEach: 2)
    )
    play(&room, 0...3)
    #expect(
      text(room, "text-en/index.m3u8").contains("#EXT-X-KEY:METHOD=AES-128,URI=\"r1-k0.key\""))
    #expect(load(room, "text-en/r1-s0.vtt")?.cipher != nil)
    #expect(load(room, "text-en/r1-k0.key")?.bytes == load(room, "sound/r1-k0.key")?.bytes)
  }

  @Test("a kept show has its text")
  func kept() throws {
    var room = try room(captions: ["en"])
    var keeper = ShowKeeper(room: "demo")
    var shelf = Shelf()
    play(&room, 0...7) { room, tick in
      if tick == 150 { try? say("kept", at: 1.6, in: &room) }
      shelf.take(keeper.take(room))
    }
    room.end(at: .seconds(7))
    shelf.take(keeper.take(room))
    let playlist = try #require(KeptPlaylist(shelf.text("text-en/index.m3u8")))
    #expect(playlist.isText && KeptPlaylist(shelf.text("sound/index.m3u8"))?.isText == false)
    #expect(playlist.entries.count == 4 && playlist.entries[0].uri == "r1-s0.vtt")
    #expect(!shelf.text("text-en/index.m3u8").contains("EXT-X-MAP"))
    #expect(ReadDocument(shelf.text("text-en/r1-s0.vtt")).cues.map(\.text) == ["kept"])
    #expect(!shelf.files.keys.contains { $0.contains("text-en/") && $0.hasSuffix(".mp4") })
    #expect(shelf.text("demo/20231114T221320Z-r1/index.m3u8").contains("TYPE=SUBTITLES"))
  }
}
