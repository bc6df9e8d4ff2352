// What requests get: RFC 8216bis sections 4.4.6 and 6.2.5.

import HLS
import Testing
import Wire

@Suite("Requests to a room")
struct PresentationTests {
  /// A room with sound up to `seconds`.
  private func room(
    seconds: Double, window: TimeSpan = .seconds(14), bytesMax: Int = HLSLimits.roomBytesMax,
    frameBytes: Int = 3
  ) throws -> Presentation {
    var room = Presentation(
      timing: HLSTiming(window: window), epoch: WallTime(nanoseconds: 1_700_000_000_000_000_000),
      run: "r1", bytesMax: bytesMax)
    let format = TrackFormat.aac(try sound())
    let place = room.addRendition(
      "sound", .audio(name: "Sound", language: nil), format: format, at: .zero)
    #expect(place == 0)
    feed(&room, from: 0, to: seconds, frameBytes: frameBytes)
    return room
  }

  private func feed(
    _ room: inout Presentation, from: Int64, to seconds: Double, frameBytes: Int = 3
  ) {
    var index = from
    while Double(index) * 1024 / 48_000 < seconds {
      let bytes = [UInt8](repeating: 7, count: frameBytes)
      room.append(TimedSample(time: index * 1024, bytes: bytes, isSync: true), to: 0)
      index += 1
    }
  }

  private func answer(
    _ room: Presentation, _ path: String, _ query: String = ""
  ) -> LibraryAnswer {
    do {
      guard let request = try room.request(path: path, query: query) else {
        return .refused(.notFound)
      }
      return room.answer(request)
    } catch {
      return .refused(error)
    }
  }

  private func text(_ answer: LibraryAnswer) -> String {
    guard case .content(let content) = answer else { return "\(answer)" }
    return String(decoding: content.bytes, as: UTF8.self)
  }

  @Test("a playlist of a room, letter by letter")
  func golden() throws {
    let room = try room(seconds: 2.7)
    let expected = """
      #EXTM3U
      #EXT-X-VERSION:9
      #EXT-X-TARGETDURATION:2
      #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.96000,HOLD-BACK=6.00000,CAN-SKIP-UNTIL=12.00000
      #EXT-X-PART-INF:PART-TARGET=0.32000
      #EXT-X-MEDIA-SEQUENCE:0
      #EXT-X-INDEPENDENT-SEGMENTS
      #EXT-X-MAP:URI="r1-i0.mp4"
      #EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.000Z
      #EXT-X-PART:DURATION=0.32000,URI="r1-p0.m4s",INDEPENDENT=YES
      #EXT-X-PART:DURATION=0.32000,URI="r1-p1.m4s",INDEPENDENT=YES
      #EXT-X-PART:DURATION=0.32000,URI="r1-p2.m4s",INDEPENDENT=YES
      #EXT-X-PART:DURATION=0.32000,URI="r1-p3.m4s",INDEPENDENT=YES
      #EXT-X-PART:DURATION=0.32000,URI="r1-p4.m4s",INDEPENDENT=YES
      #EXT-X-PART:DURATION=0.32000,URI="r1-p5.m4s",INDEPENDENT=YES
      #EXT-X-PART:DURATION=0.08533,URI="r1-p6.m4s",INDEPENDENT=YES
      #EXTINF:2.00533,
      r1-s0.m4s
      #EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:22.005Z
      #EXT-X-PART:DURATION=0.32000,URI="r1-p7.m4s",INDEPENDENT=YES
      #EXT-X-PART:DURATION=0.32000,URI="r1-p8.m4s",INDEPENDENT=YES
      #EXT-X-PRELOAD-HINT:TYPE=PART,URI="r1-p9.m4s"

      """
    #expect(text(answer(room, "sound/index.m3u8")) == expected)
  }

