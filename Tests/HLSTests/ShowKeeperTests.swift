// What is written of a show while it goes on, and what its playlists are in the end.

import Testing
import Wire

@testable import HLS

/// A disk in memory, for orders of a keeper.
struct Shelf {
  var files: [String: [UInt8]] = [:]
  var finished: [String] = []

  mutating func take(_ orders: [KeepOrder], losing lost: Set<String> = []) {
    for order in orders {
      switch order {
      case .file(let path, let bytes, _): files[path] = bytes
      case .append(let text): files[text.path, default: []] += Array(text.text.utf8)
      case .segment(let segment):
        let isLost = lost.contains { segment.path.hasSuffix($0) }
        if !isLost { files[segment.path] = Array(segment.chunks.joined()) }
        for text in isLost ? segment.lost : segment.kept {
          files[text.path, default: []] += Array(text.text.utf8)
        }
      case .finish(let folder): finished.append(folder)
      }
    }
  }

  func text(_ suffix: String) -> String {
    let found = files.first { $0.key.hasSuffix(suffix) }
    return found.map { String(decoding: $0.value, as: UTF8.self) } ?? "no \(suffix)"
  }
}

@Suite("A show that is kept")
struct ShowKeeperTests {
  private let folder = "demo/20231114T221320Z-r1"

  private func presentation(run: String = "r1", keys: SegmentKeys? = nil) -> Presentation {
    Presentation(
      timing: HLSTiming(window: .seconds(14)),
      epoch: WallTime(nanoseconds: 1_700_000_000_000_000_000), run: run, keys: keys)
  }

  /// Sound and, from `pictureFrom` on, a picture at 25 frames a second with a keyframe each 2 s.
  private func play(
    _ room: inout Presentation, seconds: ClosedRange<Int>, pictureFrom: Int = 0,
    _ each: (inout Presentation) -> Void
  ) throws {
    for step in seconds.lowerBound * 25..<seconds.upperBound * 25 {
      if room.renditions.isEmpty {
        _ = room.addRendition(
          "sound", .audio(name: "Sound", language: nil), format: .aac(try sound()), at: .zero)
      }
      let time = TimeSpan.milliseconds(Int64(step) * 40)
      for frame in (step * 1920 + 1023) / 1024..<((step + 1) * 1920 + 1023) / 1024 {
        let bytes = [UInt8](repeating: UInt8(frame & 255), count: 40)
        room.append(TimedSample(time: Int64(frame) * 1024, bytes: bytes, isSync: true), to: 0)
      }
      if step >= pictureFrom * 25 {
        if room.renditions.count == 1 {
          _ = room.addRendition(
            "low", .video, format: .avc(try configuration()), at: time)
        }
        room.append(
          TimedSample(
            time: Int64(step) * 3600, bytes: [0, 0, 0, 2, 0x65, UInt8(step & 255)],
            isSync: step % 50 == 0), to: 1)
      }
      room.advance(to: time)
      each(&room)
    }
  }

