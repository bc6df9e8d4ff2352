// cbcs: what is given out is encrypted as ISO/IEC 23001-7 says, and decrypts to what was given.

import HLS
import Testing
import Wire

@Suite("A room with protected samples")
struct ProtectedRoomTests {
  private let keyID = "00112233445566778899aabbccddeeff"
  private let key = [UInt8](repeating: 0x5A, count: 16)
  private let vector = (0..<16).map { UInt8($0) }

  private func protection(licences: String? = nil) throws -> ContentProtection {
    let words = [keyID, Hex.text(key), Hex.text(vector)]
    return try ContentProtection(contentKey: words.joined(separator: " "), licences: licences)
  }

  /// A NAL unit of so many bytes, behind its length.
  private func unit(_ type: UInt8, _ size: Int, seed: Int) -> [UInt8] {
    let length = (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) }
    return length + [0x60 | type]
      + (1..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ seed &* 13 &+ $0 >> 8) }
  }

  /// Pictures of all forms: small ones, two slices, long messages before a slice, and behind the last.
  private func picture(_ index: Int) -> [UInt8] {
    let type = index % 60 == 0 ? NALUnitType.idrSlice : NALUnitType.slice
    switch index % 6 {
    case 0: return unit(6, 30, seed: index) + unit(type, 2000, seed: index)
    case 1: return unit(type, SampleCipher.clearLead + 15, seed: index)
    case 2: return unit(type, SampleCipher.clearLead + 16, seed: index)
    case 3:
      return unit(type, 700, seed: index) + unit(type, 699, seed: index) + unit(6, 40, seed: 1)
    case 4: return unit(6, index == 4 ? 70_000 : 40, seed: index) + unit(type, 400, seed: index)
    case _: return unit(type, 5, seed: index)
    }
  }

  /// A picture and sound for five seconds.
  private func room(_ protection: ContentProtection?) throws -> Presentation {
    var room = Presentation(
      timing: HLSTiming(window: .seconds(14)),
      epoch: WallTime(nanoseconds: 1_700_000_000_000_000_000), run: "r1", protection: protection)
    let video = room.addRendition(
      "f", .video, format: .avc(try configuration()), at: .zero)
    let audio = room.addRendition(
      "sound", .audio(name: "Sound", language: nil), format: .aac(try sound()), at: .zero)
    for index in 0..<150 {
      room.append(
        TimedSample(time: Int64(index) * 3000, bytes: picture(index), isSync: index % 60 == 0),
        to: try #require(video))
    }
    for index in 0..<Int64(234) {
      let bytes = unit(9, 20 + Int(index) % 200, seed: Int(index))
      room.append(
        TimedSample(time: index * 1024, bytes: bytes, isSync: true), to: try #require(audio))
    }
    return room
  }

  private func body(_ room: Presentation, _ path: String, _ query: String = "") throws -> [UInt8] {
    let request = try #require(try room.request(path: path, query: query))
    guard case .content(let content) = room.answer(request) else {
      Issue.record("\(path): \(room.answer(request))")
      return []
    }
    #expect(content.cipher == nil)
    return content.bytes
  }

  private func text(_ room: Presentation, _ path: String, _ query: String = "") throws -> String {
    String(decoding: try body(room, path, query), as: UTF8.self)
  }

  private func samples(_ room: Presentation, _ name: String) throws -> [FragmentSample] {
    let rendition = try #require(room.renditions.first { $0.name == name })
    return try rendition.segments.flatMap(\.parts).flatMap {
      try FragmentReader.parse($0.bytes.span).flatMap(\.fragment.samples)
    }
  }

  /// Undoes one chain: a block, `skipped` in the clear, and so on.
  private func opened(_ bytes: ArraySlice<UInt8>, skipped: Int) throws -> [UInt8] {
    var plain = Array(bytes)
    let starts = plain.indices.filter {
      $0 % (16 * (skipped + 1)) == 0 && $0 + 16 <= plain.count
    }
    let message = starts.flatMap { plain[$0..<($0 + 16)] }
    let blocks = try decryptedBlocks(message, key: key, vector: vector)
    for (index, start) in starts.enumerated() {
      plain.replaceSubrange(start..<(start + 16), with: blocks[(index * 16)..<(index * 16 + 16)])
    }
    return plain
  }

  @Test("a player with the key gets every picture and all sound as they were given")
  func decrypts() throws {
    let clear = try room(nil)
    let sealed = try room(protection())
    for (given, got) in zip(try samples(clear, "f"), try samples(sealed, "f")) {
      var plain: [UInt8] = []
      for run in got.subsamples {
        plain += got.bytes[plain.count..<(plain.count + run.clear)]
        plain += try opened(got.bytes[plain.count..<(plain.count + run.protected)], skipped: 9)
      }
      #expect(plain == given.bytes)
      #expect(got.duration == given.duration && got.isSync == given.isSync)
    }
    for (given, got) in zip(try samples(clear, "sound"), try samples(sealed, "sound")) {
      #expect(try opened(got.bytes[...], skipped: 0) == given.bytes)
      #expect(got.subsamples.isEmpty)
    }
    #expect(try samples(sealed, "f").count == samples(clear, "f").count)
    #expect(try samples(sealed, "f").count > 120 && samples(sealed, "sound").count > 200)
  }

  @Test("lengths, headers, messages and the beginning of each slice are in the clear")
  func clearLead() throws {
    for (given, got) in zip(try samples(room(nil), "f"), try samples(room(protection()), "f")) {
      var place = 0
      var expected: [Subsample] = []
      var clear = 0
      while place < given.bytes.count {
        let size = given.bytes[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) } + 4
        let isSlice = [1, 5].contains(given.bytes[place + 4] & 0x1F)
        let lead = isSlice ? min(size, 4 + 32) : size
        #expect(got.bytes[place..<(place + lead)] == given.bytes[place..<(place + lead)])
        clear += lead
        if isSlice, size >= 4 + 32 + 16 {
          // What is longer than its field takes several.
          if clear > 65_535 {
            expected.append(Subsample(clear: 65_535, protected: 0))
            clear -= 65_535
          }
          expected.append(Subsample(clear: clear, protected: size - lead))
          clear = 0
        } else {
          clear += size - lead
        }
        place += size
      }
      if clear > 0 { expected.append(Subsample(clear: clear, protected: 0)) }
      #expect(got.subsamples == expected)
    }
  }

  @Test(
    "one block in ten of a slice is encrypted, from its first one on, and every whole one of sound")
  func pattern() throws {
    let given = try samples(room(nil), "f")[0].bytes
    let got = try samples(room(protection()), "f")[0].bytes
    let first = 4 + 30 + 4 + 32
    let changed = stride(from: first, to: given.count - 15, by: 16).map {
      given[$0..<($0 + 16)] != got[$0..<($0 + 16)]
    }
    #expect(changed.count == 123 && changed.indices.allSatisfy { changed[$0] == ($0 % 10 == 0) })
    let sounds = try zip(samples(room(nil), "sound"), samples(room(protection()), "sound"))
    for (given, got) in sounds {
      let whole = given.bytes.count / 16 * 16
      #expect(given.bytes[whole...] == got.bytes[whole...])
      #expect(
        stride(from: 0, to: whole, by: 16).allSatisfy {
          given.bytes[$0..<($0 + 16)] != got.bytes[$0..<($0 + 16)]
        })
    }
  }

  @Test("every slice and every frame of sound begins with the constant vector")
  func constantVector() throws {
    let slice = unit(1, 500, seed: 3)
    let cipher = try #require(protection().cipher(isVideo: true))
    var once = TimedSample(time: 0, bytes: slice, isSync: true)
    var twice = TimedSample(time: 9, bytes: slice + slice, isSync: true)
    #expect(cipher.seal(&once) && cipher.seal(&twice))
    #expect(twice.bytes == once.bytes + once.bytes)
    let sound = try #require(protection().cipher(isVideo: false))
    var a = TimedSample(time: 0, bytes: slice, isSync: true)
    var b = TimedSample(time: 9, bytes: slice, isSync: true)
    #expect(sound.seal(&a) && sound.seal(&b) && a.bytes == b.bytes && a.bytes != slice)
  }

  @Test("parts put together are their segment, byte for byte")
  func concatenates() throws {
    let room = try room(protection())
    for rendition in room.renditions {
      for segment in rendition.segments where segment.isComplete {
        let parts = try segment.parts.flatMap {
          try body(room, "\(rendition.name)/\(room.names.part($0.number))")
        }
        let whole = try body(room, "\(rendition.name)/\(room.names.segment(segment.sequence))")
        #expect(whole == parts)
      }
    }
  }

  @Test("initialization sections say scheme, key, vector and pattern, and read back")
  func sections() throws {
    let room = try room(protection())
    for (name, entry, original, tenc) in [
      ("f", "encv", "avc1", [1, 0, 0, 0, 0, 0x19, 1, 0] as [UInt8]),
      ("sound", "enca", "mp4a", [0, 0, 0, 0, 0, 0, 1, 0]),
    ] {
      let bytes = try body(room, "\(name)/r1-i0.mp4")
      let sinf = Array("frma\(original)".utf8)
      #expect(find(Array(entry.utf8), in: bytes) != nil && find(sinf, in: bytes) != nil)
      // But for where it says what the entry was before.
      #expect(bytes.count(of: Array(original.utf8)) == 1)
      #expect(find(Array("schm\0\0\0\0cbcs\0\u{1}\0\0".utf8), in: bytes) != nil)
      let box = Array("tenc".utf8) + tenc + (Hex.bytes(keyID, count: 16) ?? []) + [16] + vector
      #expect(find(box, in: bytes) != nil)
      let section = try InitializationSection(parsing: bytes.span)
      #expect(section.bytes == bytes && section.systemHeaders.count == 1)
      #expect(section.encryption?.hasPattern == (name == "f"))
      for length in 0..<bytes.count {
        #expect(throws: WireError.self) {
          _ = try InitializationSection(parsing: bytes.span.extracting(0..<length))
        }
      }
    }
  }

  @Test(
    "the way to auxiliary information leads to the subsamples; pictures of too many slices have none"
  )
  func auxiliary() throws {
    let bytes = try #require(try room(protection()).renditions[0].segments[0].parts.first).bytes
    let moof = try #require(find(Array("moof".utf8), in: bytes)) - 4
    let saio = try #require(find(Array("saio".utf8), in: bytes))
    let offset = bytes[(saio + 12)..<(saio + 16)].reduce(0) { $0 << 8 | Int($1) }
    let senc = try #require(find(Array("senc".utf8), in: bytes))
    #expect(moof + offset == senc + 12)
    let saiz = try #require(find(Array("saiz".utf8), in: bytes))
    // The keyframe alone: a message and a slice, one subsample of eight bytes.
    #expect(Array(bytes[(saiz + 4)..<(saiz + 13)]) == [0, 0, 0, 0, 8, 0, 0, 0, 1])
    let cipher = try #require(protection().cipher(isVideo: true))
    var sample = TimedSample(time: 0, bytes: [], isSync: true)
    for index in 0..<60 { sample.bytes += unit(1, 100, seed: index) }
    #expect(cipher.seal(&sample) && sample.subsamples.count == 60)
    var writer = BoxWriter()
    let fragment = MovieFragment(
      sequenceNumber: 1, baseDecodeTime: 0,
      samples: [
        FragmentSample(
          bytes: sample.bytes, duration: 1, isSync: true, subsamples: sample.subsamples)
      ])
    fragment.write(timescale: 90_000, to: &writer)
    #expect(find(Array("saiz".utf8), in: writer.bytes) == nil)
    #expect(try FragmentReader.parse(writer.bytes.span)[0].fragment == fragment)
  }

  @Test("a sample that can't be encrypted is never given out")
  func failsClosed() throws {
    var room = Presentation(
      timing: HLSTiming(), epoch: WallTime(nanoseconds: 0), run: "r1", protection: try protection())
    _ = room.addRendition(
      "f", .video, format: .avc(try configuration()), at: .zero)
    for index in 0..<Int64(60) {
      let bytes = index == 20 ? [0, 0, 0, 200, 0x65, 0xAB, 0xCD] : unit(1, 300, seed: 1)
      room.append(TimedSample(time: index * 3000, bytes: bytes, isSync: index % 20 == 0), to: 0)
    }
    let parts = room.renditions[0].segments.flatMap(\.parts)
    #expect(parts.count > 3 && parts.allSatisfy { find([0x65, 0xAB, 0xCD], in: $0.bytes) == nil })
    let short = SampleCipher(try #require(protection().track(isVideo: false)), key: [1])
    var sample = TimedSample(time: 0, bytes: unit(1, 300, seed: 1), isSync: true)
    #expect(!short.seal(&sample))
  }

  @Test("playlists and the manifest name every licence system, and nothing has the key")
  func names() throws {
    let wanted = Hex.bytes(
      "00000020" + "70737368" + "00000000" + "edef8ba979d64acea3c827dcd51d21ed" + "00000000",
      count: 32)
    let box = "AAAAIHBzc2gAAAAA7e+LqXnWSs6jyCfc1R0h7QAAAAA="
    let room = try room(
      protection(
        licences: """
          # two services and a key server
          EDEF8BA9-79D6-4ACE-A3C8-27DCD51D21ED \(box) urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed data:text/plain;base64,{pssh}

          94ce86fb-07ff-4f43-adb8-93d2fa968ca2 - com.apple.streamingkeydelivery skd://{kid}
          - - identity https://keys.example/{kid}?a
          9a04f079-9840-4286-ab92-e65be0885f95 - - -
          """))
    let lines = [
      "METHOD=SAMPLE-AES,URI=\"data:text/plain;base64,\(box)\",KEYFORMAT=\"urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\",KEYFORMATVERSIONS=\"1\"",
      "METHOD=SAMPLE-AES,URI=\"skd://\(keyID)\",KEYFORMAT=\"com.apple.streamingkeydelivery\",KEYFORMATVERSIONS=\"1\"",
      "METHOD=SAMPLE-AES,URI=\"https://keys.example/\(keyID)?a\",KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"",
    ]
    let keys = lines.map { "#EXT-X-KEY:" + $0 }.joined(separator: "\n")
    for (path, query) in [
      ("f/index.m3u8", ""), ("f/index.m3u8", "_HLS_skip=YES"), ("f/iframes.m3u8", ""),
      ("sound/index.m3u8", ""),
    ] {
      let playlist = try text(room, path, query)
      #expect(playlist.ranges(of: "#EXT-X-KEY").count == 3, "\(path)")
      let place = try #require(playlist.firstRange(of: keys)).lowerBound
      let first = try #require(playlist.firstRange(of: "#EXTINF")).lowerBound
      #expect(place < first)
    }
    let sessions = lines.map { "#EXT-X-SESSION-KEY:" + $0 }.joined(separator: "\n")
    let multivariant = try text(room, "index.m3u8")
    #expect(multivariant.contains(sessions))
    let manifest = try text(room, "manifest.mpd")
    #expect(manifest.contains(" xmlns:cenc=\"urn:mpeg:cenc:2013\""))
    #expect(
      manifest.ranges(
        of: "<ContentProtection schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\" value=\"cbcs\" "
          + "cenc:default_KID=\"00112233-4455-6677-8899-aabbccddeeff\"/>"
      ).count == 2)
    #expect(manifest.contains("<cenc:pssh>\(box)</cenc:pssh></ContentProtection>"))
    #expect(manifest.contains("schemeIdUri=\"urn:uuid:9a04f079-9840-4286-ab92-e65be0885f95\"/>"))
    let header = try body(room, "f/r1-i0.mp4")
    let section = try InitializationSection(parsing: header.span)
    #expect(section.systemHeaders == [try #require(wanted)])
    for text in [manifest, try text(room, "f/index.m3u8"), "\(try protection())", "\(room)"] {
      #expect(!text.contains(Hex.text(key)) && !text.contains("\(key)".dropFirst().dropLast()))
    }
    var dumped = ""
    dump(try protection(), to: &dumped)
    dump(try #require(protection().cipher(isVideo: true)), to: &dumped)
    #expect(!dumped.contains("90") && !dumped.contains(Hex.text(key)))
  }

  @Test("without a file of services the W3C's common header names the key")
  func common() throws {
    let room = try room(protection())
    let header = try body(room, "f/r1-i0.mp4")
    let section = try InitializationSection(parsing: header.span)
    #expect(
      section.systemHeaders.map(Hex.text) == [
        "00000034" + "70737368" + "01000000" + "1077efecc0b24d02ace33c1e52e2fb4b" + "00000001"
          + keyID
          + "00000000"
      ])
    let playlist = try text(room, "f/index.m3u8")
    #expect(playlist.contains("URI=\"data:text/plain;base64,AAAANHBzc2gB"))
  }

  @Test("a file that can't be meant is refused, with its line")
  func refusals() throws {
    for wrong in [
      "", "# none", keyID, keyID + " 5a", "\(keyID) \(keyID)0",
      "\(keyID) \(keyID) \(keyID) \(keyID)",
      "\(keyID) zz112233445566778899aabbccddeeff",
    ] {
      #expect(throws: ContentProtection.Fault.contentKey) {
        try ContentProtection(contentKey: wrong)
      }
    }
    #expect(
      try ContentProtection(
        contentKey: "# KID\n00112233-4455-6677-8899-AABBCCDDEEFF\n# key\n\(keyID)\n"
      ).keyID == Hex.bytes(keyID, count: 16))
    let uuid = "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"
    for wrong in [
      "- - - -", "\(uuid) - -", "\(uuid) - - - -", "edef8ba979d64acea3c827dcd51d21ed - - -",
      "- AAAA identity x", "\(uuid) AAAA - -", "\(uuid) - identity -", "- - a\"b x", "- - a x\"",
      // A box of another system.
      "94ce86fb-07ff-4f43-adb8-93d2fa968ca2 AAAAIHBzc2gAAAAA7e+LqXnWSs6jyCfc1R0h7QAAAAA= - -",
    ] {
      #expect(throws: ContentProtection.Fault.licence(line: 2), "\(wrong)") {
        try protection(licences: "# first\n\(wrong)\n")
      }
    }
    for count in [0, 9] {
      #expect(throws: ContentProtection.Fault.licenceCount) {
        try protection(
          licences: [String](repeating: "- - identity x", count: count).joined(separator: "\n"))
      }
    }
    #expect(throws: ContentProtection.Fault.licenceCount) {
      try protection(licences: "\(uuid) - - -")
    }
  }

  private func find(_ needle: [UInt8], in bytes: [UInt8]) -> Int? {
    bytes.indices.dropLast(needle.count - 1).first { bytes[$0...].starts(with: needle) }
  }
}

extension [UInt8] {
  fileprivate func count(of needle: [UInt8]) -> Int {
    indices.count { self[$0...].starts(with: needle) }
  }
}
