// One MP4 file of a kept show, or of several that follow one another: nothing is encoded again.

import Crypto
import Glibc
package import HLS
import Wire

/// Why there is no file.
package struct MovieFault: Error, Hashable, Sendable {
  /// For an operator.
  package let text: String

  package init(text: String) { self.text = text }
}

/// Puts the media of kept shows into one file: first what there is, then the file's front, then the media.
package struct ShowMovie<Disk: KeptDisk> {
  /// A segment of one track.
  private struct Piece {
    let show: Int
    let track: Int
    let folder: String
    let entry: KeptPlaylist.Entry
  }

  private let shows: [Disk]
  private var pieces: [Piece] = []
  package private(set) var tracks: [MovieTrack] = []
  /// Of each track, its rendition in the first show.
  package private(set) var renditions: [String] = []
  private var order: [Int] = []

  /// Of a segment or a Media Initialization Section.
  private static var fileBytesMax: Int { 64 << 20 }

  /// Reads what the shows have.
  ///
  /// - Parameters:
  ///   - shows: folders of finished shows of one room, in order; what lies between them is a gap.
  ///   - rendition: of the picture; nil for the largest one.
  /// - Throws: for a folder that is no finished show, one without this rendition, media that can't be read, and
  ///   shows that overlap.
  package init(_ shows: [Disk], rendition: String? = nil) throws(MovieFault) {
    self.shows = shows
    for show in shows.indices { try add(show, rendition) }
    try measure()
    guard !tracks.isEmpty, tracks.allSatisfy({ $0.sampleCount > 0 }) else {
      throw MovieFault(text: "there is no media in it")
    }
  }

  // MARK: What there is

  private mutating func add(_ show: Int, _ wanted: String?) throws(MovieFault) {
    guard shows[show].size(KeptNames.facts) != nil else {
      throw MovieFault(text: "show \(show + 1) is not one that is over and kept")
    }
    let variants = KeptVariants(try text(ResourceNames.multivariant, of: show))
    let picture = wanted ?? variants.largest
    guard let name = picture ?? variants.sound else {
      throw MovieFault(text: "show \(show + 1) has no renditions")
    }
    var folders = [name]
    if let sound = variants.sound, picture != nil, sound != name { folders.append(sound) }
    if show == 0 { renditions = folders }
    guard folders.count == renditions.count else {
      throw MovieFault(text: "one show has sound or picture that another one lacks")
    }
    var found: [Piece] = []
    for (track, folder) in folders.enumerated() {
      let playlist = KeptPlaylist(try text("\(folder)/\(ResourceNames.playlist)", of: show))
      guard let playlist else { throw MovieFault(text: "\(folder) has no playlist") }
      for entry in playlist.entries where !entry.isGap {
        found.append(Piece(show: show, track: track, folder: folder, entry: entry))
      }
    }
    // One number is one time in all renditions.
    found.sort { ($0.entry.sequence, $0.track) < ($1.entry.sequence, $1.track) }
    pieces += found
  }

  private func text(_ path: String, of show: Int) throws(MovieFault) -> String {
    do throws(DiskFault) {
      let bytes = try shows[show].read(path, limit: ShowFinish<Disk>.playlistBytesMax)
      return String(decoding: bytes, as: UTF8.self)
    } catch {
      throw MovieFault(text: "\(path): \(error)")
    }
  }

  private mutating func measure() throws(MovieFault) {
    var made: [Int: MovieTrack] = [:]
    var format: [Int: (map: String, show: Int, format: TrackFormat)] = [:]
    var epochs: [Int: WallTime] = [:]
    for piece in pieces {
      let path = "\(piece.folder)/\(piece.entry.uri)"
      do throws(WireError) {
        if format[piece.track]?.map != piece.entry.map || format[piece.track]?.show != piece.show {
          let bytes = file("\(piece.folder)/\(piece.entry.map)", of: piece.show) ?? []
          let section = try InitializationSection(parsing: bytes.span)
          format[piece.track] = (piece.entry.map, piece.show, section.format)
        }
        guard let coding = format[piece.track]?.format else { throw .missing }
        let fragments = try FragmentReader.parse(media(piece).span)
        guard !fragments.isEmpty else { throw .missing }
        let offset = try offset(of: piece, coding, fragments, &epochs)
        try made[piece.track, default: MovieTrack(coding)].append(
          fragments, format: coding, offset: offset)
        if fragments.contains(where: { !$0.fragment.samples.isEmpty }) { order.append(piece.track) }
      } catch {
        throw MovieFault(text: "\(path) can't be read: \(error)")
      }
    }
    tracks = made.keys.sorted().compactMap { made[$0] }
    guard tracks.count == renditions.count else {
      throw MovieFault(text: "a rendition has no media at all: name another one")
    }
  }

  /// Ticks from tick 0 of the first show to that of this piece's, by the capture times its fragments tell.
  private func offset(
    of piece: Piece, _ format: TrackFormat, _ fragments: [ReadFragment],
    _ epochs: inout [Int: WallTime]
  ) throws(WireError) -> Int64 {
    if epochs[piece.show] == nil {
      guard let first = fragments.first?.fragment, let captured = first.capturedAt,
        // A year: what follows is counted in nanoseconds.
        first.baseDecodeTime / UInt64(format.timescale) < 31_622_400
      else { throw .missing }
      let seconds = Int64(first.baseDecodeTime) / format.timescale
      let rest = Int64(first.baseDecodeTime) % format.timescale
      epochs[piece.show] =
        captured - .seconds(seconds)
        - TimeSpan(nanoseconds: rest * 1_000_000_000 / format.timescale)
    }
    guard let own = epochs[piece.show], let first = epochs[pieces[0].show] else { throw .missing }
    let apart = own - first
    let (seconds, rest) = apart.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return seconds * format.timescale + (rest * format.timescale + 500_000_000) / 1_000_000_000
  }

  private func file(_ path: String, of show: Int) -> [UInt8]? {
    try? shows[show].read(path, limit: ShowMovie.fileBytesMax)
  }

  /// The segment in the clear; nothing when it can't be read.
  private func media(_ piece: Piece) -> [UInt8] {
    guard let bytes = file("\(piece.folder)/\(piece.entry.uri)", of: piece.show) else { return [] }
    guard let name = piece.entry.key else { return bytes }
    guard let key = file("\(piece.folder)/\(name)", of: piece.show) else { return [] }
    let vector = SegmentCipher.vector(ofSegment: piece.entry.sequence)
    return AESCBC.decrypt(bytes, key: key, vector: vector) ?? []
  }

  // MARK: The file

  /// How long it plays, in seconds.
  package var seconds: Double { MovieHeader(tracks, order: order).seconds }

  /// The seconds in which the picture, or the sound of a show without one, stands still.
  package var gapSeconds: Double {
    tracks.first.map { Double($0.gapTicks) / Double($0.formats[0].timescale) } ?? 0
  }

  /// The sizes of the picture, in the order they come.
  package var sizes: [String] {
    tracks.flatMap(\.formats).compactMap {
      guard case .avc(let picture) = $0 else { return nil }
      return "\(picture.width)x\(picture.height)"
    }
  }

  /// Gives the file's bytes, in order.
  package func write(
    _ body: ([UInt8]) throws(DiskFault) -> Void
  ) throws(MovieFault) {
    do throws(DiskFault) {
      try body(MovieHeader(tracks, order: order).bytes)
      for piece in pieces {
        let fragments = (try? FragmentReader.parse(media(piece).span)) ?? []
        var bytes: [UInt8] = []
        for read in fragments {
          for sample in read.fragment.samples { bytes += sample.bytes }
        }
        try body(bytes)
      }
    } catch {
      throw MovieFault(text: "\(error)")
    }
  }
}

