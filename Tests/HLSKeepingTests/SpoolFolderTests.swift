// Files of a spool: whole, as they are given out, and nothing of an earlier run.

import Crypto
import HLS
import Testing
import Wire

@testable import HLSKeeping

@Suite("The folder of a spool")
struct SpoolFolderTests {
  /// Segments of a room with sound, on their way to the spool.
  private func segments(_ keys: SegmentKeys? = nil) throws -> [SpoolSegment] {
    var room = Presentation(
      timing: HLSTiming(window: .seconds(14)),
      epoch: WallTime(nanoseconds: 1_700_000_000_000_000_000), run: "r1",
      spool: SpoolLimits(bytesMax: 1 << 30), keys: keys)
    let format = TrackFormat.aac(
      try AACConfiguration(sampleRate: 48_000, channelCount: 2, bitsPerSecond: 96_000))
    _ = room.addRendition("sound", .audio(name: "Sound", language: nil), format: format, at: .zero)
    for index in Int64(0)..<400 {
      room.append(TimedSample(time: index * 1024, bytes: [1, 2, 3], isSync: true), to: 0)
    }
    var segments: [SpoolSegment] = []
    for case .write(let segment) in room.takeSpoolOrders(waiting: 0) { segments.append(segment) }
    try #require(segments.count >= 3)
    return segments
  }

  @Test("a segment's file is what is given out, encrypted where that is")
  func files() throws {
    let disk = FaultyDisk()
    var folder = SpoolFolder(disk)
    let plain = try segments()[0]
    try folder.write(plain, room: "demo", at: .zero)
    let bytes = try folder.read(plain.name, room: "demo")
    #expect(bytes == plain.chunks.flatMap { $0 })
    #expect(Array(disk.files.keys) == ["demo/r1/sound/r1-s0.m4s"])
    let keys = SegmentKeys(secret: [7], segmentsEach: 1)
    let sealed = try segments(keys)[1]
    try folder.write(sealed, room: "other", at: .zero)
    let cipher = keys.cipher(ofSegment: 1, run: "r1")
    let given = AESCBC.encrypt(sealed.chunks, key: cipher.key, vector: cipher.vector)
    #expect(try folder.read(sealed.name, room: "other") == given)
    #expect(throws: DiskFault.self) { _ = try folder.read(plain.name, room: "other") }
    folder.remove("r1", room: "other")
    #expect(disk.files.keys.allSatisfy { $0.hasPrefix("demo/") })
    folder.clear()
    #expect(disk.files.isEmpty)
  }

  @Test("what others need of the disk is left, and a disk that failed is not asked for a while")
  func failing() throws {
    let disk = FaultyDisk()
    var folder = SpoolFolder(disk)
    let segments = try segments()
    disk.free = SpoolFolder<FaultyDisk>.reserveBytes + segments[0].byteCount - 1
    #expect(throws: DiskFault.full) { try folder.write(segments[0], room: "demo", at: .zero) }
    #expect(disk.files.isEmpty)
    disk.free = 1 << 40
    #expect(throws: DiskFault.full) {
      try folder.write(segments[0], room: "demo", at: .zero + .milliseconds(999))
    }
    try folder.write(segments[0], room: "demo", at: .zero + .seconds(1))
    try folder.write(segments[1], room: "demo", at: .zero + .seconds(1))
    disk.fault = DiskFault(code: 5)
    #expect(throws: DiskFault(code: 5)) {
      try folder.write(segments[2], room: "demo", at: .zero + .seconds(2))
    }
    #expect(disk.files.count == 2)
  }

  @Test("a file that is not whole is not given out")
  func torn() throws {
    let disk = FaultyDisk()
    var folder = SpoolFolder(disk)
    let segment = try segments()[0]
    try folder.write(segment, room: "demo", at: .zero)
    disk.cut("demo/\(segment.name.path)", to: segment.byteCount - 1)
    #expect(throws: DiskFault.unreadable) { _ = try folder.read(segment.name, room: "demo") }
  }
}
