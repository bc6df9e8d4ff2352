// What is to be done on a disk so that a show is kept: paths and bytes, in order.

/// Text at the end of a file.
package struct KeptText: Hashable, Sendable {
  /// Below the folder of all shows: `room/show/rendition/index.m3u8`.
  package let path: String
  package let text: String

  package init(path: String, text: String) {
    self.path = path
    self.text = text
  }
}

/// A segment on its way to a disk.
package struct KeptSegment: Hashable, Sendable {
  /// Of its file, below the folder of all shows.
  package let path: String
  /// One after the other; shared with the store, not copied.
  package let chunks: [[UInt8]]
  /// What `chunks` are to be encrypted with before they are written; nil: nothing.
  package let cipher: SegmentCipher?
  /// What playlists say once the file is there.
  package let kept: [KeptText]
  /// What they say when it could not be written: a gap of the same length.
  package let lost: [KeptText]

  /// Of the media.
  package var byteCount: Int { chunks.reduce(0) { $0 + $1.count } }
}

/// One thing to do. Orders of a show are carried out in order.
package enum KeepOrder: Hashable, Sendable {
  /// A file that appears whole, in the place of an older one if there is one.
  case file(path: String, bytes: [UInt8], isSecret: Bool = false)
  /// Text at the end of a file, which is made if there is none.
  case append(KeptText)
  /// A segment's file first, then what playlists say.
  case segment(KeptSegment)
  /// The show in this folder is over: its playlists become those of a VOD.
  case finish(folder: String)

  /// `room/show`, which the order is about.
  package var folder: Substring {
    let path =
      switch self {
      case .file(let path, _, _): path
      case .append(let text): text.path
      case .segment(let segment): segment.path
      case .finish(let folder): folder
      }
    let second = path.split(separator: "/", omittingEmptySubsequences: false).prefix(2)
    return path[..<(second.last?.endIndex ?? path.endIndex)]
  }

  /// The bytes that wait while the order does.
  package var byteCount: Int {
    switch self {
    case .file(_, let bytes, _): bytes.count
    case .append(let text): text.text.utf8.count
    case .segment(let segment): segment.byteCount
    case .finish: 0
    }
  }
}
