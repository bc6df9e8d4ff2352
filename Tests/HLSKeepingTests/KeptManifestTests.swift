// The MPD beside a kept show's playlists: the same segments at the same times.

import HLS
import Testing
import Wire

@testable import HLSKeeping

@Suite("The manifest of a kept show")
struct KeptManifestTests {
  private let epoch = WallTime(nanoseconds: 1_700_000_000_000_000_000)
  private let multivariant = """
    #EXTM3U
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Sound, all",URI="sound/index.m3u8"
    #EXT-X-STREAM-INF:BANDWIDTH=900,CODECS="avc1.42c01f,mp4a.40.2",RESOLUTION=640x360,AUDIO="sound"
    low/index.m3u8
    #EXT-X-STREAM-INF:BANDWIDTH=100,CODECS="mp4a.40.2",AUDIO="sound"
    sound/index.m3u8

    """

  /// `entries`: seconds, and what stands in front.
  private func playlist(_ entries: [(seconds: String, tags: String)]) throws -> KeptPlaylist {
    var text = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:3\n#EXT-X-MAP:URI=\"r1-i0.mp4\"\n"
    var date = epoch + .seconds(6)
    for (index, entry) in entries.enumerated() {
      text += entry.tags + "#EXT-X-PROGRAM-DATE-TIME:\(CalendarDate(date).rfc3339)\n"
      text += "#EXTINF:\(entry.seconds),\nr1-s\(index + 3).m4s\n"
      date = date + TimeSpan(fractionalSeconds: Double(entry.seconds) ?? 0)
    }
    return try #require(KeptPlaylist(text + "#EXT-X-ENDLIST\n"))
  }

  @Test(
    "letter by letter: a period for each stretch without gap, times in front of the first counted")
  func golden() throws {
    let gap = "#EXT-X-GAP\n"
    let playlists = [
      "low": try playlist([("2.00000", ""), ("2.00000", gap), ("2.04000", "")]),
      "sound": try playlist([("2.00533", ""), ("1.98400", ""), ("2.00533", "")]),
    ]
    let manifest = try #require(
      KeptManifest(multivariant: multivariant, playlists: playlists, epoch: epoch))
    let lines = manifest.text.split(separator: "\n").map(String.init)
    #expect(lines[1].contains("type=\"static\"") && lines[1].contains("Duration=\"PT6.04000S\""))
    let low =
      "<Representation id=\"low\" codecs=\"avc1.42c01f\" bandwidth=\"900\" width=\"640\" height=\"360\">"
    let sound = "<Representation id=\"sound\" codecs=\"mp4a.40.2\" bandwidth=\"100\">"
    func template(_ name: String, _ offset: Int, _ first: Int) -> String {
      "<SegmentTemplate timescale=\"1000\" presentationTimeOffset=\"\(offset)\""
        + " initialization=\"\(name)/r1-i0.mp4\" media=\"\(name)/r1-s$Number$.m4s\" startNumber=\"\(first)\">"
    }
    let wanted = lines.filter {
      ["<Period", "<Repr", "<SegmentTemplate", "<S "].contains(where: $0.hasPrefix)
    }
    #expect(
      wanted == [
        "<Period id=\"3\" start=\"PT0.00000S\">",
        low, template("low", 6000, 3), "<S t=\"6000\" d=\"2000\"/>",
        sound, template("sound", 6000, 3), "<S t=\"6000\" d=\"2005\"/>",
        "<Period id=\"4\" start=\"PT2.00500S\">",
        sound, template("sound", 8005, 4), "<S t=\"8005\" d=\"1984\"/>",
        "<Period id=\"5\" start=\"PT3.98900S\">",
        low, template("low", 9989, 5), "<S t=\"10000\" d=\"2040\"/>",
        sound, template("sound", 9989, 5), "<S t=\"9989\" d=\"2005\"/>",
      ])
  }

  @Test("a show that is encrypted as a whole has none, and one without dates or media neither")
  func none() throws {
    let key = "#EXT-X-KEY:METHOD=AES-128,URI=\"r1-k0.key\"\n"
    for tags in [key, "#EXT-X-GAP\n"] {
      let playlists = ["low": try playlist([("2.00000", tags), ("2.00000", tags)])]
      let manifest = KeptManifest(
        multivariant: multivariant, playlists: playlists, epoch: epoch)
      #expect(manifest == nil, "\(tags)")
    }
    #expect(KeptManifest(multivariant: "", playlists: [:], epoch: epoch) == nil)
  }
}
