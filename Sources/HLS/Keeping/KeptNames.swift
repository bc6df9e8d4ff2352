// What the folders and files of kept shows are called, and which names a request may have.

package import Wire

/// The names of kept shows: `room/show/rendition/file`.
package enum KeptNames {
  /// What a show is found by, written last: who has none is not over, or was cut off.
  package static let facts = "show.json"
  /// The list of a room's shows, in requests.
  package static let list = "index.json"
  /// The seek bar's list of pictures, as live.
  package static let thumbnails = "thumbnails.vtt"
  package static let poster = "poster.jpg"
  /// A file on its way; nobody is given one.
  package static let draftSuffix = ".draft"

  /// The folder of a show: when it began, and its run, so that no two are one.
  package static func show(startingAt start: WallTime, run: String) -> String {
    let date = CalendarDate(start)
    let two = CalendarDate.twoDigits
    return "\(date.year)\(two(date.month))\(two(date.day))T"
      + "\(two(date.hour))\(two(date.minute))\(two(date.second))Z-\(run)"
  }

  /// Whether a folder has the name of a show: nobody else's folder is ever changed.
  package static func isShow(_ name: String) -> Bool {
    let pieces = name.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let form = Array("00000000T000000Z".utf8)
    guard pieces.count == 2, pieces[0].utf8.count == form.count,
      ResourceNames.isSafe(folder: String(pieces[1]))
    else { return false }
    return zip(pieces[0].utf8, form).allSatisfy { byte, place in
      place == 0x30 ? (0x30...0x39).contains(byte) : byte == place
    }
  }

  /// Whether a file may have this name: letters, digits, `-` and `_`, then one dot and a suffix of letters
  /// and digits. So nothing hidden, no draft, no way to another folder.
  package static func isSafe(file: some StringProtocol) -> Bool {
    let pieces = file.split(separator: ".", omittingEmptySubsequences: false)
    return pieces.count == 2 && ResourceNames.isSafe(folder: String(pieces[0]))
      && (1...4).contains(pieces[1].utf8.count)
      && pieces[1].utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
      && file != facts
  }
}