  @Test("each segment is handed out once, as it is in the window, before a playlist names it")
  func segments() throws {
    var (room, keeper, shelf) = (presentation(), ShowKeeper(room: "demo"), Shelf())
    var served: [String: [UInt8]] = [:]
    try play(&room, seconds: 0...40) { room in
      for order in keeper.take(room) {
        if case .segment(let segment) = order {
          #expect(shelf.files[segment.path] == nil, "\(segment.path) twice")
          for text in segment.kept { #expect(text.text.hasSuffix("m4s\n")) }
        }
        shelf.take([order])
      }
      for (name, place) in [("sound", 0), ("low", 1)] where room.renditions.count > place {
        for segment in room.renditions[place].segments where segment.isComplete {
          let path = "\(folder)/\(name)/r1-s\(segment.sequence).m4s"
          served[path] = segment.parts.flatMap(\.bytes)
        }
      }
    }
    #expect(served.count >= 38)
    for (path, bytes) in served { #expect(shelf.files[path] == bytes, "\(path)") }
    // The window has 14 s; what is kept has all.
    #expect(room.renditions[1].listed.count < 10)
    #expect(shelf.finished.isEmpty)
    room.end(at: .seconds(40))
    shelf.take(keeper.take(room))
    #expect(shelf.finished == [folder])
    #expect(keeper.take(room).isEmpty)
    #expect(keeper.finish().isEmpty)
  }

  @Test("its playlist, letter by letter: VOD with its events and its end, without parts")
  func golden() throws {
    var (room, keeper, shelf) = (presentation(), ShowKeeper(room: "demo"), Shelf())
    try play(&room, seconds: 0...5) { room in
      if room.dateRangeCount == 0 {
        room.append(
          try! DateRange(
            id: "7", className: "hawker.pin",
            start: WallTime(nanoseconds: 1_700_000_001_000_000_000)))
      }
      shelf.take(keeper.take(room))
    }
    room.end(at: .seconds(5))
    shelf.take(keeper.take(room))
    let playlist = try #require(KeptPlaylist(shelf.text("low/index.m3u8")))
    #expect(
      playlist.finished() == """
        #EXTM3U
        #EXT-X-VERSION:8
        #EXT-X-TARGETDURATION:2
        #EXT-X-PLAYLIST-TYPE:VOD
        #EXT-X-MEDIA-SEQUENCE:0
        #EXT-X-DATERANGE:ID="7",CLASS="hawker.pin",START-DATE="2023-11-14T22:13:21.000Z"
        #EXT-X-MAP:URI="r1-i0.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.000Z
        #EXTINF:2.00000,
        r1-s0.m4s
        #EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:22.000Z
        #EXTINF:2.00000,
        r1-s1.m4s
        #EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:24.000Z
        #EXTINF:1.00000,
        r1-s2.m4s
        #EXT-X-ENDLIST

        """)
    #expect(playlist.duration == .seconds(5))
    #expect(playlist.start == WallTime(nanoseconds: 1_700_000_000_000_000_000))
    let keyframes = try #require(KeptPlaylist(shelf.text("low/iframes.m3u8")))
    #expect(keyframes.entries.count == 3)
    #expect(keyframes.finished().contains("#EXT-X-I-FRAMES-ONLY\n"))
    let variants = shelf.text("r1/index.m3u8")
    #expect(
      variants.contains("\nlow/index.m3u8\n") && variants.contains("URI=\"sound/index.m3u8\""))
    #expect(variants.contains("AVERAGE-BANDWIDTH="))
  }

  @Test("an event of the middle of a show stands in each playlist once")
  func events() throws {
    var (room, keeper, shelf) = (presentation(), ShowKeeper(room: "demo"), Shelf())
    var step = 0
    try play(&room, seconds: 0...30) { room in
      step += 1
      if step % 100 == 0 {
        room.append(
          try! DateRange(
            id: "\(step)", className: "hawker.pin",
            start: room.epoch + .milliseconds(Int64(step) * 40)))
      }
      shelf.take(keeper.take(room))
    }
    for name in ["low", "sound"] {
      let text = shelf.text("\(name)/index.m3u8")
      for step in stride(from: 100, to: 750, by: 100) {
        #expect(text.components(of: "ID=\"\(step)\"") == 1, "\(name) \(step)")
      }
    }
  }

  @Test(
    "a segment that could not be written is a gap of the same length; what follows is as it was")
  func lost() throws {
    var (room, keeper, shelf) = (presentation(), ShowKeeper(room: "demo"), Shelf())
    try play(&room, seconds: 0...12) {
      shelf.take(keeper.take($0), losing: ["low/r1-s0.m4s", "low/r1-s3.m4s"])
    }
    room.end(at: .seconds(12))
    shelf.take(keeper.take(room))
    let playlist = try #require(KeptPlaylist(shelf.text("low/index.m3u8")))
    #expect(playlist.entries.map(\.isGap) == [true, false, false, true, false, false])
    #expect(playlist.entries.allSatisfy { $0.map == "r1-i0.mp4" })
    #expect(playlist.duration == .seconds(12))
    let keyframes = try #require(KeptPlaylist(shelf.text("low/iframes.m3u8")))
    #expect(keyframes.entries.map(\.uri) == [1, 2, 4, 5].map { "r1-s\($0).m4s" })
    #expect(keyframes.entries.allSatisfy { $0.map == "r1-i0.mp4" })
  }

