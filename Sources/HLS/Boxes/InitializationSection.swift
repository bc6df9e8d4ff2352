// The Media Initialization Section of a rendition: ftyp and moov (ISO/IEC 14496-12, CMAF 23000-19).

package import Wire

/// The header of a CMAF track of one rendition.
package struct InitializationSection: Hashable, Sendable {
  package let format: TrackFormat
  package let trackID: UInt32
  /// Of the samples; nil: they are in the clear.
  package let encryption: TrackEncryption?
  /// `pssh` boxes, each whole.
  package let systemHeaders: [[UInt8]]

  /// A header for `format`. Every rendition has one track, so it is track 1.
  package init(
    _ format: TrackFormat, trackID: UInt32 = 1, encryption: TrackEncryption? = nil,
    systemHeaders: [[UInt8]] = []
  ) {
    self.format = format
    self.trackID = trackID
    self.encryption = encryption
    self.systemHeaders = systemHeaders
  }

  /// The whole section.
  package var bytes: [UInt8] {
    var writer = BoxWriter()
    writer.box("ftyp") {
      $0.append("iso6")
      $0.append(u32: 0)
      for brand: BoxType in ["iso6", "cmfc", "mp41"] { $0.append(brand) }
    }
    writer.box("moov") {
      writeMovieHeader(to: &$0)
      $0.box("trak") {
        writeTrackHeader(to: &$0)
        $0.box("mdia") { writeMedia(to: &$0) }
      }
      $0.box("mvex") {
        $0.fullBox("trex") {
          $0.append(u32: trackID)
          // One description; durations, sizes and flags are in every fragment.
          $0.append(u32: 1)
          $0.append(zeros: 12)
        }
      }
      for header in systemHeaders { $0.append(header) }
    }
    return writer.bytes
  }

  static let unity: UInt32 = 0x0001_0000

  private func writeMovieHeader(to writer: inout BoxWriter) {
    writer.fullBox("mvhd") {
      $0.append(zeros: 8)
      $0.append(u32: UInt32(truncatingIfNeeded: format.timescale))
      $0.append(u32: 0)
      $0.append(u32: InitializationSection.unity)
      $0.append(u16: 0x0100)
      $0.append(zeros: 10)
      InitializationSection.writeMatrix(to: &$0)
      $0.append(zeros: 24)
      $0.append(u32: trackID &+ 1)
    }
  }

  static func writeMatrix(to writer: inout BoxWriter) {
    for value: UInt32 in [unity, 0, 0, 0, unity, 0, 0, 0, 0x4000_0000] { writer.append(u32: value) }
  }

  private func writeTrackHeader(to writer: inout BoxWriter) {
    // Enabled, in the movie, in the preview.
    writer.fullBox("tkhd", flags: 7) {
      $0.append(zeros: 8)
      $0.append(u32: trackID)
      $0.append(zeros: 4 + 4 + 8 + 4)
      $0.append(u16: format.isVideo ? 0 : 0x0100)
      $0.append(u16: 0)
      InitializationSection.writeMatrix(to: &$0)
      var (width, height) = (0, 0)
      if case .avc(let configuration) = format {
        (width, height) = (configuration.width, configuration.height)
      }
      $0.append(u32: UInt32(truncatingIfNeeded: width << 16))
      $0.append(u32: UInt32(truncatingIfNeeded: height << 16))
    }
  }

  private func writeMedia(to writer: inout BoxWriter) {
    writer.fullBox("mdhd") {
      $0.append(zeros: 8)
      $0.append(u32: UInt32(truncatingIfNeeded: format.timescale))
      $0.append(u32: 0)
      // "und": the language is not known.
      $0.append(u16: 0x55C4)
      $0.append(u16: 0)
    }
    InitializationSection.writeHandler(isVideo: format.isVideo, to: &writer)
    writer.box("minf") {
      InitializationSection.writeMediaHeader(isVideo: format.isVideo, to: &$0)
      $0.box("stbl") { writeSampleTable(to: &$0) }
    }
  }

  static func writeHandler(isVideo: Bool, to writer: inout BoxWriter) {
    writer.fullBox("hdlr") {
      $0.append(u32: 0)
      $0.append(isVideo ? "vide" : "soun")
      $0.append(zeros: 12)
      $0.append(terminated: isVideo ? "Picture" : "Sound")
    }
  }

  /// What stands in front of the sample table.
  static func writeMediaHeader(isVideo: Bool, to writer: inout BoxWriter) {
    if isVideo {
      writer.fullBox("vmhd", flags: 1) { $0.append(zeros: 8) }
    } else {
      writer.fullBox("smhd") { $0.append(zeros: 4) }
    }
    writer.box("dinf") {
      $0.fullBox("dref") {
        $0.append(u32: 1)
        // The media is in this file.
        $0.fullBox("url ", flags: 1) { _ in }
      }
    }
  }

  /// The sample entry of a coding, of samples that are in the clear or encrypted.
  static func write(
    _ format: TrackFormat, _ encryption: TrackEncryption? = nil, to writer: inout BoxWriter
  ) {
    switch format {
    case .avc(let configuration): write(configuration, encryption, to: &writer)
    case .aac(let configuration): write(configuration, encryption, to: &writer)
    }
  }

  private func writeSampleTable(to writer: inout BoxWriter) {
    writer.fullBox("stsd") {
      $0.append(u32: 1)
      InitializationSection.write(format, encryption, to: &$0)
    }
    for type: BoxType in ["stts", "stsc"] { writer.fullBox(type) { $0.append(u32: 0) } }
    writer.fullBox("stsz") { $0.append(zeros: 8) }
    writer.fullBox("stco") { $0.append(u32: 0) }
  }

  private static func write(
    _ configuration: AVCConfiguration, _ encryption: TrackEncryption?, to writer: inout BoxWriter
  ) {
    writer.box(encryption == nil ? "avc1" : "encv") {
      $0.append(zeros: 6)
      $0.append(u16: 1)
      $0.append(zeros: 16)
      $0.append(u16: UInt16(truncatingIfNeeded: configuration.width))
      $0.append(u16: UInt16(truncatingIfNeeded: configuration.height))
      // 72 dpi.
      $0.append(u32: 0x0048_0000)
      $0.append(u32: 0x0048_0000)
      $0.append(u32: 0)
      $0.append(u16: 1)
      $0.append(zeros: 32)
      $0.append(u16: 0x18)
      $0.append(u16: 0xFFFF)
      configuration.write(to: &$0)
      $0.box("pasp") {
        $0.append(u32: 1)
        $0.append(u32: 1)
      }
      encryption?.write(original: "avc1", to: &$0)
    }
  }

  private static func write(
    _ configuration: AACConfiguration, _ encryption: TrackEncryption?, to writer: inout BoxWriter
  ) {
    writer.box(encryption == nil ? "mp4a" : "enca") {
      $0.append(zeros: 6)
      $0.append(u16: 1)
      $0.append(zeros: 8)
      $0.append(u16: UInt16(truncatingIfNeeded: configuration.channelCount))
      $0.append(u16: 16)
      $0.append(zeros: 4)
      $0.append(u32: UInt32(truncatingIfNeeded: configuration.sampleRate << 16))
      configuration.write(to: &$0)
      encryption?.write(original: "mp4a", to: &$0)
    }
  }
}