  @Test("a blocked request gets its playlist with the part it asked for, and not before")
  func blocking() throws {
    var room = try room(seconds: 2.7)
    #expect(answer(room, "sound/index.m3u8", "_HLS_msn=1&_HLS_part=1") != .wait)
    #expect(answer(room, "sound/index.m3u8", "_HLS_msn=1&_HLS_part=2") == .wait)
    #expect(answer(room, "sound/index.m3u8", "_HLS_msn=1") == .wait)
    #expect(answer(room, "sound/index.m3u8", "_HLS_msn=0") != .wait)
    // A part beyond the last of a segment is the first of the next.
    #expect(answer(room, "sound/index.m3u8", "_HLS_msn=0&_HLS_part=40") != .wait)
    feed(&room, from: 127, to: 3.1)
    #expect(answer(room, "sound/index.m3u8", "_HLS_msn=1&_HLS_part=2") != .wait)
    room.end(at: .seconds(3))
    #expect(text(answer(room, "sound/index.m3u8", "_HLS_msn=9")).hasSuffix("#EXT-X-ENDLIST\n"))
  }

  @Test("what is too far ahead or contradicts itself is refused with 400")
  func badRequests() throws {
    let room = try room(seconds: 2.7)
    let bad = [
      "_HLS_msn=4", "_HLS_msn=1&_HLS_part=12", "_HLS_part=0", "_HLS_msn=-1", "_HLS_msn=",
      "_HLS_msn=1&_HLS_msn=1", "_HLS_msn=99999999999999999999", "_HLS_msn=1.5",
    ]
    for query in bad {
      #expect(answer(room, "sound/index.m3u8", query) == .refused(.badRequest), "\(query)")
    }
    for query in ["_HLS_msn=3", "_HLS_msn=1&_HLS_part=11", "_HLS_msn=2&_HLS_part=0"] {
      #expect(answer(room, "sound/index.m3u8", query) == .wait, "\(query)")
    }
    #expect(answer(room, "sound/index.m3u8", "token=a&_HLS_later=1") != .refused(.badRequest))
  }

  @Test("the hinted part waits; other names that are not there are 404")
  func parts() throws {
    let room = try room(seconds: 2.7)
    #expect(answer(room, "sound/r1-p9.m4s") == .wait)
    for path in [
      "sound/r1-p10.m4s", "sound/r2-p0.m4s", "sound/r1-p00.m4s", "sound/r1-p+1.m4s",
      "sound/r1-s1.m4s", "sound/r1-i1.mp4", "sound/r1-i0.m4s", "other/index.m3u8", "",
      "sound/iframes.m3u8", "sound/index.m3u8/x", "/index.m3u8", "sound/r1-.m4s", "sound/r1-.",
      "sound/r1-", "sound/r1-p.m4s", "sound/r1-p1",
    ] {
      #expect(answer(room, path) == .refused(.notFound), "\(path)")
    }
    #expect(answer(room, "sound/r1-s0.m4s") != .refused(.notFound))
  }

  @Test("a room without a part is not there yet")
  func beginning() throws {
    let room = try room(seconds: 0.1)
    #expect(answer(room, "index.m3u8") == .refused(.unavailable))
    #expect(answer(room, "sound/index.m3u8") == .refused(.unavailable))
    #expect(answer(room, "sound/index.m3u8", "_HLS_msn=0&_HLS_part=0") == .wait)
  }

  @Test("memory is bounded by the window and by bytes, and what was listed stays for a window")
  func memory() throws {
    let short = try room(seconds: 60)
    let rendition = short.renditions[0]
    let first = try #require(rendition.listed.first)
    #expect(rendition.span(rendition.segments.last?.end ?? 0).seconds > 59)
    #expect(rendition.span(first.start).seconds > 42)
    let oldest = try #require(rendition.segments.first)
    #expect(rendition.span(oldest.start).seconds > 27)
    #expect(answer(short, "sound/r1-s\(first.sequence - 3).m4s") != .refused(.notFound))
    #expect(answer(short, "sound/r1-s0.m4s") == .refused(.notFound))
    let heavy = try room(seconds: 60, bytesMax: 100_000, frameBytes: 200)
    #expect(heavy.renditions[0].byteCount <= 100_000 + 30_000)
    #expect(heavy.renditions[0].segments.count >= 4)
  }

