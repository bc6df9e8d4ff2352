// Old segments of a room in files: when one leaves memory, what a disk that fails changes, and that players see nothing of it.

import Crypto
import HLSConformance
import Testing
import Wire

@testable import HLS

@Suite("A room with a spool")
struct SpoolTests {
  private static let names = ["low", "middle", "high"]
  private static let frameBytes = [40, 80, 160]

  /// Three pictures with four frames a second, each a part, and a keyframe every 2 s.
  private func room(
    window: TimeSpan = .seconds(40), memory: TimeSpan = .seconds(20), spoolBytesMax: Int = 1 << 30,
    bytesMax: Int = HLSLimits.roomBytesMax, keys: SegmentKeys? = nil, isSpooled: Bool = true
  ) throws -> Presentation {
    var room = Presentation(
      timing: HLSTiming(part: .milliseconds(250), window: window),
      epoch: WallTime(nanoseconds: 1_700_000_000_000_000_000), run: "r1", bytesMax: bytesMax,
      spool: isSpooled ? SpoolLimits(memory: memory, bytesMax: spoolBytesMax) : nil, keys: keys)
    for (place, name) in Self.names.enumerated() {
      let format = TrackFormat.avc(try configuration(width: 320 << place, height: 180 << place))
      let got = room.addRendition(name, .video, format: format, at: .zero)
      #expect(got == place)
    }
    return room
  }

  private func feed(
    _ room: inout Presentation, seconds: Range<Int64>, pauses: Range<Int64> = 0..<0,
    _ each: (inout Presentation) -> Void = { _ in }
  ) {
    for frame in seconds.lowerBound * 4..<seconds.upperBound * 4 {
      guard !pauses.contains(frame / 4) else {
        room.advance(to: .milliseconds(frame * 250))
        each(&room)
        continue
      }
      for (place, count) in Self.frameBytes.enumerated() {
        let bytes =
          [0, 0, 0, UInt8(count - 4), 0x65]
          + [UInt8](repeating: UInt8(frame & 255), count: count - 5)
        room.append(
          TimedSample(time: frame * 22_500, bytes: bytes, isSync: frame % 8 == 0), to: place)
      }
      each(&room)
    }
  }

  /// A disk that takes all, or nothing.
  private struct Disk {
    var files: [String: [UInt8]] = [:]
    var isBroken = false
    var written: [SpoolSegment] = []

    mutating func carryOut(_ orders: [SpoolOrder], of room: inout Presentation) {
      for order in orders {
        switch order {
        case .remove(let path): files[path] = nil
        case .write(let segment):
          if !isBroken {
            written.append(segment)
            files[segment.name.path] = segment.chunks.flatMap { $0 }
          }
          room.noteSpooled(segment.name, isDone: !isBroken)
        }
      }
    }
  }

