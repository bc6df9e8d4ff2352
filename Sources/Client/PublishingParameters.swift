// What a client that publishes has negotiated, from its own side.

package import MediaControl
package import RTP

/// One RTP stream to send, and its retransmission stream.
package struct PublishingEncoding: Hashable, Sendable {
  /// 1...16 alphanumeric bytes (RFC 8851); nil for a section with a single encoding.
  package var rid: String?
  /// Ours, unique in the transport.
  package var ssrc: SSRC
  /// Ours; nil without RTX.
  package var rtxSSRC: SSRC?
  package init(rid: String? = nil, ssrc: SSRC, rtxSSRC: SSRC? = nil) {
    self.rid = rid
    self.ssrc = ssrc
    self.rtxSSRC = rtxSSRC
  }
}

/// One m-section in which we send.
package struct PublishingSection: Hashable, Sendable {
  /// The section's place in the session description.
  package var index: Int
  /// 1...16 bytes.
  package var mid: String
  package var kind: MediaKind
  /// The one format we send; the answer's first.
  package var format: PayloadFormat
  package var encodings: [PublishingEncoding]
  package var feedback: FeedbackSet
  package init(
    index: Int, mid: String, kind: MediaKind, format: PayloadFormat,
    encodings: [PublishingEncoding], feedback: FeedbackSet
  ) {
    self.index = index
    self.mid = mid
    self.kind = kind
    self.format = format
    self.encodings = encodings
    self.feedback = feedback
  }
}

/// All sections a publishing client sends on one transport.
package struct PublishingParameters: Hashable, Sendable {
  package var sections: [PublishingSection]
  package var extensions: ExtensionMap
  package var cname: String
  package init(sections: [PublishingSection], extensions: ExtensionMap, cname: String) {
    self.sections = sections
    self.extensions = extensions
    self.cname = cname
  }
}
