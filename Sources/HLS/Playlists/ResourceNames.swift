// What every resource of a room is called: RFC 8216bis leaves it to us, and caches live by it.

/// The names of a room's resources, below the room's folder.
///
/// Media names carry the run, so that a sidecar that starts again never gives an old name to new bytes.
package struct ResourceNames: Hashable, Sendable {
  /// `[A-Za-z0-9]{1,16}`; another one each time the sidecar starts the room.
  package let run: String

  package init(run: String) {
    self.run = String(
      run.unicodeScalars.filter { ResourceNames.isSafe($0) && $0 != "-" && $0 != "_" }.prefix(16)
        .map(Character.init))
  }

  /// The Multivariant Playlist.
  package static let multivariant = "index.m3u8"
  /// The MPD of DASH.
  package static let manifest = "manifest.mpd"
  /// A Media Playlist, in its rendition's folder.
  package static let playlist = "index.m3u8"
  /// The I-frame playlist, in its rendition's folder.
  package static let keyframes = "iframes.m3u8"

  /// A Media Initialization Section.
  package func initialization(_ index: Int) -> String { "\(run)-i\(index).mp4" }
  /// A Media Segment.
  package func segment(_ sequence: Int, isText: Bool = false) -> String {
    "\(run)-s\(sequence)\(ResourceNames.suffix(isText: isText))"
  }
  /// The names of Media Segments as a DASH template.
  var segmentTemplate: String { "\(run)-s$Number$.m4s" }
  /// A Partial Segment.
  package func part(_ number: Int, isText: Bool = false) -> String {
    "\(run)-p\(number)\(ResourceNames.suffix(isText: isText))"
  }

  private static func suffix(isText: Bool) -> String { isText ? ".vtt" : ".m4s" }

  /// A key of encrypted segments.
  package func key(_ number: Int) -> String { "\(run)-k\(number).key" }

  /// Reads a media name: its letter and number; nil for another run's, or none of ours.
  func parse(_ name: Substring, isText: Bool = false) -> (kind: Character, number: Int)? {
    guard name.hasPrefix("\(run)-") else { return nil }
    let rest = name.dropFirst(run.count + 1)
    guard let kind = rest.first else { return nil }
    // The point is looked for behind the letter: a name may begin with one.
    let tail = rest.dropFirst()
    guard let dot = tail.firstIndex(of: ".") else { return nil }
    let digits = tail[..<dot]
    // One name for one thing: no signs, no leading zeros.
    guard let number = Int(digits), number >= 0, String(number) == digits else { return nil }
    let suffix = kind == "i" ? ".mp4" : kind == "k" ? ".key" : ResourceNames.suffix(isText: isText)
    guard rest[dot...] == suffix[...], "ispk".contains(kind) else { return nil }
    return (kind, number)
  }

  /// Whether a rendition's or a room's folder may have this name.
  package static func isSafe(folder: String) -> Bool {
    (1...64).contains(folder.utf8.count) && folder.unicodeScalars.allSatisfy(isSafe)
  }

  private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "A"..."Z", "a"..."z", "0"..."9", "-", "_": true
    case _: false
    }
  }
}