  @Test("what is too much shortens the window of all renditions alike")
  func sharedWindow() throws {
    var room = try room(seconds: 1, bytesMax: 600_000, frameBytes: 1000)
    let place = room.addRendition(
      "light", .audio(name: "Light", language: nil), format: .aac(try sound()), at: .seconds(1))
    #expect(place == 1)
    for index in Int64(47)..<(47 * 40) {
      for (place, size) in [(0, 1000), (1, 4)] {
        let bytes = [UInt8](repeating: 7, count: size)
        room.append(TimedSample(time: index * 1024, bytes: bytes, isSync: true), to: place)
      }
    }
    let total = room.renditions.reduce(0) { $0 + $1.byteCount }
    #expect(total <= 600_000 && total > 450_000)
    let first = room.renditions.compactMap(\.segments.first?.sequence)
    #expect(abs(first[0] - first[1]) <= 1 && first[0] > 5)
    // Far more than one of sixteen equal shares would be.
    #expect(room.renditions[0].byteCount > 600_000 * 3 / 4)
  }

  @Test("ten thousand who wait for one part are one group, and are gone with it")
  func waiting() throws {
    var room = try room(seconds: 2.7)
    var waiting = WaitingRequests<Int>()
    let query = "_HLS_msn=1&_HLS_part=2"
    let request = try #require(try room.request(path: "sound/index.m3u8", query: query))
    for ticket in 0..<10_000 {
      let isWaiting = waiting.append(ticket, for: request, until: .zero + .seconds(6))
      #expect(isWaiting)
    }
    #expect(waiting.release { !room.isAwaited($0) }.isEmpty)
    feed(&room, from: 127, to: 3.1)
    var asked = 0
    let released = waiting.release {
      asked += 1
      return !room.isAwaited($0)
    }
    #expect(asked == 1 && released.count == 1)
    let group = try #require(released.first)
    #expect(group.tickets == Array(0..<10_000))
    #expect(waiting.count == 0)
  }

  @Test("who has waited three target durations is let go, and no more wait than may")
  func expiry() throws {
    let room = try room(seconds: 2.7)
    let request = LibraryRequest.part(rendition: 0, number: 9)
    var waiting = WaitingRequests<Int>()
    for ticket in 0..<(HLSLimits.waitingMax + 1) {
      let isWaiting = waiting.append(
        ticket, for: request, until: .zero + (ticket < 3 ? .seconds(6) : .seconds(7)))
      #expect(isWaiting == (ticket < HLSLimits.waitingMax))
    }
    #expect(room.timing.blockingPatience == .seconds(6))
    #expect(waiting.expire(at: .zero + .milliseconds(5999)).isEmpty)
    #expect(waiting.expire(at: .zero + .seconds(6)) == [0, 1, 2])
    #expect(waiting.count == HLSLimits.waitingMax - 3)
  }