// MARK: Reading

extension InitializationSection {
  /// Reads a section with one track.
  ///
  /// - Throws: `.missing` without a box a track cannot do without (`mvex` among them), `.badValue` for
  ///   a coding other than `avc1` and `mp4a`, a scheme other than `cbcs` or a timescale that is not the
  ///   coding's, `.tooMany` beyond `HLSLimits`, and what `BoxReader` and the configurations refuse.
  package init(parsing bytes: borrowing Span<UInt8>) throws(WireError) {
    var top = BoxReader(byteCount: bytes.count)
    _ = try top.first("ftyp", in: bytes)
    let moov = try top.first("moov", in: bytes)
    let mvex = try InitializationSection.child(["mvex", "trex"], of: moov, in: bytes)
    var extends = ByteReader(bytes.extracting(mvex.content))
    try extends.skip(4)
    trackID = try extends.u32()
    let mdia = try InitializationSection.child(["trak", "mdia"], of: moov, in: bytes)
    let mdhd = try InitializationSection.child(["mdhd"], of: mdia, in: bytes)
    var header = ByteReader(bytes.extracting(mdhd.content))
    let isLong = try header.u8() == 1
    try header.skip(3 + (isLong ? 16 : 8))
    let timescale = try Int64(header.u32())
    let stsd = try InitializationSection.child(["minf", "stbl", "stsd"], of: mdia, in: bytes)
    guard stsd.content.count >= 8 else { throw .truncated }
    var entries = BoxReader((stsd.content.lowerBound + 8)..<stsd.content.upperBound)
    guard let entry = try entries.next(in: bytes) else { throw .missing }
    (format, encryption) = try InitializationSection.format(of: entry, in: bytes)
    guard format.timescale == timescale else { throw .badValue }
    systemHeaders = try InitializationSection.headers(of: moov, in: bytes)
  }

  private static func headers(
    of moov: Box, in bytes: borrowing Span<UInt8>
  ) throws(WireError) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var reader = BoxReader(moov.content)
    while let box = try reader.next(in: bytes) {
      guard box.type == "pssh" else { continue }
      guard found.count < HLSLimits.licenceSystemsMax else { throw .tooMany }
      found.append(bytes.extracting(box.range).toArray())
    }
    return found
  }

  private static func format(
    of entry: Box, in bytes: borrowing Span<UInt8>
  ) throws(WireError) -> (TrackFormat, TrackEncryption?) {
    let isPicture = entry.type == "avc1" || entry.type == "encv"
    // The fixed fields of a visual and of an audio sample entry.
    let skipped = isPicture ? 78 : 28
    guard entry.content.count >= skipped else { throw .truncated }
    var inner = BoxReader((entry.content.lowerBound + skipped)..<entry.content.upperBound)
    let format: TrackFormat
    switch entry.type {
    case "avc1", "encv":
      let box = try inner.first("avcC", in: bytes)
      format = try .avc(AVCConfiguration(parsing: bytes.extracting(box.content)))
    case "mp4a", "enca":
      let box = try inner.first("esds", in: bytes)
      format = try .aac(AACConfiguration(parsing: bytes.extracting(box.content)))
    case _: throw .badValue
    }
    guard entry.type == "encv" || entry.type == "enca" else { return (format, nil) }
    let sinf = try inner.first("sinf", in: bytes)
    let original: BoxType = isPicture ? "avc1" : "mp4a"
    return (format, try TrackEncryption(parsing: sinf, original: original, in: bytes))
  }

  /// The first box along a path of types.
  private static func child(
    _ path: [BoxType], of box: Box, in bytes: borrowing Span<UInt8>
  ) throws(WireError) -> Box {
    var found = box
    for type in path {
      var reader = BoxReader(found.content)
      found = try reader.first(type, in: bytes)
    }
    return found
  }
}
