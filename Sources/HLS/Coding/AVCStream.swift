// Access units of one layer in order → samples, and the moments its configuration changes.

import Wire

/// What became of an access unit.
package enum OnAccessUnit: Hashable, Sendable {
  /// A sample. `format` is there when it differs from that of the sample before.
  case sample([UInt8], isSync: Bool, format: AVCConfiguration?)
  /// No IDR picture with usable parameter sets has come yet, or this one was beyond use.
  case discarded
}

/// The state of one H.264 layer: its parameter sets.
package struct AVCStream: Sendable {
  /// Of the last sample; nil before the first IDR picture.
  package private(set) var configuration: AVCConfiguration?
  private var sequenceParameters: [[UInt8]] = []
  private var pictureParameters: [[UInt8]] = []

  /// A layer that waits for its first IDR picture.
  package init() {}

  /// Takes the next access unit, in annex B form.
  ///
  /// Parameter sets count from the next IDR picture on, as encoders send them.
  package mutating func receive(_ bytes: borrowing Span<UInt8>) -> OnAccessUnit {
    guard let unit = try? AVCAccessUnit(parsing: bytes) else { return .discarded }
    if !unit.sequenceParameters.isEmpty { sequenceParameters = unit.sequenceParameters }
    if !unit.pictureParameters.isEmpty { pictureParameters = unit.pictureParameters }
    guard unit.hasSlice else { return .discarded }
    var changed: AVCConfiguration?
    if unit.isIDR {
      guard
        let next = try? AVCConfiguration(
          sequenceParameters: sequenceParameters, pictureParameters: pictureParameters)
      else { return .discarded }
      if next != configuration { changed = next }
      configuration = next
    }
    guard configuration != nil else { return .discarded }
    return .sample(unit.sample, isSync: unit.isIDR, format: changed)
  }
}
