// What renditions show while nothing comes: which slates there are, and which picture of them is next.

import Transcoding
import Wire

/// The slate of one room: none most of the time.
struct SlateDesk {
  /// When the next picture is due, since the epoch; nil while there is no slate to be seen.
  private(set) var nextAt: TimeSpan?
  private var slates: [SlateSize: Slate] = [:]
  private var ordered: Set<SlateSize> = []
  private var index = 0

  /// What was not received for so long is a pause: less may be a screen that does not change.
  static let patience = TimeSpan.seconds(2)
  /// From one picture to the next.
  static let step = TimeSpan(nanoseconds: 1_000_000_000 / Int64(Slate.framesPerSecond))
  /// A pause that was not filled for so long, because the process stood still, stays a gap.
  static let reachMax = TimeSpan.seconds(10)

  /// Whether the slate is shown.
  var isShown: Bool { nextAt != nil }

  /// Takes a slate that was ordered.
  mutating func take(_ slate: Slate) {
    if ordered.contains(slate.size) { slates[slate.size] = slate }
  }

  /// The sizes that are not there and were not ordered; they count as ordered now.
  mutating func order(_ sizes: [SlateSize]) -> [SlateSize] {
    sizes.filter { ordered.insert($0).inserted }
  }

  /// Begins at `instant` if every size is there; else, or while it is shown, nothing happens.
  mutating func begin(at instant: TimeSpan, sizes: [SlateSize]) {
    guard nextAt == nil, sizes.allSatisfy({ slates[$0] != nil }) else { return }
    nextAt = instant
    index = 0
  }

  /// The picture that is due up to `limit`: when it is shown, and its place in a slate. A keyframe from
  /// `cut` on.
  mutating func next(until limit: TimeSpan, cut: TimeSpan?) -> (at: TimeSpan, index: Int)? {
    guard var time = nextAt, time <= limit else { return nil }
    if limit - time > SlateDesk.reachMax { time = limit }
    let isCut = cut.map { time >= $0 } ?? false
    let count = slates.values.map(\.units.count).min() ?? 0
    let place = isCut || index >= count ? 0 : index
    index = place + 1
    nextAt = time + SlateDesk.step
    return (time, place)
  }

  /// A picture of the slate of a size.
  func unit(_ place: Int, size: SlateSize) -> [UInt8]? {
    guard let units = slates[size]?.units, units.indices.contains(place) else { return nil }
    return units[place]
  }

  /// The picture is back; the next pause has another last picture.
  mutating func end() { self = SlateDesk() }
}