/// What a multivariant playlist of ours names.
struct KeptVariants {
  private(set) var largest: String?
  private(set) var sound: String?

  init(_ text: String) {
    var area = 0
    var pending: Int?
    for line in text.split(separator: "\n") {
      if line.hasPrefix("#EXT-X-MEDIA:TYPE=AUDIO") {
        sound = sound ?? KeptVariants.folder(KeptVariants.value("URI=\"", of: line, upTo: "\""))
      } else if line.hasPrefix("#EXT-X-STREAM-INF:") {
        let sides = KeptVariants.value("RESOLUTION=", of: line, upTo: ",")?.split(separator: "x")
          .compactMap { Int($0) }
        // One without a picture is the sound alone.
        pending =
          sides.map { $0.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue } } ?? 0
      } else if !line.hasPrefix("#"), let size = pending {
        pending = nil
        guard let name = KeptVariants.folder(line) else { continue }
        if size == 0 { sound = sound ?? name }
        if size > area { (area, largest) = (size, name) }
      }
    }
  }

  /// The rendition's folder of `name/index.m3u8`.
  private static func folder(_ uri: Substring?) -> String? {
    guard let uri, uri.hasSuffix("/\(ResourceNames.playlist)") else { return nil }
    let name = String(uri.dropLast(ResourceNames.playlist.count + 1))
    return ResourceNames.isSafe(folder: name) ? name : nil
  }

  private static func value(
    _ name: String, of line: Substring, upTo end: Character
  ) -> Substring? {
    guard let found = line.firstRange(of: name) else { return nil }
    return line[found.upperBound...].prefix { $0 != end }
  }
}
