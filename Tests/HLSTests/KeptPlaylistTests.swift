// Kept playlists read back: torn, mutated, and names that lead elsewhere.

import Testing
import Wire

@testable import HLS

@Suite("A kept playlist read back")
struct KeptPlaylistTests {
  private let text = """
    #EXTM3U
    #EXT-X-VERSION:8
    #EXT-X-TARGETDURATION:2
    #EXT-X-PLAYLIST-TYPE:EVENT
    #EXT-X-MEDIA-SEQUENCE:0
    #EXT-X-MAP:URI="r1-i0.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.000Z
    #EXTINF:2.00000,
    r1-s0.m4s
    #EXT-X-DISCONTINUITY
    #EXT-X-KEY:METHOD=AES-128,URI="r1-k0.key"
    #EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:22.000Z
    #EXTINF:2.48000,
    r1-s1.m4s
    #EXT-X-DATERANGE:ID="1",CLASS="c",START-DATE="2023-11-14T22:13:21.000Z"

    """

  @Test("cut anywhere, it has the entries that are whole, and ends")
  func torn() throws {
    let bytes = Array(text.utf8)
    let ends = ["r1-s0.m4s\n", "r1-s1.m4s\n"].map { text.firstRange(of: $0)!.upperBound }
      .map { text.utf8.distance(from: text.startIndex, to: $0) }
    for count in 0...bytes.count {
      let cut = String(decoding: bytes.prefix(count), as: UTF8.self)
      guard let playlist = KeptPlaylist(cut) else {
        #expect(count < 8)
        continue
      }
      #expect(playlist.entries.count == ends.count { $0 <= count }, "\(count)")
      let finished = playlist.finished()
      let again = try #require(KeptPlaylist(finished))
      #expect(again.isFinished && again.finished() == finished)
      #expect(finished.hasSuffix("#EXT-X-ENDLIST\n"))
      #expect(finished.contains("DATERANGE") == (count == bytes.count))
    }
  }

  @Test("an entry whose file is missing is a gap, its tags stay")
  func missing() throws {
    let playlist = try #require(KeptPlaylist(text))
    let again = try #require(KeptPlaylist(playlist.finished(missing: ["r1-s1.m4s"])))
    #expect(again.entries.map(\.isGap) == [false, true])
    #expect(again.duration == .milliseconds(4480))
    #expect(again.entries[1].key == "r1-k0.key" && again.entries[0].key == nil)
    #expect(again.finished().contains("#EXT-X-DISCONTINUITY\n"))
  }

  @Test("names of other folders, hidden files and drafts are none")
  func names() {
    for name in [
      "../x.m4s", "/etc/x.m4s", ".x.m4s", "a.m4s.draft", "a..m4s", "a", "a.", ".m4s", "a/b.m4s",
      "a b.m4s", "show.json", "a.m4\u{0}s", "a.mp4567", "",
    ] {
      #expect(!KeptNames.isSafe(file: name), "\(name)")
      #expect(KeptPlaylist("#EXTM3U\n#EXTINF:1.0,\n\(name)\n")?.entries.isEmpty ?? true)
    }
    for name in ["r1-s0.m4s", "index.m3u8", "sprite-r1-0.jpg", "r1-k0.key"] {
      #expect(KeptNames.isSafe(file: name), "\(name)")
    }
  }

  @Test("mutated playlists are read or refused, and what is read is written the same again")
  func mutated() {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<3000 {
      var bytes = Array(text.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case _: bytes.insert(UInt8.random(in: 9...126, using: &random), at: place)
        }
      }
      KeptPlaylist.check(String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test("dates of every month come back as they were")
  func dates() {
    var time = WallTime(nanoseconds: 951_000_000_123_000_000)
    for _ in 0..<400 {
      #expect(KeptDate.parse(CalendarDate(time).rfc3339[...]) == time)
      time = time + .seconds(1_234_567)
    }
    for bad in ["2023-13-14T22:13:20.000Z", "2023-11-14T22:13:20.000", "", "x"] {
      #expect(KeptDate.parse(bad[...]) == nil)
    }
  }
}
