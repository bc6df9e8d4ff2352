// The front of an MP4 file, with everything a player must know before the media: ISO/IEC 14496-12 section 8.

/// Writes `ftyp`, `moov` and the header of the `mdat` of a file whose chunks lie in a given order.
package struct MovieHeader {
  private let tracks: [MovieTrack]
  /// For each chunk of the file the track it is of.
  private let order: [Int]
  private let mediaBytes: Int

  /// Ticks a second of the movie's own times.
  private static let timescale: Int64 = 90_000

  /// - Parameters:
  ///   - tracks: each with a sample at least.
  ///   - order: for each chunk, as they lie in the file, the place of its track among `tracks`; the chunks of one
  ///     track are in that track's order.
  package init(_ tracks: [MovieTrack], order: [Int]) {
    self.tracks = tracks
    self.order = order
    mediaBytes = tracks.reduce(0) { $0 + $1.chunks.reduce(0) { $0 + $1.byteCount } }
  }

  /// How long it plays, in seconds.
  package var seconds: Double { Double(duration) / Double(MovieHeader.timescale) }

  /// Everything in front of the media. What follows are `mediaBytes` bytes: the samples, chunk by chunk.
  package var bytes: [UInt8] {
    // Offsets are of one width, so a first try says how long it is.
    let length = write(mediaAt: 0).count
    return write(mediaAt: length)
  }

  private func write(mediaAt place: Int) -> [UInt8] {
    var writer = BoxWriter(capacity: 1 << 16)
    writer.box("ftyp") {
      $0.append("isom")
      $0.append(u32: 0x200)
      for brand: BoxType in ["isom", "iso2", "avc1", "mp41"] { $0.append(brand) }
    }
    let offsets = offsets(from: place)
    writer.box("moov") {
      writeMovieHeader(to: &$0)
      for track in tracks.indices { writeTrack(track, offsets[track], to: &$0) }
    }
    // A length of 64 bits, however many there are: the header is then as long.
    writer.append(u32: 1)
    writer.append("mdat")
    writer.append(u64: UInt64(mediaBytes + 16))
    return writer.bytes
  }

  private func offsets(from place: Int) -> [[UInt64]] {
    var offsets = tracks.map { _ in [UInt64]() }
    var next = tracks.map { _ in 0 }
    var offset = UInt64(place)
    for track in order where next[track] < tracks[track].chunks.count {
      offsets[track].append(offset)
      offset += UInt64(tracks[track].chunks[next[track]].byteCount)
      next[track] += 1
    }
    return offsets
  }

  // MARK: Times

  private func movieTicks(_ ticks: Int64, _ track: MovieTrack) -> Int64 {
    Ticks(timescale: MovieHeader.timescale).count(Ticks(timescale: track.timescale).span(ticks))
  }

  /// When the movie begins, in its own ticks: with the first sample of all.
  private var start: Int64 { tracks.map { movieTicks($0.start ?? 0, $0) }.min() ?? 0 }

  private var duration: Int64 { (tracks.map { movieTicks($0.end, $0) }.max() ?? 0) - start }

  // MARK: Boxes

  private func writeMovieHeader(to writer: inout BoxWriter) {
    writer.fullBox("mvhd", version: 1) {
      $0.append(zeros: 16)
      $0.append(u32: UInt32(MovieHeader.timescale))
      $0.append(u64: UInt64(duration))
      $0.append(u32: InitializationSection.unity)
      $0.append(u16: 0x0100)
      $0.append(zeros: 10)
      InitializationSection.writeMatrix(to: &$0)
      $0.append(zeros: 24)
      $0.append(u32: UInt32(tracks.count) + 1)
    }
  }

  private func writeTrack(_ place: Int, _ offsets: [UInt64], to writer: inout BoxWriter) {
    let track = tracks[place]
    let begins = movieTicks(track.start ?? 0, track) - start
    let length = movieTicks(track.end, track) - movieTicks(track.start ?? 0, track)
    writer.box("trak") {
      // Enabled, in the movie, in the preview.
      $0.fullBox("tkhd", version: 1, flags: 7) {
        $0.append(zeros: 16)
        $0.append(u32: UInt32(place) + 1)
        $0.append(zeros: 4)
        $0.append(u64: UInt64(begins + length))
        $0.append(zeros: 8 + 4)
        $0.append(u16: track.formats[0].isVideo ? 0 : 0x0100)
        $0.append(u16: 0)
        InitializationSection.writeMatrix(to: &$0)
        let (width, height) = MovieHeader.size(track.formats)
        $0.append(u32: UInt32(truncatingIfNeeded: width << 16))
        $0.append(u32: UInt32(truncatingIfNeeded: height << 16))
      }
      if begins > 0 { MovieHeader.writeEdits(begins, length, to: &$0) }
      $0.box("mdia") { writeMedia(track, offsets, to: &$0) }
    }
  }

  /// The largest picture: players that look here only make room for all.
  private static func size(_ formats: [TrackFormat]) -> (Int, Int) {
    formats.reduce((0, 0)) { known, format in
      guard case .avc(let picture) = format else { return known }
      return (max(known.0, picture.width), max(known.1, picture.height))
    }
  }

  /// Nothing until the track begins, then all of it.
  private static func writeEdits(
    _ begins: Int64, _ length: Int64, to writer: inout BoxWriter
  ) {
    writer.box("edts") {
      $0.fullBox("elst", version: 1) {
        $0.append(u32: 2)
        $0.append(u64: UInt64(begins))
        $0.append(u64: .max)
        $0.append(u32: 0x1_0000)
        $0.append(u64: UInt64(length))
        $0.append(u64: 0)
        $0.append(u32: 0x1_0000)
      }
    }
  }

  private func writeMedia(_ track: MovieTrack, _ offsets: [UInt64], to writer: inout BoxWriter) {
    let isVideo = track.formats[0].isVideo
    writer.fullBox("mdhd", version: 1) {
      $0.append(zeros: 16)
      $0.append(u32: UInt32(truncatingIfNeeded: track.timescale))
      $0.append(u64: UInt64(track.end - (track.start ?? 0)))
      // "und": the language is not known.
      $0.append(u16: 0x55C4)
      $0.append(u16: 0)
    }
    InitializationSection.writeHandler(isVideo: isVideo, to: &writer)
    writer.box("minf") {
      InitializationSection.writeMediaHeader(isVideo: isVideo, to: &$0)
      $0.box("stbl") { MovieHeader.writeTables(track, offsets, to: &$0) }
    }
  }

  private static func writeTables(
    _ track: MovieTrack, _ offsets: [UInt64], to writer: inout BoxWriter
  ) {
    writer.fullBox("stsd") {
      $0.append(u32: UInt32(track.formats.count))
      for format in track.formats { InitializationSection.write(format, to: &$0) }
    }
    writer.fullBox("stts") { writer in
      let runs = runs(track.durations)
      writer.append(u32: UInt32(runs.count))
      for run in runs {
        writer.append(u32: run.count)
        writer.append(u32: run.value)
      }
    }
    if track.syncs.count < track.sizes.count {
      writer.fullBox("stss") {
        $0.append(u32: UInt32(track.syncs.count))
        for sync in track.syncs { $0.append(u32: UInt32(sync) + 1) }
      }
    }
    writer.fullBox("stsc") { writeChunkRuns(track, to: &$0) }
    writer.fullBox("stsz") {
      $0.append(u32: 0)
      $0.append(u32: UInt32(track.sizes.count))
      for size in track.sizes { $0.append(u32: size) }
    }
    writer.fullBox("co64") {
      $0.append(u32: UInt32(offsets.count))
      for offset in offsets { $0.append(u64: offset) }
    }
  }

  /// Chunks in a row with as many samples of one description are one entry.
  private static func writeChunkRuns(_ track: MovieTrack, to writer: inout BoxWriter) {
    var entries: [(first: Int, chunk: MovieTrack.Chunk)] = []
    for (index, chunk) in track.chunks.enumerated() {
      if let last = entries.last?.chunk, last.sampleCount == chunk.sampleCount,
        last.format == chunk.format
      {
        continue
      }
      entries.append((index + 1, chunk))
    }
    writer.append(u32: UInt32(entries.count))
    for entry in entries {
      writer.append(u32: UInt32(entry.first))
      writer.append(u32: entry.chunk.sampleCount)
      writer.append(u32: UInt32(entry.chunk.format) + 1)
    }
  }

  private static func runs(_ values: [UInt32]) -> [(count: UInt32, value: UInt32)] {
    var runs: [(count: UInt32, value: UInt32)] = []
    for value in values {
      if let last = runs.indices.last, runs[last].value == value {
        runs[last].count += 1
      } else {
        runs.append((1, value))
      }
    }
    return runs
  }
}
