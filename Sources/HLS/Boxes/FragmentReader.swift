// Reading segments and parts back: for kept shows, for tests, and for what others made. Total.

package import Wire

/// A fragment as read.
package struct ReadFragment: Hashable, Sendable {
  package var fragment: MovieFragment
  package var trackID: UInt32
  /// The bytes of the chunk, from what stands in front of the moof to the end of the mdat.
  package var range: Range<Int>

  /// Ticks of all samples together.
  package var duration: UInt64 { fragment.samples.reduce(0) { $0 &+ UInt64($1.duration) } }
}

/// Reads the fragments of a segment, a part or several in a row.
package enum FragmentReader {
  /// The fragments of `bytes`, in order.
  ///
  /// - Throws: `.missing` for a moof without traf, tfdt or trun, or without mdat behind it; `.badValue`
  ///   for what our own track form does not have (data outside the mdat, composition offsets, vectors);
  ///   `.tooMany` beyond `HLSLimits`.
  package static func parse(_ bytes: borrowing Span<UInt8>) throws(WireError) -> [ReadFragment] {
    var found: [ReadFragment] = []
    var top = BoxReader(byteCount: bytes.count)
    var start: Int?
    var front = MovieFragment(sequenceNumber: 0, baseDecodeTime: 0, samples: [])
    while let box = try top.next(in: bytes) {
      if start == nil { start = box.range.lowerBound }
      switch box.type {
      case "styp": front.beginsSegment = true
      case "prft": front.capturedAt = try capture(box, in: bytes)
      case "emsg":
        guard front.messages.count < HLSLimits.samplesMax else { throw .tooMany }
        try front.messages.append(EventMessage(parsing: bytes.extracting(box.content)))
      case "moof":
        guard found.count < HLSLimits.fragmentsMax else { throw .tooMany }
        guard let data = try top.next(in: bytes), data.type == "mdat" else { throw .missing }
        var read = try track(of: box, data, front, in: bytes)
        read.range = (start ?? box.range.lowerBound)..<data.range.upperBound
        found.append(read)
        start = nil
        front = MovieFragment(sequenceNumber: 0, baseDecodeTime: 0, samples: [])
      case _: continue
      }
    }
    return found
  }

  private static func capture(
    _ box: Box, in bytes: borrowing Span<UInt8>
  ) throws(WireError) -> WallTime {
    var reader = ByteReader(bytes.extracting(box.content))
    try reader.skip(8)
    return try NTPTime(rawValue: reader.u64()).wallTime
  }

  private static func track(
    of moof: Box, _ data: Box, _ front: MovieFragment, in bytes: borrowing Span<UInt8>
  ) throws(WireError) -> ReadFragment {
    var fragment = front
    var header = BoxReader(moof.content)
    let mfhd = try header.first("mfhd", in: bytes)
    var number = ByteReader(bytes.extracting(mfhd.content))
    try number.skip(4)
    fragment.sequenceNumber = try number.u32()
    let traf = try header.first("traf", in: bytes)
    var reader = BoxReader(traf.content)
    let defaults = try SampleDefaults(reader.first("tfhd", in: bytes), in: bytes)
    let tfdt = try reader.first("tfdt", in: bytes)
    var time = ByteReader(bytes.extracting(tfdt.content))
    let isLong = try time.u32() >> 24 == 1
    fragment.baseDecodeTime = try isLong ? time.u64() : UInt64(time.u32())
    let trun = try reader.first("trun", in: bytes)
    try readRun(trun, of: moof, data, defaults, into: &fragment, in: bytes)
    while let box = try reader.next(in: bytes) {
      if box.type == "senc" { try readSubsamples(box, into: &fragment.samples, in: bytes) }
    }
    return ReadFragment(fragment: fragment, trackID: defaults.trackID, range: 0..<0)
  }

  /// What `tfhd` says for all samples.
  private struct SampleDefaults {
    var trackID: UInt32
    var duration: UInt32 = 0
    var size: UInt32 = 0
    var flags: UInt32 = 0

    init(_ box: Box, in bytes: borrowing Span<UInt8>) throws(WireError) {
      var reader = ByteReader(bytes.extracting(box.content))
      let presence = try reader.u32()
      trackID = try reader.u32()
      if presence & 0x01 != 0 { throw .badValue }
      if presence & 0x02 != 0 { try reader.skip(4) }
      if presence & 0x08 != 0 { duration = try reader.u32() }
      if presence & 0x10 != 0 { size = try reader.u32() }
      if presence & 0x20 != 0 { flags = try reader.u32() }
    }
  }

  /// Only what our own form has: subsamples that are the whole sample, and no vectors.
  private static func readSubsamples(
    _ box: Box, into samples: inout [FragmentSample], in bytes: borrowing Span<UInt8>
  ) throws(WireError) {
    var reader = ByteReader(bytes.extracting(box.content))
    guard try reader.u32() & 0xFF_FFFF == 2 else { throw .badValue }
    guard try Int(reader.u32()) == samples.count else { throw .badValue }
    for index in samples.indices {
      var sum = 0
      samples[index].subsamples = []
      for _ in 0..<(try reader.u16()) {
        let run = try Subsample(clear: Int(reader.u16()), protected: Int(reader.u32()))
        sum += run.clear + run.protected
        samples[index].subsamples.append(run)
      }
      let isWhole = samples[index].subsamples.isEmpty || sum == samples[index].bytes.count
      guard isWhole else { throw .badValue }
    }
  }

  private static func readRun(
    _ trun: Box, of moof: Box, _ data: Box, _ defaults: SampleDefaults,
    into fragment: inout MovieFragment, in bytes: borrowing Span<UInt8>
  ) throws(WireError) {
    var reader = ByteReader(bytes.extracting(trun.content))
    let presence = try reader.u32()
    let count = try reader.u32()
    guard count <= HLSLimits.samplesMax else { throw .tooMany }
    guard presence & 0x01 != 0, presence & 0x800 == 0 else { throw .badValue }
    let offset = try Int(reader.u32())
    var place = moof.range.lowerBound + offset
    guard place >= data.content.lowerBound else { throw .badValue }
    var firstFlags: UInt32?
    if presence & 0x04 != 0 { firstFlags = try reader.u32() }
    for index in 0..<count {
      let duration = try presence & 0x100 != 0 ? reader.u32() : defaults.duration
      let size = try Int(presence & 0x200 != 0 ? reader.u32() : defaults.size)
      var flags = try presence & 0x400 != 0 ? reader.u32() : defaults.flags
      if index == 0, let firstFlags { flags = firstFlags }
      guard size <= data.content.upperBound - place else { throw .truncated }
      let body = bytes.extracting(place..<(place + size)).toArray()
      place += size
      fragment.samples.append(
        FragmentSample(
          bytes: body, duration: duration, isSync: flags & MovieFragment.nonSyncBit == 0))
    }
  }
}
