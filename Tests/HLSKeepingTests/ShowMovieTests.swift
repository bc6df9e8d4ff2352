// One file of a show: every sample where its tables say, at the time it had.

import HLS
import Testing
import Wire

@testable import HLSKeeping

/// A track of an MP4 file as its tables tell it, read without the code that wrote it.
private struct ReadTrack {
  var handler = ""
  var timescale = 0
  var start = 0
  var samples: [(time: Int, bytes: [UInt8], description: Int, isSync: Bool)] = []
  var end = 0
  var descriptions = 0

  init(_ trak: Box, movieScale: Int, _ file: [UInt8]) throws {
    let mdia = try ReadTrack.child("mdia", trak, file)
    handler = String(
      decoding: file[try ReadTrack.child("hdlr", mdia, file).content].dropFirst(8).prefix(4),
      as: UTF8.self)
    timescale = ReadTrack.number(
      file, try ReadTrack.child("mdhd", mdia, file).content.lowerBound + 20, 4)
    let stbl = try ReadTrack.child("stbl", ReadTrack.child("minf", mdia, file), file)
    if let edts = try? ReadTrack.child("edts", trak, file) {
      let elst = try ReadTrack.child("elst", edts, file).content.lowerBound
      start = ReadTrack.number(file, elst + 8, 8) * timescale / movieScale
    }
    func table(_ type: BoxType) throws -> Int {
      try ReadTrack.child(type, stbl, file).content.lowerBound + 4
    }
    descriptions = ReadTrack.number(file, try table("stsd"), 4)
    var durations: [Int] = []
    let stts = try table("stts")
    for run in 0..<ReadTrack.number(file, stts, 4) {
      let count = ReadTrack.number(file, stts + 4 + run * 8, 4)
      durations += [Int](repeating: ReadTrack.number(file, stts + 8 + run * 8, 4), count: count)
    }
    let stsz = try table("stsz")
    let sizes = (0..<ReadTrack.number(file, stsz + 4, 4)).map {
      ReadTrack.number(file, stsz + 8 + $0 * 4, 4)
    }
    var syncs: Set<Int>?
    if let stss = try? table("stss") {
      syncs = Set(
        (0..<ReadTrack.number(file, stss, 4)).map { ReadTrack.number(file, stss + 4 + $0 * 4, 4) })
    }
    let (co64, stsc) = (try table("co64"), try table("stsc"))
    let chunks = ReadTrack.number(file, co64, 4)
    var runs = (0..<ReadTrack.number(file, stsc, 4)).map { run in
      (0..<3).map { ReadTrack.number(file, stsc + 4 + run * 12 + $0 * 4, 4) }
    }
    runs.append([chunks + 1, 0, 0])
    var time = start
    for (run, next) in zip(runs, runs.dropFirst()) {
      for chunk in run[0]..<next[0] {
        var place = ReadTrack.number(file, co64 + 4 + (chunk - 1) * 8, 8)
        for _ in 0..<run[1] {
          let index = samples.count
          samples.append(
            (
              time, Array(file[place..<place + sizes[index]]), run[2],
              syncs?.contains(index + 1) ?? true
            ))
          place += sizes[index]
          time += durations[index]
        }
      }
    }
    #expect(samples.count == sizes.count && durations.count == sizes.count)
    end = time
  }

  static func child(_ type: BoxType, _ box: Box, _ file: [UInt8]) throws -> Box {
    var reader = BoxReader(box.content)
    return try reader.first(type, in: file.span)
  }

