// Encrypts samples, each by itself and once: ISO/IEC 23001-7 sections 9.5 and 10.4 (`cbcs`).

import Crypto
import Wire

/// A run of a sample: bytes in the clear and the protected bytes behind them.
package struct Subsample: Hashable, Sendable {
  /// At most 65,535.
  package var clear: Int
  package var protected: Int

  package init(clear: Int, protected: Int) {
    self.clear = clear
    self.protected = protected
  }
}

/// What encrypts the samples of one track.
package struct SampleCipher: Sendable {
  package let track: TrackEncryption
  private let key: [UInt8]

  /// What stays in the clear of every slice, its header byte included.
  ///
  /// Decoders must read NAL and slice headers before anything is decrypted, and a slice header ends only where the
  /// parameter sets say. Browsers' take 4 to 12 bytes, libx264's with weights about 20; Apple's SAMPLE-AES leaves as
  /// much in transport streams.
  package static let clearLead = 32

  /// - Parameter key: 16 bytes; of another length, no sample is ever given out.
  package init(_ track: TrackEncryption, key: [UInt8]) {
    self.track = track
    self.key = key
  }

  /// Encrypts a sample in its place; false when it can't be, and then it must not be given out.
  package func seal(_ sample: inout TimedSample) -> Bool {
    guard track.hasPattern else {
      return encrypt(0..<sample.bytes.count, skipping: 0, of: &sample.bytes)
    }
    guard let subsamples = SampleCipher.subsamples(ofPicture: sample.bytes) else { return false }
    var place = 0
    for run in subsamples {
      place += run.clear
      let range = place..<(place + run.protected)
      guard encrypt(range, skipping: TrackEncryption.pattern.clear, of: &sample.bytes) else {
        return false
      }
      place = range.upperBound
    }
    sample.subsamples = subsamples
    return true
  }

  /// Where the slices of a picture lie: NAL units behind four bytes of length each. All other units, and lengths, are
  /// in the clear. Nil for what is no run of NAL units.
  package static func subsamples(ofPicture bytes: [UInt8]) -> [Subsample]? {
    var found: [Subsample] = []
    var (place, clear) = (0, 0)
    while place < bytes.count {
      guard bytes.count - place > 4 else { return nil }
      let length = bytes[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
      guard length > 0, length <= bytes.count - place - 4 else { return nil }
      let isSlice = (NALUnitType.slice...NALUnitType.idrSlice).contains(bytes[place + 4] & 0x1F)
      // Less than a block can't be encrypted.
      if isSlice, length >= clearLead + AESCBC.byteCount {
        append(clear: clear + 4 + clearLead, protected: length - clearLead, to: &found)
        clear = 0
      } else {
        clear += 4 + length
      }
      place += 4 + length
    }
    if clear > 0 { append(clear: clear, protected: 0, to: &found) }
    return found
  }

  /// A subsample has 16 bits for what is in the clear: longer runs are several.
  private static func append(clear: Int, protected: Int, to found: inout [Subsample]) {
    var clear = clear
    while clear > Int(UInt16.max) {
      found.append(Subsample(clear: Int(UInt16.max), protected: 0))
      clear -= Int(UInt16.max)
    }
    found.append(Subsample(clear: clear, protected: protected))
  }

  /// One chain of blocks from the constant vector on: a block, then `skipping` that stay as they are, and so on. What
  /// is less than a block at the end stays too.
  private func encrypt(_ range: Range<Int>, skipping: Int, of bytes: inout [UInt8]) -> Bool {
    let size = AESCBC.byteCount
    let places = stride(
      from: range.lowerBound, through: range.upperBound - size, by: size * (1 + skipping))
    var blocks: [UInt8] = []
    blocks.reserveCapacity(range.count / (1 + skipping) + size)
    for place in places { blocks += bytes[place..<(place + size)] }
    guard let sealed = AESCBC.encrypt(blocks: blocks, key: key, vector: track.vector) else {
      return false
    }
    for (index, place) in places.enumerated() {
      bytes.replaceSubrange(
        place..<(place + size), with: sealed[(index * size)..<(index * size + size)])
    }
    return true
  }
}

extension SampleCipher: CustomStringConvertible, CustomReflectable {
  /// Without the key.
  package var description: String { "SampleCipher(\(Hex.text(track.keyID)))" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
