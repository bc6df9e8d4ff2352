// One track of an MP4 file: what its samples are, without their bytes.

package import Wire

/// A track that grows fragment by fragment; its tables are written by `MovieHeader`.
package struct MovieTrack: Sendable {
  /// A run of samples that lie together in the file.
  struct Chunk: Sendable {
    var sampleCount: UInt32
    /// Which of `formats`.
    var format: Int
    var byteCount: Int
  }

  package private(set) var formats: [TrackFormat]
  let timescale: Int64
  private(set) var sizes: [UInt32] = []
  private(set) var durations: [UInt32] = []
  /// Numbers of sync samples, from 0.
  private(set) var syncs: [Int] = []
  private(set) var chunks: [Chunk] = []
  /// Ticks of the first sample; nil before it.
  package private(set) var start: Int64?
  /// Ticks where the last sample ends.
  package private(set) var end: Int64 = 0
  /// How often the coding changed to one that was not the track's before: each has a description of its own.
  package var descriptionCount: Int { formats.count }
  /// Ticks without samples: the sample before is shown as long.
  package private(set) var gapTicks: Int64 = 0
  package var sampleCount: Int { sizes.count }

  /// Samples that one file may have: two days of 90 frames a second.
  package static let samplesMax = 16_000_000
  /// A year.
  static let secondsMax: UInt64 = 31_622_400
  /// Descriptions: an hour of a host who turns the phone each ten seconds.
  package static let formatsMax = 400

  package init(_ format: TrackFormat) {
    formats = [format]
    timescale = format.timescale
  }

  /// Adds what a segment has.
  ///
  /// - Parameters:
  ///   - offset: ticks to be added to the fragments' times.
  ///   - format: the coding of the segment.
  /// - Throws: `.badValue` for another timescale or a time before the track's end, `.tooMany` beyond the limits.
  package mutating func append(
    _ fragments: [ReadFragment], format: TrackFormat, offset: Int64
  ) throws(WireError) {
    guard format.timescale == timescale, format.isVideo == formats[0].isVideo else {
      throw .badValue
    }
    var place = formats.firstIndex(of: format)
    if place == nil {
      guard formats.count < MovieTrack.formatsMax else { throw .tooMany }
      place = formats.count
      formats.append(format)
    }
    var chunk = Chunk(sampleCount: 0, format: place ?? 0, byteCount: 0)
    for read in fragments {
      let fragment = read.fragment
      guard fragment.baseDecodeTime / UInt64(timescale) < MovieTrack.secondsMax else {
        throw .badValue
      }
      try begin(at: Int64(fragment.baseDecodeTime) + offset)
      guard sizes.count + fragment.samples.count <= MovieTrack.samplesMax else { throw .tooMany }
      for sample in fragment.samples {
        if sample.isSync { syncs.append(sizes.count) }
        sizes.append(UInt32(truncatingIfNeeded: sample.bytes.count))
        durations.append(sample.duration)
        end += Int64(sample.duration)
        guard end / timescale < 2 * Int64(MovieTrack.secondsMax) else { throw .badValue }
        chunk.sampleCount += 1
        chunk.byteCount += sample.bytes.count
      }
    }
    if chunk.sampleCount > 0 { chunks.append(chunk) }
  }

  /// The sample before a gap lasts until the next one.
  private mutating func begin(at time: Int64) throws(WireError) {
    guard start != nil, let last = durations.indices.last else {
      guard time >= 0 else { throw .badValue }
      (start, end) = (time, time)
      return
    }
    guard time >= end else { throw .badValue }
    let gap = time - end
    guard gap > 0 else { return }
    guard gap <= Int64(UInt32.max - durations[last]) else { throw .badValue }
    durations[last] += UInt32(gap)
    gapTicks += gap
    end = time
  }
}
