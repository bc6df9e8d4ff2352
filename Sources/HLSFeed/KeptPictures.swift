// The stills of a kept show: all of them, where a live room lists those of its window.

import HLS
import Transcoding
import Wire

/// Writes the poster, the sheets and the seek bar's list of one show.
struct KeptPictures {
  let folder: String
  private let run: String
  private let epoch: WallTime
  /// The newest picture, whose cue ends where the next one begins.
  private var last: Cue?
  private var hasBegun = false

  private struct Cue {
    let begins: TimeSpan
    let place: String
  }

  /// - Parameter folder: `room/show`.
  init(folder: String, run: String, epoch: WallTime) {
    self.folder = folder
    self.run = run
    self.epoch = epoch
  }

  /// Takes what was made of a picture.
  mutating func take(_ stills: Stills) -> [KeepOrder] {
    let begins = stills.capturedAt - epoch
    guard begins >= .zero, begins > last?.begins ?? TimeSpan(nanoseconds: -1) else { return [] }
    var orders: [KeepOrder] = []
    // A sheet grows under one name: nobody is given it before the show is over.
    let sheet = "sprite-\(run)-\(stills.sheet.number).jpg"
    orders.append(.file(path: "\(folder)/\(sheet)", bytes: stills.sheet.jpeg))
    orders.append(.file(path: "\(folder)/\(KeptNames.poster)", bytes: stills.poster))
    orders += cue(endingAt: begins)
    let (width, height) = (stills.sheet.width, stills.sheet.height)
    let left = max(0, stills.sheet.times.count - 1) * width
    last = Cue(begins: begins, place: "\(sheet)#xywh=\(left),0,\(width),\(height)")
    return orders
  }

  /// What is left to be said when no picture follows.
  mutating func finish() -> [KeepOrder] {
    guard let begins = last?.begins else { return [] }
    defer { last = nil }
    return cue(endingAt: begins + StillMaker.interval)
  }

  private mutating func cue(endingAt next: TimeSpan) -> [KeepOrder] {
    var text = hasBegun ? "" : "WEBVTT\n\nNOTE epoch \(epoch.milliseconds)\n"
    hasBegun = true
    if let last {
      let ends = min(next, last.begins + StillMaker.interval * 2)
      text +=
        "\n\(RoomPictures.clock(last.begins)) --> \(RoomPictures.clock(ends))\n\(last.place)\n"
    }
    guard !text.isEmpty else { return [] }
    return [.append(KeptText(path: "\(folder)/\(KeptNames.thumbnails)", text: text))]
  }
}
