// What a keeper of shows must know of a presentation.

import Wire

extension Presentation {
  /// Date ranges from the `count`th on, as far as they are still listed.
  func dateRanges(since count: UInt64) -> ArraySlice<DateRange> {
    dateRanges.suffix(
      Int(min(UInt64(dateRanges.count), dateRangeCount - min(count, dateRangeCount))))
  }

  /// Whether segments are encrypted.
  var isEncrypted: Bool { keys != nil }

  /// The number of a segment's key; nil where nothing is encrypted.
  func keyNumber(ofSegment sequence: Int) -> Int? { keys?.number(ofSegment: sequence) }

  /// A key by its number.
  func keyBytes(_ number: Int) -> [UInt8]? { keys?.key(number, run: names.run) }

  /// What a segment is encrypted with.
  func cipher(ofSegment sequence: Int) -> SegmentCipher? {
    keys?.cipher(ofSegment: sequence, run: names.run)
  }

  /// The multivariant playlist of some renditions.
  func multivariant(of places: [Int]) -> [UInt8] {
    MultivariantPlaylist(
      renditions: places.map { renditions[$0] }, hasKeyframes: keys == nil, sessionKeyLines: []
    ).bytes
  }
}
