// Kept shows as they are asked for: the list of a room's, and their files.

import HLS
import JSON

/// Reads shows that are over. Nothing of one that goes on, or was cut off, is given out.
package struct KeptLibrary<Disk: KeptDisk> {
  private let disk: Disk

  package init(_ disk: Disk) { self.disk = disk }

  /// Shows of a list, newest first: years of daily ones.
  static var showsMax: Int { 1000 }
  /// Of `show.json`.
  static var factsBytesMax: Int { 4096 }
  /// Of one file that is served: a segment of the longest parts, or the playlist of a day.
  static var fileBytesMax: Int { 64 << 20 }

  /// The finished shows of a room as JSON.
  package func list(room: String) -> [UInt8] {
    var shows: [JSONValue] = []
    for show in disk.list(room).reversed() where shows.count < KeptLibrary.showsMax {
      guard KeptNames.isShow(show), let facts = facts("\(room)/\(show)") else { continue }
      var row = facts
      row["url"] = .string("\(show)/\(ResourceNames.multivariant)")
      if disk.size("\(room)/\(show)/\(KeptNames.poster)") != nil {
        row["poster"] = .string("\(show)/\(KeptNames.poster)")
      }
      shows.append(.object(row))
    }
    let whole: JSONValue = ["shows": .array(shows)]
    return whole.write()
  }

  /// A file of a finished show; nil when it is not there.
  ///
  /// - Parameter show: `room/show`.
  package func file(show: String, path: String) -> [UInt8]? {
    guard disk.size("\(show)/\(KeptNames.facts)") != nil else { return nil }
    return try? disk.read("\(show)/\(path)", limit: KeptLibrary.fileBytesMax)
  }

  private func facts(_ folder: String) -> JSONObject? {
    guard
      let bytes = try? disk.read(
        "\(folder)/\(KeptNames.facts)", limit: KeptLibrary.factsBytesMax),
      case .object(let object)? = try? JSONValue.parse(bytes)
    else { return nil }
    return object
  }
}