  static func number(_ file: [UInt8], _ place: Int, _ count: Int) -> Int {
    file[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
  }
}

@Suite("One file of a kept show")
struct ShowMovieTests {
  /// A show on a disk: a picture at 25 frames a second from `pictureFrom`, sound from the start.
  private func show(
    epoch: Int64 = 1_700_000_000, run: String = "r1", pictureFrom: Int = 0, turnsAt: Int? = nil,
    pause: Range<Int> = 0..<0, keys: SegmentKeys? = nil
  ) throws -> FaultyDisk {
    let disk = FaultyDisk()
    var room = Presentation(
      timing: HLSTiming(window: .seconds(14)), epoch: WallTime(nanoseconds: epoch * 1_000_000_000),
      run: run, keys: keys)
    var (keeper, writer) = (ShowKeeper(room: "demo"), ShowWriter(disk))
    let sound = try AACConfiguration(sampleRate: 48_000, channelCount: 2, bitsPerSecond: 96_000)
    _ = room.addRendition(
      "sound", .audio(name: "Sound", language: nil), format: .aac(sound), at: .zero)
    for step in 0..<250 {
      for frame in (step * 1920 + 1023) / 1024..<((step + 1) * 1920 + 1023) / 1024 {
        room.append(
          TimedSample(time: Int64(frame) * 1024, bytes: [UInt8(frame & 255), 7], isSync: true),
          to: 0)
      }
      let isTurned = turnsAt.map { step >= $0 } ?? false
      let format = TrackFormat.avc(try picture(isTurned ? 352 : 640, isTurned ? 640 : 360))
      if step == pictureFrom {
        _ = room.addRendition(
          "low", .video, format: format, at: .milliseconds(Int64(step) * 40))
      }
      if step >= pictureFrom, !pause.contains(step) {
        room.append(
          TimedSample(
            time: Int64(step) * 3600, bytes: [0, 0, 0, 2, 0x65, UInt8(step)],
            isSync: step % 50 == 0 || step == pictureFrom || step == turnsAt
          ),
          format: step == turnsAt ? format : nil, to: 1)
      }
      room.advance(to: .milliseconds(Int64(step) * 40))
      for order in keeper.take(room) { writer.take(order, at: .zero) { _ in } }
    }
    room.end(at: .seconds(10))
    for order in keeper.take(room) { writer.take(order, at: .zero) { _ in } }
    return disk.below("demo/\(KeptNames.show(startingAt: room.epoch, run: run))")
  }

  private func picture(_ width: Int, _ height: Int) throws -> AVCConfiguration {
    var bits: [UInt8] = [0x67, 66, 0xC0, 31]
    // ue(v) fields of a baseline SPS as a row of bits; emulation does not occur in these.
    var row: [Int] = []
    func golomb(_ value: Int) {
      let length = Int.bitWidth - (value + 1).leadingZeroBitCount
      row += [Int](repeating: 0, count: length - 1)
      row += (0..<length).reversed().map { (value + 1) >> $0 & 1 }
    }
    for value in [0, 0, 2, 1] { golomb(value) }
    row.append(0)
    golomb(width / 16 - 1)
    golomb((height + 15) / 16 - 1)
    row += [1, 1, 1]
    for value in [0, 0, 0, ((height + 15) / 16 * 16 - height) / 2] { golomb(value) }
    row += [0, 1]
    while row.count % 8 != 0 { row.append(0) }
    for byte in 0..<row.count / 8 {
      bits.append(row[byte * 8..<byte * 8 + 8].reduce(UInt8(0)) { $0 << 1 | UInt8($1) })
    }
    return try AVCConfiguration(
      sequenceParameters: [bits], pictureParameters: [[0x68, 0xCE, 0x3C, 0x80]])
  }

  private func tracks(_ movie: ShowMovie<FaultyDisk>) throws -> [ReadTrack] {
    var file: [UInt8] = []
    try movie.write { file += $0 }
    var top = BoxReader(byteCount: file.count)
    let ftyp = try top.next(in: file.span)
    let moov = try #require(try top.next(in: file.span))
    let mdat = try #require(try top.next(in: file.span))
    #expect(ftyp?.type == "ftyp" && moov.type == "moov" && mdat.type == "mdat")
    #expect(mdat.range.upperBound == file.count)
    let mvhd = try ReadTrack.child("mvhd", moov, file).content.lowerBound
    var (inner, found) = (BoxReader(moov.content), [ReadTrack]())
    while let box = try inner.next(in: file.span) {
      if box.type == "trak" {
        found.append(try ReadTrack(box, movieScale: ReadTrack.number(file, mvhd + 20, 4), file))
      }
    }
    return found
  }