  @Test("a date range that can't be written is refused, and old ones go with their segments")
  func dateRanges() throws {
    var room = try room(seconds: 2.7)
    #expect(throws: WireError.badValue) {
      _ = try DateRange(id: "a\"b", className: "c", start: room.epoch)
    }
    #expect(throws: WireError.badValue) {
      _ = try DateRange(id: "a", className: "c", start: room.epoch, attributes: ["ID": "b"])
    }
    room.append(
      try DateRange(
        id: "pin-1", className: "live.hawker.pin", start: room.epoch + .milliseconds(1500),
        duration: .seconds(3), attributes: ["X-LISTING": "7", "X-B": "é"]))
    let line =
      "#EXT-X-DATERANGE:ID=\"pin-1\",CLASS=\"live.hawker.pin\","
      + "START-DATE=\"2023-11-14T22:13:21.500Z\",DURATION=3.00000,X-B=\"é\",X-LISTING=\"7\"\n"
    #expect(text(answer(room, "sound/index.m3u8")).contains(line))
    feed(&room, from: 127, to: 30)
    room.advance(to: .seconds(29))
    #expect(!text(answer(room, "sound/index.m3u8")).contains("DATERANGE"))
  }

  @Test("a date range told again changes nothing, and after the end there are none")
  func toldAgain() throws {
    var room = try room(seconds: 2.7)
    let start = room.epoch + .milliseconds(1500)
    room.append(try DateRange(id: "1", className: "hawker.pin", start: start))
    room.append(try DateRange(id: "1", className: "hawker.drop", start: start))
    let text = text(answer(room, "sound/index.m3u8"))
    #expect(text.contains("CLASS=\"hawker.pin\"") && !text.contains("hawker.drop"))
    room.end(at: .milliseconds(2700))
    room.append(try DateRange(id: "2", className: "hawker.drop", start: start))
    let ended = self.text(answer(room, "sound/index.m3u8"))
    #expect(!ended.contains("hawker.drop") && ended.contains("#EXT-X-ENDLIST"))
  }

  @Test("date ranges are bounded by their number and their bytes, the oldest give way")
  func bounded() throws {
    var room = try room(seconds: 2.7)
    let start = room.epoch + .milliseconds(1500)
    for number in 0...HLSLimits.dateRangesMax {
      room.append(try DateRange(id: "\(number)", className: "c", start: start))
    }
    var text = text(answer(room, "sound/index.m3u8"))
    #expect(!text.contains("ID=\"0\"") && text.contains("ID=\"1\""))
    let long = String(repeating: "x", count: HLSLimits.attributeBytesMax)
    for number in 1000..<1020 {
      room.append(
        try DateRange(id: "\(number)", className: "c", start: start, attributes: ["X-A": long]))
    }
    text = self.text(answer(room, "sound/index.m3u8"))
    #expect(text.utf8.count < HLSLimits.dateRangeBytesMax + 8192)
    #expect(!text.contains("ID=\"1000\"") && text.contains("ID=\"1019\""))
  }

  @Test("an event is in front of the part of its time, in every rendition; a late one in the next")
  func messages() throws {
    var room = try room(seconds: 2.7)
    feed(&room, from: 127, to: 3.2)
    for (id, ms) in [("1", Int64(1500)), ("2", 3700)] {
      room.append(
        try DateRange(id: id, className: "hawker.pin", start: room.epoch + .milliseconds(ms)),
        scheme: "urn:hawker:event", message: Array("{}".utf8))
    }
    feed(&room, from: 150, to: 5)
    let rendition = try #require(room.renditions.first)
    var found: [(time: Double, part: Double)] = []
    for part in rendition.segments.flatMap(\.parts) {
      let scheme = Array("urn:hawker:event".utf8)
      var bytes = part.bytes[...]
      while let place = bytes.firstRange(of: scheme) {
        let start = rendition.span(part.start).seconds
        // Before the scheme: timescale, time, duration, id.
        let head = Array(bytes[(place.lowerBound - 20)..<place.lowerBound])
        let scale = head[0..<4].reduce(0) { $0 << 8 | Int($1) }
        let time = head[4..<12].reduce(0) { $0 << 8 | Int($1) }
        found.append((Double(time) / Double(scale), start))
        bytes = bytes[place.upperBound...]
      }
    }
    #expect(found.count == 2)
    let (late, live) = (try #require(found.first), try #require(found.last))
    #expect(abs(late.time - 1.5) < 0.001 && late.part > 2.6)
    #expect(abs(live.time - 3.7) < 0.001 && live.part <= 3.7 && live.part > 3.3)
  }

  @Test("renditions with unsafe or taken names, and too many, are refused")
  func names() throws {
    var room = try room(seconds: 1)
    let format = TrackFormat.aac(try sound())
    let kind = RenditionKind.audio(name: "x", language: nil)
    for name in ["sound", "", "a/b", "..", "a b", String(repeating: "a", count: 65)] {
      #expect(room.addRendition(name, kind, format: format, at: .seconds(1)) == nil, "\(name)")
    }
    for index in 1..<HLSLimits.renditionsMax {
      #expect(room.addRendition("a\(index)", kind, format: format, at: .seconds(1)) == index)
    }
    #expect(room.addRendition("more", kind, format: format, at: .seconds(1)) == nil)
  }
}
