// Lines of a playlist that stand: written once, not with every part of a window of hours.

import Wire

/// A piece of a playlist that is the same in every playlist it stands in.
package struct PieceName: Hashable, Sendable {
  /// What kind of playlist.
  package enum Form: Hashable, Sendable {
    case media
    case keyframes
    case timeline
  }

  /// Its rendition's name.
  package let rendition: String
  package let form: Form
  package let block: Int
}

/// A piece of a playlist.
struct TextPiece: Hashable, Sendable {
  let bytes: [UInt8]
  /// nil for what another playlist may say otherwise.
  var name: PieceName?
}

/// What one kind of playlist says of old segments, oldest first, in blocks that are filled once.
struct SettledLines: Sendable {
  private struct Block: Sendable {
    var bytes: [UInt8] = []
    /// The Media Sequence Number of each entry, and where its lines begin.
    var sequences: [Int] = []
    var starts: [Int] = []

    /// Where the lines of the entries from `sequence` on begin.
    func start(of sequence: Int) -> Int {
      sequences.firstIndex { $0 >= sequence }.map { starts[$0] } ?? bytes.count
    }
  }

  private let rendition: String
  private let form: PieceName.Form
  private var blocks: [Block] = []
  /// How many have been forgotten.
  private var forgottenCount = 0

  /// Entries of a block: some kilobytes, of which what is compressed by itself loses little.
  private static let entriesEach = 64

  init(rendition: String, form: PieceName.Form) {
    self.rendition = rendition
    self.form = form
  }

  /// Adds what is said of the next segment.
  mutating func append(_ text: String, sequence: Int) {
    if blocks.last.map({ $0.sequences.count >= SettledLines.entriesEach }) ?? true {
      blocks.append(Block())
    }
    let last = blocks.count - 1
    blocks[last].sequences.append(sequence)
    blocks[last].starts.append(blocks[last].bytes.count)
    blocks[last].bytes += text.utf8
  }

  /// Forgets blocks whose segments are all before `sequence`.
  mutating func forget(before sequence: Int) {
    let gone = blocks.dropLast().prefix { $0.sequences.last.map { $0 < sequence } ?? true }.count
    guard gone > 0 else { return }
    blocks.removeFirst(gone)
    forgottenCount += gone
  }

  /// What is said of some segments.
  func pieces(_ sequences: Range<Int>) -> [TextPiece] {
    var pieces: [TextPiece] = []
    for (index, block) in blocks.enumerated() {
      guard let first = block.sequences.first, let last = block.sequences.last,
        last >= sequences.lowerBound
      else { continue }
      if first >= sequences.upperBound { break }
      let isWhole = first >= sequences.lowerBound && last < sequences.upperBound
      if isWhole {
        let isFull = block.sequences.count >= SettledLines.entriesEach
        let name = PieceName(rendition: rendition, form: form, block: forgottenCount + index)
        pieces.append(TextPiece(bytes: block.bytes, name: isFull ? name : nil))
      } else {
        let bounds = block.start(of: sequences.lowerBound)..<block.start(of: sequences.upperBound)
        if !bounds.isEmpty { pieces.append(TextPiece(bytes: Array(block.bytes[bounds]))) }
      }
    }
    return pieces
  }
}

/// What the playlists of one rendition say of segments that do not change any more.
struct SettledPlaylists: Sendable {
  /// Of the Media Playlist: segments whose parts are listed no longer.
  private(set) var media: SettledLines
  /// Of the I-frame playlist: whole segments that begin with a keyframe.
  private(set) var keyframes: SettledLines
  /// Of a SegmentTimeline: whole segments, gaps too, which have no period.
  private(set) var timeline: SettledLines
  /// What `media` says of comes before this Media Sequence Number.
  private(set) var mediaEnd = 0
  /// What the others say of comes before this one.
  private(set) var wholeEnd = 0
  /// What was last said in `media`: what follows says what changes.
  private(set) var lines: SegmentLines
  private var keyframeLines: KeyframeLines

  init(
    rendition: String, names: ResourceNames, epoch: WallTime, ticks: Ticks, keys: SegmentKeys?,
    isText: Bool = false
  ) {
    media = SettledLines(rendition: rendition, form: .media)
    keyframes = SettledLines(rendition: rendition, form: .keyframes)
    timeline = SettledLines(rendition: rendition, form: .timeline)
    lines = SegmentLines(names: names, epoch: epoch, ticks: ticks, keys: keys, isText: isText)
    keyframeLines = KeyframeLines(names: names, epoch: epoch, ticks: ticks)
  }

  /// The same before anything has settled, of another rendition or with other keys.
  func emptied(rendition: String, keys: SegmentKeys?, isText: Bool) -> SettledPlaylists {
    SettledPlaylists(
      rendition: rendition, names: lines.names, epoch: lines.epoch, ticks: lines.ticks, keys: keys,
      isText: isText)
  }

  /// Takes what has settled.
  ///
  /// - Parameters:
  ///   - whole: complete segments from `wholeEnd` on.
  ///   - old: those from `mediaEnd` on whose parts are listed no longer.
  ///   - first: what is before it is listed no longer.
  mutating func settle(
    whole: some Sequence<StoredSegment>, old: some Sequence<StoredSegment>, listedFrom first: Int
  ) {
    for segment in whole {
      wholeEnd = segment.sequence + 1
      if segment.keyframeOrdinal != nil {
        keyframes.append(keyframeLines.text(of: segment), sequence: segment.sequence)
      }
      timeline.append(DASHManifest.line(of: segment), sequence: segment.sequence)
    }
    for segment in old {
      mediaEnd = segment.sequence + 1
      media.append(lines.text(of: segment), sequence: segment.sequence)
    }
    media.forget(before: first)
    keyframes.forget(before: first)
    timeline.forget(before: first)
  }
}