  @Test(
    "it has the largest picture and the sound, every sample at its time, and begins with what a player needs"
  )
  func whole() throws {
    let movie = try ShowMovie([try show()])
    let read = try tracks(movie)
    #expect(read.map(\.handler) == ["vide", "soun"] && movie.renditions == ["low", "sound"])
    #expect(read[0].samples.count == 250 && read[1].samples.count == 469)
    for (index, sample) in read[0].samples.enumerated() {
      #expect(sample.bytes == [0, 0, 0, 2, 0x65, UInt8(index)])
      #expect(sample.time == index * 3600 && sample.isSync == (index % 50 == 0))
    }
    for (index, sample) in read[1].samples.enumerated() {
      #expect(
        sample.bytes == [UInt8(index & 255), 7] && sample.time == index * 1024 && sample.isSync)
    }
    #expect(read[0].end == 900_000 && abs(movie.seconds - 10) < 0.04)
    #expect(movie.gapSeconds == 0)
  }

  @Test("over a pause the last picture stands, and what follows is at its time")
  func pause() throws {
    let movie = try ShowMovie([try show(pause: 60..<150)])
    let read = try tracks(movie)
    #expect(read[0].samples.count == 160)
    for sample in read[0].samples { #expect(sample.time == Int(sample.bytes[5]) * 3600) }
    // The part before it has its length, and so its last picture.
    #expect(abs(movie.gapSeconds - 3.4) < 0.3)
  }

  @Test("a picture that comes late begins late; one that turns has a description of each size")
  func lateAndTurned() throws {
    let movie = try ShowMovie([try show(pictureFrom: 75, turnsAt: 160)])
    let read = try tracks(movie)
    #expect(abs(read[0].start - 75 * 3600) <= moved && read[1].start == 0)
    #expect(read[0].descriptions == 2, "\(movie.sizes)")
    #expect(movie.sizes == ["640x360", "352x640"])
    #expect(read[0].samples.count == 175)
    for sample in read[0].samples {
      let isRight =
        abs(sample.time - Int(sample.bytes[5]) * 3600) <= moved
        && sample.description == (sample.bytes[5] < 160 ? 1 : 2)
      #expect(isRight, "\(sample)")
    }
  }

  /// How far a segmenter moves a frame to keep the lengths of parts.
  private var moved: Int { 13_500 }

  @Test("two shows of one evening are one file, with what lies between them as a still")
  func joined() throws {
    let movie = try ShowMovie([try show(), try show(epoch: 1_700_000_025, run: "r2")])
    let read = try tracks(movie)
    #expect(read[0].samples.count == 500)
    #expect(read[0].samples[250].time == 25 * 90_000 && read[1].samples[469].time == 25 * 48_000)
    #expect(abs(movie.seconds - 35) < 0.04 && abs(movie.gapSeconds - 15) < 0.04)
    #expect(throws: MovieFault.self) {
      try ShowMovie([try show(epoch: 1_700_000_025), try show(run: "r2")])
    }
  }

  @Test(
    "an encrypted show is decrypted; a rendition can be chosen; what is no finished show is refused"
  )
  func others() throws {
    let sealed = try show(keys: SegmentKeys(secret: [4], segmentsEach: 2))
    #expect(try tracks(ShowMovie([sealed]))[0].samples.count == 250)
    let sound = try ShowMovie([try show()], rendition: "sound")
    #expect(try tracks(sound).map(\.handler) == ["soun"])
    let disk = try show()
    #expect(throws: MovieFault.self) { _ = try ShowMovie([disk], rendition: "high") }
    disk.remove("show.json")
    #expect(throws: MovieFault.self) { _ = try ShowMovie([disk]) }
    #expect(throws: MovieFault.self) { _ = try ShowMovie([FaultyDisk()]) }
    let torn = try show()
    torn.cut("low/r1-s2.m4s", to: 60)
    #expect(throws: MovieFault.self) { _ = try ShowMovie([torn]) }
  }
}