  private func answer(_ room: Presentation, _ path: String) throws -> LibraryAnswer {
    room.answer(try #require(try room.request(path: path, query: "")))
  }

  private func text(_ room: Presentation, _ path: String = "high/index.m3u8") throws -> String {
    guard case .content(let content) = try answer(room, path) else {
      Issue.record("\(try answer(room, path))")
      return ""
    }
    return String(decoding: content.bytes, as: UTF8.self)
  }

  @Test("a segment leaves memory when its file was told as written and it is old, not before")
  func leaving() throws {
    var room = try room()
    var orders: [SpoolOrder] = []
    feed(&room, seconds: 0..<30) { orders += $0.takeSpoolOrders(waiting: 0) }
    let inMemory = room.memoryByteCount
    #expect(room.renditions.allSatisfy { $0.segments.allSatisfy { !$0.parts.isEmpty } })
    var writes: [SpoolSegment] = []
    for case .write(let segment) in orders { writes.append(segment) }
    #expect(writes.count == 3 * 14 && orders.count == writes.count, "each whole one once, in order")
    let numbers = writes.filter { $0.name.rendition == 2 }.map(\.name.sequence)
    #expect(numbers == Array(0..<14))
    #expect(room.spoolByteCount == writes.reduce(0) { $0 + $1.byteCount })
    // One of the high one's is not told of: it stays, and what is behind it.
    for segment in writes where segment.name.path != "r1/high/r1-s1.m4s" {
      let isKnown = room.noteSpooled(segment.name, isDone: true)
      #expect(isKnown)
    }
    feed(&room, seconds: 30..<31)
    #expect(room.memoryByteCount < inMemory)
    for rendition in room.renditions {
      let gone = rendition.segments.filter(\.parts.isEmpty).map(\.sequence)
      #expect(gone == (rendition.name == "high" ? [0] : Array(0..<5)), "\(rendition.name)")
      #expect(rendition.byteCount == rendition.segments.reduce(0) { $0 + $1.memoryByteCount })
    }
    let isKnownAgain = room.noteSpooled(try #require(writes.first).name, isDone: true)
    #expect(!isKnownAgain)
  }

  @Test("what is asked for is in the file, under the same name and tag; its parts are gone")
  func serving() throws {
    var (spooled, plain, disk) = (try room(), try room(isSpooled: false), Disk())
    feed(&plain, seconds: 0..<31)
    feed(&spooled, seconds: 0..<31) { disk.carryOut($0.takeSpoolOrders(waiting: 0), of: &$0) }
    for sequence in 0..<14 {
      let path = "middle/r1-s\(sequence).m4s"
      guard case .content(let expected) = try answer(plain, path) else {
        Issue.record("\(path)")
        continue
      }
      switch try answer(spooled, path) {
      case .content(let content): #expect(sequence >= 5 && content == expected)
      case .spooled(let content, let name):
        #expect(sequence < 5)
        var content = content
        content.chunks = expected.chunks
        #expect(content == expected && name.byteCount == expected.byteCount)
        #expect(disk.files[name.path] == expected.bytes)
      case .refused, .wait: Issue.record("\(path)")
      }
    }
    #expect(try answer(spooled, "middle/r1-p0.m4s") == .refused(.notFound))
    #expect(try answer(spooled, "middle/r1-p100.m4s") == answer(plain, "middle/r1-p100.m4s"))
    // A keyframe's range is one of the same bytes.
    let keyframes = try text(spooled, "middle/iframes.m3u8")
    #expect(keyframes == (try text(plain, "middle/iframes.m3u8")))
    let range = keyframes.split(separator: "\n").drop { !$0.hasPrefix("#EXT-X-BYTERANGE:") }
    let count = try #require(Int(range.first?.dropFirst(17).prefix { $0 != "@" } ?? ""))
    #expect(count > 0 && count < disk.files["r1/middle/r1-s0.m4s"]?.count ?? 0)
  }

  @Test(
    "players get the same bytes with and without a spool, whatever happens",
    arguments: [
      SessionScript(seed: 21), SessionScript(seed: 22, restart: 9.3...11.9),
      SessionScript(seed: 23, restart: 6...6.4, layerLoss: 15...15.9, resize: 20.2),
    ])
  func sameForPlayers(script: SessionScript) throws {
    var spooled = script
    spooled.isSpooled = true
    var filesMax = 0
    let with = try LiveSession.run(spooled) { room in
      filesMax = max(
        filesMax,
        room.renditions.reduce(0) { sum, rendition in
          sum + rendition.segments.count { $0.place == .spool }
        })
    }
    let without = try LiveSession.run(script)
    #expect(filesMax > 4, "nothing left memory")
    #expect(with.exchanges.count == without.exchanges.count && with.exchanges.count > 500)
    for (one, other) in zip(with.exchanges, without.exchanges) {
      #expect(one.path == other.path && one.query == other.query && one.status == other.status)
      #expect(one.body == other.body, "\(one.path)?\(one.query)")
    }
  }

  @Test(
    "what is written once is what would be written anew, letter by letter",
    arguments: [
      SessionScript(seed: 31, restart: 9.3...11.9), SessionScript(seed: 32, layerLoss: 8.05...14.4),
      SessionScript(seed: 33, resize: 10.77, isProtected: true),
    ])
  func settled(script: SessionScript) throws {
    var compared = 0
    _ = try LiveSession.run(script) { room in compared += compare(room) }
    #expect(compared > 30)
  }

  /// Compares all playlists of a room with those that lean on nothing; how many have settled pieces.
  private func compare(_ room: Presentation) -> Int {
    var compared = 0
    for rendition in room.renditions where rendition.newest != nil {
      let playlist = MediaPlaylist(
        rendition: rendition, names: room.names, epoch: room.epoch, dateRanges: [], reports: [],
        keys: room.keys, keyLines: ["#EXT-X-KEY:TEST"])
      let pieces = playlist.pieces(skips: false)
      let fresh = playlist.pieces(skips: false, isFresh: true)
      #expect(fresh.count == 1)
      #expect(pieces.flatMap(\.bytes) == fresh.flatMap(\.bytes), "\(rendition.name)")
      if pieces.count > 2 { compared += 1 }
    }
    return compared
  }

  @Test(
    "a segment that could not be written stays in memory, is served, and is written later, in order"
  )
  func failing() throws {
    var (room, disk) = (try room(), Disk())
    feed(&room, seconds: 0..<31) { disk.carryOut($0.takeSpoolOrders(waiting: 0), of: &$0) }
    disk.isBroken = true
    feed(&room, seconds: 31..<61) { disk.carryOut($0.takeSpoolOrders(waiting: 0), of: &$0) }
    let kept = room.renditions[2].segments.filter { $0.place == .memory && $0.isComplete }
    #expect(kept.count >= 14 && kept.allSatisfy { !$0.parts.isEmpty })
    for segment in kept {
      guard case .content = try answer(room, "high/r1-s\(segment.sequence).m4s") else {
        Issue.record("\(segment.sequence)")
        continue
      }
    }
    // While it is paused nothing is handed out that would be written.
    let paused = room.takeSpoolOrders(waiting: 0, isPaused: true)
    #expect(paused.isEmpty)
    disk.isBroken = false
    disk.written = []
    disk.carryOut(room.takeSpoolOrders(waiting: 0), of: &room)
    let numbers = disk.written.filter { $0.name.rendition == 2 }.map(\.name.sequence)
    #expect(numbers == kept.map(\.sequence))
    feed(&room, seconds: 61..<62)
    #expect(room.renditions[2].segments.filter { !$0.parts.isEmpty }.count <= 12)
    let renditions = room.renditions
    #expect(
      renditions.allSatisfy { $0.segments.allSatisfy { !$0.isComplete || $0.place != .memory } })
  }

  @Test("bytes on their way to the disk are bounded, but for one segment, which always may go")
  func waiting() throws {
    var room = try room()
    feed(&room, seconds: 0..<11)
    let most = HLSLimits.spoolWaitingBytesMax
    let none = room.takeSpoolOrders(waiting: most)
    #expect(none.isEmpty)
    var first: [SpoolSegment] = []
    for case .write(let segment) in room.takeSpoolOrders(waiting: most - 2500) {
      first.append(segment)
    }
    #expect(!first.isEmpty && first.reduce(0) { $0 + $1.byteCount } <= 2500)
    let more = room.takeSpoolOrders(waiting: 0)
    #expect(!more.isEmpty)
  }

  @Test(
    "a full disk costs the oldest segments in files, no others; an unreadable one goes with what is older"
  )
  func shorter() throws {
    var (room, disk) = (try room(window: .seconds(120)), Disk())
    feed(&room, seconds: 0..<101) { disk.carryOut($0.takeSpoolOrders(waiting: 0), of: &$0) }
    let before = (room.spoolByteCount, disk.files.count, room.revision)
    room.shortenSpool(by: 5000)
    #expect(room.spoolByteCount <= before.0 - 5000 && room.spoolByteCount > before.0 - 9000)
    disk.carryOut(room.takeSpoolOrders(waiting: 0, isPaused: true), of: &room)
    #expect(disk.files.count < before.1 && room.revision > before.2)
    let firsts = room.renditions.compactMap(\.segments.first?.sequence)
    #expect(firsts.allSatisfy { abs($0 - firsts[0]) <= 1 })
    checkListed(room, disk)
    guard case .spooled(_, let name) = try answer(room, "high/r1-s30.m4s") else {
      Issue.record("not in a file")
      return
    }
    let isKnown = room.forgetSpooled(name)
    let isKnownStill = room.forgetSpooled(name)
    #expect(isKnown && !isKnownStill)
    #expect(try text(room).contains("#EXT-X-MEDIA-SEQUENCE:31\n"))
    checkListed(room, disk)
    // All of it: what is in memory stays.
    room.shortenSpool(by: 1 << 30)
    #expect(room.renditions.allSatisfy { $0.segments.allSatisfy { $0.place != .spool } })
    #expect(room.renditions[2].segments.count >= 10)
  }

  /// Whatever a playlist lists is in memory or in a file.
  private func checkListed(_ room: Presentation, _ disk: Disk) {
    for rendition in room.renditions {
      for segment in rendition.listed where segment.isComplete && !segment.isGap {
        let path = "r1/\(rendition.name)/r1-s\(segment.sequence).m4s"
        #expect(!segment.parts.isEmpty || disk.files[path] != nil, "\(path)")
      }
    }
  }

  @Test("files stay within their bytes, and the window gets shorter")
  func diskBytes() throws {
    var (room, disk) = (try room(window: .seconds(600), spoolBytesMax: 100_000), Disk())
    var most = 0
    feed(&room, seconds: 0..<300) { room in
      disk.carryOut(room.takeSpoolOrders(waiting: 0), of: &room)
      most = max(most, disk.files.values.reduce(0) { $0 + $1.count })
    }
    #expect(most <= 100_000 && most > 90_000)
    #expect(room.renditions[0].listed.count > 15)
    checkListed(room, disk)
  }

  @Test(
    "memory that is too much while the disk fails costs the past, and never what is listed and not there"
  )
  func memoryBytes() throws {
    var (room, disk) = (try room(window: .seconds(300), bytesMax: 120_000), Disk())
    feed(&room, seconds: 0..<120) { disk.carryOut($0.takeSpoolOrders(waiting: 0), of: &$0) }
    #expect(room.memoryByteCount <= 120_000 && room.renditions[2].listed.count > 55)
    disk.isBroken = true
    feed(&room, seconds: 120..<400) { room in
      disk.carryOut(room.takeSpoolOrders(waiting: 0), of: &room)
      #expect(room.memoryByteCount <= 120_000 + 4000)
    }
    checkListed(room, disk)
    #expect(room.renditions[2].segments.allSatisfy { $0.place == .memory })
    disk.isBroken = false
    feed(&room, seconds: 400..<460) { disk.carryOut($0.takeSpoolOrders(waiting: 0), of: &$0) }
    checkListed(room, disk)
    #expect(room.renditions[2].segments.contains { $0.place == .spool })
  }

  @Test(
    "four hours of three renditions have a minute of media in memory and some hundred bytes a segment"
  )
  func hours() throws {
    var (room, disk) = (try room(window: .seconds(4 * 3600), memory: .seconds(60)), Disk())
    var most = 0
    feed(&room, seconds: 0..<4 * 3600, pauses: 7000..<7300) { room in
      let orders = room.takeSpoolOrders(waiting: 0)
      if orders.isEmpty { return }
      disk.carryOut(orders, of: &room)
      most = max(most, room.memoryByteCount)
    }
    let all = disk.files.values.reduce(0) { $0 + $1.count }
    // 62 s and the segment that grows, of 14,100 s with media.
    #expect(most < all * 66 / 14_100, "\(most) of \(all)")
    #expect(room.renditions[2].listed.count > 7100)
    #expect(MemoryLayout<StoredSegment>.size <= 200)
    #expect(room.renditions.allSatisfy { $0.segments.count { !$0.parts.isEmpty } <= 32 })
    #expect(compare(room) == 3)
    let text = try text(room)
    #expect(text.split(separator: "\n").count { $0.hasSuffix(".m4s") } > 7100)
    checkListed(room, disk)
  }

  @Test(
    "an encrypted segment is handed out with its cipher, and its file is as long as what is given out"
  )
  func encrypted() throws {
    let keys = SegmentKeys(secret: [1, 2, 3], segmentsEach: 2)
    var room = try room(keys: keys)
    feed(&room, seconds: 0..<5)
    for case .write(let segment) in room.takeSpoolOrders(waiting: 0) {
      let cipher = try #require(segment.cipher)
      let sealed = try #require(
        AESCBC.encrypt(segment.chunks, key: cipher.key, vector: cipher.vector))
      #expect(sealed.count == segment.name.byteCount)
      #expect(cipher == keys.cipher(ofSegment: segment.name.sequence, run: "r1"))
    }
  }
}
