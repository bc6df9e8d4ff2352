// A show's poster and the small pictures of its seek bar, as players ask for them.

import HLS
import Transcoding
import Wire

/// The stills of one room.
struct RoomPictures: Sendable {
  private var poster: [UInt8]?
  private var sheets: [StillSheet] = []
  private let run: String
  private let window: TimeSpan

  /// Sheets kept at most: two hours, the bytes of a few seconds of media.
  static let sheetsMax = 120
  static let posterName = "poster.jpg"
  static let listName = "thumbnails.vtt"

  /// - Parameters:
  ///   - run: another one for each show, so that no cache mixes two.
  ///   - window: of the past that players can seek in.
  init(run: String, window: TimeSpan) {
    self.run = run
    self.window = window
  }

  /// Takes what was made of a picture.
  mutating func take(_ stills: Stills) {
    poster = stills.poster
    if sheets.last?.number == stills.sheet.number {
      sheets[sheets.count - 1] = stills.sheet
    } else {
      sheets.append(stills.sheet)
    }
    let oldest = stills.capturedAt - window
    sheets.removeAll { sheet in
      sheet.times.last.map { $0 + StillMaker.interval < oldest } ?? true
    }
    if sheets.count > RoomPictures.sheetsMax { sheets.removeFirst() }
  }

  /// The files as they are now, by name. Times in the list count from `epoch`.
  func files(epoch: WallTime) -> [String: StillFile] {
    guard let poster else { return [:] }
    var files = [
      RoomPictures.posterName: StillFile(
        mediaType: "image/jpeg", bytes: poster, lifetime: .newest),
      RoomPictures.listName: StillFile(
        mediaType: "text/vtt", bytes: Array(list(epoch).utf8), lifetime: .newest),
    ]
    for sheet in sheets {
      // A list may be older by one still: what it names is part of what is there.
      for count in max(1, sheet.times.count - 1)...max(1, sheet.times.count) {
        files[name(sheet, count: count)] = StillFile(
          mediaType: "image/jpeg", bytes: sheet.jpeg, lifetime: .immutable)
      }
    }
    return files
  }

  /// A sheet's name says how many pictures it has: with each it is another file.
  private func name(_ sheet: StillSheet, count: Int) -> String {
    "sprite-\(run)-\(sheet.number)-\(count).jpg"
  }

  /// WebVTT: for each stretch of time the rectangle of a sheet. Times count from the epoch, which a note
  /// tells; EXT-X-PROGRAM-DATE-TIME less that is a time of this list.
  private func list(_ epoch: WallTime) -> String {
    var text = "WEBVTT\n\nNOTE epoch \(epoch.milliseconds)\n"
    let all = sheets.flatMap { sheet in sheet.times.indices.map { (sheet, $0) } }
    for (index, (sheet, place)) in all.enumerated() {
      let begins = sheet.times[place] - epoch
      let next = index + 1 < all.count ? all[index + 1].0.times[all[index + 1].1] : nil
      let ends = min(
        next.map { $0 - epoch } ?? begins + StillMaker.interval, begins + StillMaker.interval * 2)
      guard begins >= .zero, ends > begins else { continue }
      text +=
        "\n\(RoomPictures.clock(begins)) --> \(RoomPictures.clock(ends))\n"
        + "\(name(sheet, count: sheet.times.count))"
        + "#xywh=\(place * sheet.width),0,\(sheet.width),\(sheet.height)\n"
    }
    return text
  }

  /// `HH:MM:SS.mmm`.
  static func clock(_ time: TimeSpan) -> String {
    let all = time.nanoseconds / 1_000_000
    func digits(_ value: Int64, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
    let (seconds, millis) = (all / 1000, all % 1000)
    return digits(seconds / 3600, 2) + ":" + digits(seconds / 60 % 60, 2) + ":"
      + digits(seconds % 60, 2) + "." + digits(millis, 3)
  }
}