  @Test("a rendition that comes late begins with gaps, so that numbers mean the same time in all")
  func late() throws {
    var (room, keeper, shelf) = (presentation(), ShowKeeper(room: "demo"), Shelf())
    try play(&room, seconds: 0...24, pictureFrom: 9) { shelf.take(keeper.take($0)) }
    room.end(at: .seconds(24))
    shelf.take(keeper.take(room))
    let sound = try #require(KeptPlaylist(shelf.text("sound/index.m3u8")))
    let low = try #require(KeptPlaylist(shelf.text("low/index.m3u8")))
    #expect(low.entries.map(\.sequence) == sound.entries.map(\.sequence))
    #expect(low.entries.prefix(4).allSatisfy(\.isGap) && !low.entries[6].isGap)
    for (a, b) in zip(low.entries, sound.entries) {
      let (a, b) = (try #require(a.date), try #require(b.date))
      #expect(abs((a - b).nanoseconds) < 100_000_000)
    }
  }

  @Test("another show is another folder, also when the end of the first was not seen")
  func another() throws {
    var (room, keeper, shelf) = (presentation(), ShowKeeper(room: "demo"), Shelf())
    try play(&room, seconds: 0...5) { shelf.take(keeper.take($0)) }
    var next = presentation(run: "r2")
    try play(&next, seconds: 0...5) { shelf.take(keeper.take($0)) }
    #expect(shelf.finished == [folder])
    #expect(keeper.folder == "demo/20231114T221320Z-r2")
    shelf.take(keeper.finish())
    #expect(shelf.finished.count == 2)
  }

  @Test("a show without a whole segment leaves nothing")
  func nothing() throws {
    var (room, keeper) = (presentation(), ShowKeeper(room: "demo"))
    try play(&room, seconds: 0...1) { #expect(keeper.take($0).isEmpty) }
    #expect(keeper.finish().isEmpty && keeper.take(nil).isEmpty)
  }

  @Test(
    "encrypted: each period's key beside its segments as a secret, ciphers with the orders, no I-frames"
  )
  func encrypted() throws {
    let keys = SegmentKeys(secret: [1, 2, 3], segmentsEach: 2)
    var (room, keeper) = (presentation(keys: keys), ShowKeeper(room: "demo"))
    var secrets: [String: [UInt8]] = [:]
    var (shelf, sealed) = (Shelf(), 0)
    try play(&room, seconds: 0...9) { room in
      let orders = keeper.take(room)
      for order in orders {
        if case .file(let path, let bytes, true) = order { secrets[path] = bytes }
        if case .segment(let segment) = order {
          #expect(segment.cipher != nil)
          sealed += 1
        }
      }
      shelf.take(orders)
    }
    #expect(sealed == 8)
    #expect(
      secrets.keys.sorted().map { String($0.dropFirst(folder.count)) } == [
        "/low/r1-k0.key", "/low/r1-k1.key", "/sound/r1-k0.key", "/sound/r1-k1.key",
      ])
    #expect(secrets["\(folder)/low/r1-k1.key"] == keys.key(1, run: "r1"))
    let playlist = try #require(KeptPlaylist(shelf.text("low/index.m3u8")))
    #expect(playlist.entries.map(\.key) == [0, 0, 1, 1].map { "r1-k\($0).key" })
    #expect(!shelf.files.keys.contains { $0.hasSuffix("iframes.m3u8") })
    #expect(!shelf.text("r1/index.m3u8").contains("I-FRAME"))
  }
}

extension String {
  fileprivate func components(of part: String) -> Int {
    var (count, rest) = (0, self[...])
    while let found = rest.firstRange(of: part) {
      count += 1
      rest = rest[found.upperBound...]
    }
    return count
  }
}
