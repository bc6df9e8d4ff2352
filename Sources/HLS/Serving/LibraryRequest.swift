// What is asked for: paths below a room and the delivery directives (RFC 8216bis section 6.2.5).

/// The delivery directives of a playlist request.
package struct DeliveryDirectives: Hashable, Sendable {
  /// `_HLS_msn`.
  package var sequence: Int?
  /// `_HLS_part`; only with `_HLS_msn`.
  package var part: Int?
  /// `_HLS_skip`: YES or v2.
  package var skips = false

  package init(sequence: Int? = nil, part: Int? = nil, skips: Bool = false) {
    self.sequence = sequence
    self.part = part
    self.skips = skips
  }

  /// Reads a query; nil for what must be answered 400: a directive that is no number, a part without a
  /// segment, a directive twice. Other parameters are none of ours.
  package init?(query: String) {
    var seen: Set<Substring> = []
    for pair in query.split(separator: "&") {
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = halves.first, name.hasPrefix("_HLS_") else { continue }
      let text = halves.count > 1 ? halves[1] : ""
      guard seen.insert(name).inserted else { return nil }
      switch name {
      case "_HLS_msn":
        guard let number = DeliveryDirectives.number(text) else { return nil }
        sequence = number
      case "_HLS_part":
        guard let number = DeliveryDirectives.number(text) else { return nil }
        part = number
      case "_HLS_skip": skips = text == "YES" || text == "v2"
      case _: continue
      }
    }
    if part != nil, sequence == nil { return nil }
  }

  /// A decimal-integer of at most fifteen digits: no sum of two of them overflows.
  private static func number(_ text: Substring) -> Int? {
    guard (1...15).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int(text)
  }
}

/// A resource of a room.
package enum LibraryRequest: Hashable, Sendable {
  case multivariant
  /// The MPD of DASH.
  case manifest
  /// A file beside the renditions.
  case still(String)
  case playlist(rendition: Int, DeliveryDirectives)
  case keyframes(rendition: Int)
  case initialization(rendition: Int, index: Int)
  case segment(rendition: Int, sequence: Int)
  case part(rendition: Int, number: Int)
  /// A key of encrypted segments.
  case key(rendition: Int, number: Int)
}

/// Why there is no content.
package enum LibraryRefusal: Error, Hashable, Sendable {
  /// 400: a directive that can't be meant.
  case badRequest
  /// 404: no such resource, or not any more, or a gap.
  case notFound
  /// 503: not yet, or not in time.
  case unavailable

  /// The HTTP status.
  package var status: Int {
    switch self {
    case .badRequest: 400
    case .notFound: 404
    case .unavailable: 503
    }
  }
}

/// For how long caches may keep something.
package enum CacheLifetime: Hashable, Sendable {
  /// The name never means other bytes.
  case immutable
  /// Asked for by number, so it may be given to all who ask for the same: for one target duration.
  case addressed(seconds: Int)
  /// The newest state, as players without low latency poll it every few seconds, and others once, to begin:
  /// a cache may be a second behind.
  case newest
  /// For the one who asked: no shared cache keeps it.
  case personal
  /// Of a show that is over: nothing changes any more, but it may be taken away.
  case kept

  /// The value of Cache-Control.
  package var headerValue: String {
    switch self {
    case .immutable: "public, max-age=3600, immutable"
    case .addressed(let seconds): "public, max-age=\(seconds)"
    case .newest: "public, max-age=1"
    case .personal: "private, max-age=3600"
    case .kept: "public, max-age=2592000, immutable"
    }
  }
}

/// What a request gets.
package struct LibraryContent: Hashable, Sendable {
  package var mediaType: String
  /// One after the other; shared with the store, not copied.
  package var chunks: [[UInt8]]
  package var lifetime: CacheLifetime
  /// Names the bytes of what is immutable, for entity tags; empty for playlists.
  package var tag: String
  /// What `chunks` are to be encrypted with before they are given out; nil: nothing.
  package var cipher: SegmentCipher?
  /// Of `chunks` of a playlist, those that are the same in other playlists of the run; empty: none.
  package var pieceNames: [PieceName?]

  package init(
    mediaType: String, chunks: [[UInt8]], lifetime: CacheLifetime, tag: String,
    cipher: SegmentCipher? = nil, pieceNames: [PieceName?] = []
  ) {
    self.mediaType = mediaType
    self.chunks = chunks
    self.lifetime = lifetime
    self.tag = tag
    self.cipher = cipher
    self.pieceNames = pieceNames
  }

  /// The length of the body.
  package var byteCount: Int { chunks.reduce(0) { $0 + $1.count } }
  /// The body in one piece. Copies.
  package var bytes: [UInt8] {
    guard chunks.count != 1 else { return chunks[0] }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    for chunk in chunks { bytes += chunk }
    return bytes
  }
}

/// The answer to a request.
package enum LibraryAnswer: Hashable, Sendable {
  case content(LibraryContent)
  /// In a file of the spool, as it is to be given out; `chunks` are empty.
  case spooled(LibraryContent, SpoolName)
  /// Ask again after the rendition's next part; the request waits in `WaitingRequests`.
  case wait
  case refused(LibraryRefusal)
}
