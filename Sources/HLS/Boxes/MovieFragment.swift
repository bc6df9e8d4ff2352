// One CMAF chunk: moof and mdat, and what may stand in front (ISO/IEC 14496-12 section 8.8).

package import Wire

/// A sample in its place: what a `trun` says of it.
package struct FragmentSample: Hashable, Sendable {
  package var bytes: [UInt8]
  /// Ticks, at least 1.
  package var duration: UInt32
  /// Whether a decoder can begin here.
  package var isSync: Bool
  /// What is encrypted of it; empty for one in the clear, and for sound, which is encrypted as a whole.
  package var subsamples: [Subsample]

  package init(bytes: [UInt8], duration: UInt32, isSync: Bool, subsamples: [Subsample] = []) {
    self.bytes = bytes
    self.duration = duration
    self.isSync = isSync
    self.subsamples = subsamples
  }
}

/// A fragment of one track.
package struct MovieFragment: Hashable, Sendable {
  /// Counts from 1, one more for every fragment of the track.
  package var sequenceNumber: UInt32
  /// Ticks of the first sample: `tfdt`.
  package var baseDecodeTime: UInt64
  package var samples: [FragmentSample]
  /// Begins a Media Segment, so a `styp` stands in front.
  package var beginsSegment = false
  /// When the first sample was captured: `prft`; nil to leave it out.
  package var capturedAt: WallTime?
  /// Events in front of the fragment.
  package var messages: [EventMessage] = []

  package init(sequenceNumber: UInt32, baseDecodeTime: UInt64, samples: [FragmentSample]) {
    self.sequenceNumber = sequenceNumber
    self.baseDecodeTime = baseDecodeTime
    self.samples = samples
  }

  /// Depends on no other sample.
  static let syncFlags: UInt32 = 0x0200_0000
  /// Depends on others; no sync sample.
  static let dependentFlags: UInt32 = 0x0101_0000
  static let nonSyncBit: UInt32 = 0x0001_0000

  /// Writes the chunk.
  package func write(timescale: Int64, trackID: UInt32 = 1, to writer: inout BoxWriter) {
    if beginsSegment {
      writer.box("styp") {
        $0.append("cmfs")
        $0.append(u32: 0)
        for brand: BoxType in ["cmfs", "cmfc", "iso6"] { $0.append(brand) }
      }
    }
    if let capturedAt {
      // Flag 24: the time of the encoder's input.
      writer.fullBox("prft", version: 1, flags: 24) {
        $0.append(u32: trackID)
        $0.append(u64: NTPTime(capturedAt).rawValue)
        $0.append(u64: baseDecodeTime)
      }
    }
    for message in messages { message.write(timescale: timescale, to: &writer) }
    let start = writer.bytes.count
    var offsetPlace = 0
    writer.box("moof") {
      $0.fullBox("mfhd") { $0.append(u32: sequenceNumber) }
      $0.box("traf") {
        offsetPlace = writeTrack(trackID, to: &$0)
        if samples.contains(where: { !$0.subsamples.isEmpty }) {
          writeSubsamples(moofAt: start, to: &$0)
        }
      }
    }
    // Data offsets count from the first byte of the moof; the mdat's header has eight.
    let offset = writer.bytes.count - start + 8
    writer.patch(u32: UInt32(truncatingIfNeeded: offset), at: offsetPlace)
    writer.box("mdat") {
      for sample in samples { $0.append(sample.bytes) }
    }
  }

  /// What all samples share stands once in `tfhd`, which makes a fragment of sound a third smaller.
  ///
  /// - Returns: where the data offset is.
  private func writeTrack(_ trackID: UInt32, to writer: inout BoxWriter) -> Int {
    let duration = samples.first?.duration ?? 0
    let sharesDuration = samples.allSatisfy { $0.duration == duration }
    let isSync = samples.first?.isSync ?? true
    let sharesFlags = samples.allSatisfy { $0.isSync == isSync }
    // 0x020000: default-base-is-moof, as CMAF demands.
    writer.fullBox("tfhd", flags: 0x02_0000 | (sharesDuration ? 8 : 0) | (sharesFlags ? 0x20 : 0)) {
      $0.append(u32: trackID)
      if sharesDuration { $0.append(u32: duration) }
      if sharesFlags { $0.append(u32: MovieFragment.flags(isSync)) }
    }
    writer.fullBox("tfdt", version: 1) { $0.append(u64: baseDecodeTime) }
    var offsetPlace = 0
    let flags: UInt32 = 0x201 | (sharesDuration ? 0 : 0x100) | (sharesFlags ? 0 : 0x400)
    writer.fullBox("trun", flags: flags) {
      $0.append(u32: UInt32(truncatingIfNeeded: samples.count))
      offsetPlace = $0.bytes.count
      $0.append(u32: 0)
      for sample in samples {
        if !sharesDuration { $0.append(u32: sample.duration) }
        $0.append(u32: UInt32(truncatingIfNeeded: sample.bytes.count))
        if !sharesFlags { $0.append(u32: MovieFragment.flags(sample.isSync)) }
      }
    }
    return offsetPlace
  }

  /// `senc`, and the way to it for those who look for auxiliary information (ISO/IEC 23001-7 section 7).
  private func writeSubsamples(moofAt start: Int, to writer: inout BoxWriter) {
    let sizes = samples.map { 2 + 6 * $0.subsamples.count }
    // A sample's information has eight bits for its length there; pictures of more than 42 slices have `senc` alone.
    var offsetPlace: Int?
    if sizes.allSatisfy({ $0 <= Int(UInt8.max) }) {
      let isShared = sizes.allSatisfy { $0 == sizes.first }
      writer.fullBox("saiz") {
        $0.append(u8: isShared ? UInt8(truncatingIfNeeded: sizes.first ?? 0) : 0)
        $0.append(u32: UInt32(truncatingIfNeeded: samples.count))
        if !isShared { for size in sizes { $0.append(u8: UInt8(truncatingIfNeeded: size)) } }
      }
      writer.fullBox("saio") {
        $0.append(u32: 1)
        offsetPlace = $0.bytes.count
        $0.append(u32: 0)
      }
    }
    // Flag 2: subsamples. The vector is constant, so none stands here.
    writer.fullBox("senc", flags: 2) {
      $0.append(u32: UInt32(truncatingIfNeeded: samples.count))
      if let offsetPlace {
        $0.patch(u32: UInt32(truncatingIfNeeded: $0.bytes.count - start), at: offsetPlace)
      }
      for sample in samples {
        $0.append(u16: UInt16(truncatingIfNeeded: sample.subsamples.count))
        for run in sample.subsamples {
          $0.append(u16: UInt16(truncatingIfNeeded: run.clear))
          $0.append(u32: UInt32(truncatingIfNeeded: run.protected))
        }
      }
    }
  }

  private static func flags(_ isSync: Bool) -> UInt32 { isSync ? syncFlags : dependentFlags }
}
