// Kept shows on a disk that runs full, and of a process that is killed at any moment.

import Crypto
import HLS
import JSON
import Testing
import Wire

@testable import HLSKeeping

@Suite("Writing a show that is kept")
struct ShowWriterTests {
  private let folder = "demo/20231114T221320Z-r1"

  /// What a keeper says of `seconds` of sound.
  private func orders(
    seconds: Int, ends: Bool = true, run: String = "r1", keys: SegmentKeys? = nil,
    frameBytes: Int = 40
  ) throws -> [KeepOrder] {
    var room = Presentation(
      timing: HLSTiming(window: .seconds(14)),
      epoch: WallTime(nanoseconds: 1_700_000_000_000_000_000), run: run, keys: keys)
    let format = TrackFormat.aac(
      try AACConfiguration(sampleRate: 48_000, channelCount: 2, bitsPerSecond: 96_000))
    _ = room.addRendition("sound", .audio(name: "Sound", language: nil), format: format, at: .zero)
    var keeper = ShowKeeper(room: "demo")
    var orders: [KeepOrder] = []
    for index in 0..<Int64(seconds * 48_000 / 1024) {
      let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: frameBytes)
      room.append(TimedSample(time: index * 1024, bytes: bytes, isSync: true), to: 0)
      orders += keeper.take(room)
    }
    if ends {
      room.end(at: .seconds(Int64(seconds)))
      orders += keeper.take(room)
    }
    return orders
  }

  private func playlist(_ disk: FaultyDisk, run: String = "r1") throws -> KeptPlaylist {
    try #require(KeptPlaylist(disk.text("demo/20231114T221320Z-\(run)/sound/index.m3u8")))
  }

  /// Every file that the playlist names is there, whole.
  private func check(_ disk: FaultyDisk, against whole: FaultyDisk) throws -> KeptPlaylist {
    let playlist = try playlist(disk)
    #expect(playlist.isFinished)
    for entry in playlist.entries where !entry.isGap {
      for name in [entry.uri, entry.map] {
        let path = "\(folder)/sound/\(name)"
        #expect(disk.files[path] != nil && disk.files[path] == whole.files[path], "\(path)")
      }
    }
    #expect(!disk.files.keys.contains { $0.hasSuffix(KeptNames.draftSuffix) })
    return playlist
  }

  @Test("a show that ends is a VOD that is listed; while it goes on, nothing of it is given out")
  func whole() throws {
    let disk = FaultyDisk()
    var writer = ShowWriter(disk)
    var seen: [OnShowWriter] = []
    let library = KeptLibrary(disk)
    for order in try orders(seconds: 9) {
      #expect(library.file(show: folder, path: "sound/index.m3u8") == nil)
      #expect(library.list(room: "demo") == Array(#"{"shows":[]}"#.utf8))
      writer.take(order, at: .zero) { seen.append($0) }
    }
    #expect(seen.last == .finished(folder: folder))
    let playlist = try check(disk, against: disk)
    #expect(playlist.entries.count == 5 && playlist.entries.allSatisfy { !$0.isGap })
    #expect(
      library.file(show: folder, path: "sound/index.m3u8")
        == disk.files["\(folder)/sound/index.m3u8"])
    let list = try JSONValue.parse(library.list(room: "demo"))
    guard case .object(let object) = list, case .array(let shows)? = object["shows"],
      case .object(let row)? = shows.first
    else {
      Issue.record("no list")
      return
    }
    #expect(row["startsAtMs"] == 1_700_000_000_000 && row["durationMs"] == 8981)
    #expect(row["url"] == "20231114T221320Z-r1/index.m3u8" && row["gapMs"] == 0)
  }

  @Test("killed between any two calls, or in the middle of one, it loses at most one segment")
  func killed() throws {
    let all = try orders(seconds: 13)
    let whole = FaultyDisk()
    var writer = ShowWriter(whole)
    for order in all { writer.take(order, at: .zero) { _ in } }
    let count = whole.calls.count
    #expect(count > 15)
    for calls in 0..<count {
      let disk = FaultyDisk()
      disk.callsLeft = calls
      var writer = ShowWriter(disk)
      for order in all { writer.take(order, at: .zero) { _ in } }
      let segments = whole.calls.prefix(calls).count { $0.hasSuffix(".m4s") }
      disk.callsLeft = Int.max
      let recovered = ShowFinish(disk).recover()
      let isListed = disk.files["\(folder)/show.json"] != nil
      // Before its renditions are known it is no show; that is within its first segment.
      guard isListed else {
        #expect(recovered.isEmpty && segments <= 1, "\(calls)")
        #expect(disk.list("demo").isEmpty, "\(calls)")
        continue
      }
      let playlist = try check(disk, against: whole)
      #expect(playlist.entries.count >= segments - 1, "\(calls)")
      #expect(ShowFinish(disk).recover().isEmpty)
    }
  }

  @Test(
    "what a machine without power had not on its disk is a gap; other people's folders are left alone"
  )
  func missing() throws {
    let disk = FaultyDisk()
    var writer = ShowWriter(disk)
    for order in try orders(seconds: 9, ends: false) { writer.take(order, at: .zero) { _ in } }
    disk.remove("\(folder)/sound/r1-s1.m4s")
    disk.cut("\(folder)/sound/r1-s2.m4s", to: 0)
    let others = [
      "home/letters/a.txt", "demo/20231114/x.txt", "demo/20231114T221320Z/x.txt",
      "demo/2023111xT221320Z-r1/x.txt",
    ]
    for path in others { try disk.append(path, [1]) }
    #expect(ShowFinish(disk).recover() == [folder])
    let playlist = try playlist(disk)
    #expect(playlist.entries.map(\.isGap) == [false, true, true, false])
    for path in others { #expect(disk.files[path] == [1], "\(path)") }
  }

  @Test("a full disk: gaps from there, said once; with room again segments, and the end is a VOD")
  func full() throws {
    let disk = FaultyDisk()
    var writer = ShowWriter(disk)
    var seen: [OnShowWriter] = []
    let all = try orders(seconds: 20)
    let segments = all.indices.filter { if case .segment = all[$0] { true } else { false } }
    for (index, order) in all.enumerated() {
      if index == segments[3] { disk.free = ShowWriter<FaultyDisk>.reserveBytes + 100 }
      if index == segments[6] { disk.free = 1 << 40 }
      writer.take(order, at: Instant.zero + .seconds(Int64(index))) { seen.append($0) }
    }
    #expect(seen.filter { if case .stopped = $0 { true } else { false } } == [.stopped(.full)])
    #expect(seen.count { $0 == .resumed } == 1)
    #expect(seen.count { $0 == .lost } == 3)
    let playlist = try check(disk, against: disk)
    #expect(playlist.entries.map(\.isGap) == (0..<10).map { (3...5).contains($0) })
  }

  @Test("a disk that takes nothing at all: playlists wait in order and are written when it does")
  func failing() throws {
    let disk = FaultyDisk()
    var writer = ShowWriter(disk)
    var seen: [OnShowWriter] = []
    let all = try orders(seconds: 20)
    for (index, order) in all.enumerated() {
      if index == 6 { disk.fault = DiskFault(code: 5) }
      writer.take(order, at: Instant.zero + .seconds(Int64(index))) { seen.append($0) }
    }
    #expect(seen.count { if case .stopped = $0 { true } else { false } } == 1)
    #expect(!seen.contains(.finished(folder: folder)) && writer.isStopped)
    disk.fault = nil
    writer.advance(to: Instant.zero + .seconds(100)) { seen.append($0) }
    #expect(seen.contains(.finished(folder: folder)) && seen.last == .resumed)
    let playlist = try check(disk, against: disk)
    #expect(playlist.entries.count == 10 && playlist.entries.last?.isGap == true)
    #expect(!disk.files.keys.contains(".probe"))
  }

  @Test(
    "a folder that can't be written is its show's alone: that one is given up, the others go on")
  func locked() throws {
    let disk = FaultyDisk()
    var writer = ShowWriter(disk)
    var seen: [OnShowWriter] = []
    disk.lockedPrefix = folder
    let pairs = zip(try orders(seconds: 20), try orders(seconds: 20, run: "r2"))
    for (index, pair) in pairs.enumerated() {
      for order in [pair.0, pair.1] {
        writer.take(order, at: Instant.zero + .seconds(Int64(index))) { seen.append($0) }
      }
    }
    #expect(!seen.contains { if case .stopped = $0 { true } else { false } } && !writer.isStopped)
    #expect(seen.contains(.givenUp(folder: folder)) && !seen.contains(.finished(folder: folder)))
    #expect(seen.contains(.finished(folder: "demo/20231114T221320Z-r2")))
    let playlist = try playlist(disk, run: "r2")
    #expect(playlist.isFinished && playlist.entries.count == 10)
    #expect(playlist.entries.allSatisfy { !$0.isGap })
  }

  @Test("a show whose playlists can't be read is left as it is, and named; a damaged line ends one")
  func damaged() throws {
    let disk = FaultyDisk()
    var writer = ShowWriter(disk)
    for order in try orders(seconds: 20, ends: false) { writer.take(order, at: .zero) { _ in } }
    let path = "\(folder)/sound/index.m3u8"
    let text = disk.text(path)
    let before = disk.list("\(folder)/sound")
    disk.damage(path, to: String(repeating: "\0", count: text.utf8.count))
    var failed: [String] = []
    #expect(ShowFinish(disk).recover { folder, _ in failed.append(folder) }.isEmpty)
    #expect(failed == [folder] && disk.list("\(folder)/sound") == before)
    let half = text.utf8.count / 2
    let line = text.prefix(half).lastIndex(of: "\n").map { text.index(after: $0) }
    disk.damage(path, to: text[..<(try #require(line))] + "\0\0\0\n" + text.suffix(half / 2))
    #expect(ShowFinish(disk).recover() == [folder])
    let playlist = try playlist(disk)
    #expect(playlist.isFinished && (3...6).contains(playlist.entries.count))
  }

  @Test("more lines than an entry may have end a playlist that is read again as it was finished")
  func manyLines() throws {
    for line in ["#EXT-X-DATERANGE:ID=\"1\"", "#EXT-X-UNKNOWN"] {
      let text = "#EXTM3U\n" + String(repeating: line + "\n", count: 2500)
      let finished = try #require(KeptPlaylist(text)).finished()
      let again = try #require(KeptPlaylist(finished))
      #expect(again.isFinished && again.finished() == finished)
    }
  }

  @Test("what waits for one show is bounded; others go on")
  func bounded() throws {
    let disk = FaultyDisk()
    var writer = ShowWriter(disk)
    var seen: [OnShowWriter] = []
    disk.fault = .full
    let line = KeptText(
      path: "demo/a/low/index.m3u8", text: String(repeating: "#\n", count: 50_000))
    for _ in 0..<100 { writer.take(.append(line), at: .zero) { seen.append($0) } }
    #expect(seen.contains(.givenUp(folder: "demo/a")))
    disk.fault = nil
    writer.advance(to: Instant.zero + .seconds(10)) { seen.append($0) }
    writer.take(.append(line), at: .zero) { seen.append($0) }
    #expect(disk.files.isEmpty)
    writer.take(.append(KeptText(path: "demo/b/low/index.m3u8", text: "x")), at: .zero) { _ in }
    #expect(disk.files.count == 1)
  }

  @Test("an encrypted show: files decrypt with the key beside them, which is its owner's alone")
  func encrypted() throws {
    let disk = FaultyDisk()
    let clear = FaultyDisk()
    var (writer, open) = (ShowWriter(disk), ShowWriter(clear))
    let keys = SegmentKeys(secret: [9], segmentsEach: 2)
    for order in try orders(seconds: 9, keys: keys) { writer.take(order, at: .zero) { _ in } }
    for order in try orders(seconds: 9) { open.take(order, at: .zero) { _ in } }
    let playlist = try playlist(disk)
    for entry in playlist.entries {
      let key = "\(folder)/sound/\(try #require(entry.key))"
      #expect(disk.secrets.contains(key))
      let vector = (0..<16).map { $0 < 15 ? 0 : UInt8(entry.sequence) }
      let path = "\(folder)/sound/\(entry.uri)"
      let plain = AESCBC.decrypt(
        try #require(disk.files[path]), key: try #require(disk.files[key]), vector: vector)
      #expect(plain != nil && plain == clear.files[path])
    }
  }
}
