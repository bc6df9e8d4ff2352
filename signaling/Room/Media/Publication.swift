// What members publish in a room: publications, their tracks, and what is known of each.

package import Access
package import MediaControl
package import RTP
package import Wire

/// The name of a publication, `SUB/NAME`: the same through reloads and re-publishes.
package struct PublicationKey: Hashable, Sendable {
  /// The publisher's identity, the token's `sub`.
  package let identity: String
  /// `[A-Za-z0-9_-]{1,64}`: `main`, `screen`, ...
  package let stream: String
  package init(identity: String, stream: String) {
    self.identity = identity
    self.stream = stream
  }

  /// Reads `SUB/NAME`; the last slash separates, since an identity may hold one.
  package init?(_ text: String) {
    guard let slash = text.lastIndex(of: "/"), slash != text.startIndex else { return nil }
    let stream = String(text[text.index(after: slash)...])
    guard PublicationKey.isStreamName(stream) else { return nil }
    self.init(identity: String(text[..<slash]), stream: stream)
  }

  package var text: String { "\(identity)/\(stream)" }

  /// Whether `text` can name a stream.
  package static func isStreamName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || byte == 45 || byte == 95
      }
  }
}

/// Who a member is, as the token says.
package struct Member: Hashable, Sendable {
  package let identity: String
  /// For display; may be empty.
  package let name: String
  package let role: Role
  /// Whether their token says that they subscribe to the host.
  package var isSubscriber: Bool
  /// Whether their token says that they watch over HLS.
  package var isBoundToHLS: Bool
  package init(
    identity: String, name: String, role: Role, isSubscriber: Bool = false,
    isBoundToHLS: Bool = false
  ) {
    self.isSubscriber = isSubscriber
    self.isBoundToHLS = isBoundToHLS
    self.identity = identity
    self.name = name
    self.role = role
  }
}

/// One media source of a publication. Its id survives a re-publish; the media track behind it changes.
package struct PublishedTrack: Hashable, Sendable {
  /// `t` and a number, unique in the room.
  package let id: String
  package let kind: MediaKind
  /// The media plane's track now; nil while the publisher is away.
  package internal(set) var media: TrackID?
  package internal(set) var isActive = false
  /// The encodings, smallest first; empty before the first status.
  package internal(set) var layers: [EncodingStatus] = []
  /// Nil until the first packet.
  package var codec: Codec? { layers.first?.codec }
}

/// What one member publishes under one name.
package struct Publication: Hashable, Sendable {
  package let key: PublicationKey
  package let member: Member
  /// Counts publications of the room: co-hosts fill a WHEP offer in this order.
  package let order: Int
  /// The transport it comes over; nil while the publisher is away.
  package internal(set) var peer: PeerID?
  package internal(set) var tracks: [PublishedTrack]
  /// When the transport was lost; nil while it lives.
  package internal(set) var awaySince: Instant?

  /// Where the publication stands when a WHEP offer names none: the host's main, the host's other
  /// streams, then co-hosts in joining order (DESIGN section 6).
  var precedence: (Int, Int) {
    if member.role == .host { return (key.stream == "main" ? 0 : 1, order) }
    return (2, order)
  }
}
