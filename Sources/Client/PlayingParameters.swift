// What a client that plays has negotiated, from its own side.

package import MediaControl
package import RTP
package import Wire

/// One m-section in which the server sends to us.
package struct PlayingSection: Hashable, Sendable {
  /// The section's place in the session description.
  package var index: Int
  package var mid: String
  package var kind: MediaKind
  /// The formats of the answer.
  package var formats: [PayloadFormat]
  /// From `a=ssrc`; nil: learnt from MID or payload type.
  package var ssrc: SSRC?
  /// From `a=ssrc-group:FID`; nil: learnt from the RTX payload type.
  package var rtxSSRC: SSRC?
  package var feedback: FeedbackSet
  package init(
    index: Int, mid: String, kind: MediaKind, formats: [PayloadFormat], ssrc: SSRC? = nil,
    rtxSSRC: SSRC? = nil, feedback: FeedbackSet
  ) {
    self.index = index
    self.mid = mid
    self.kind = kind
    self.formats = formats
    self.ssrc = ssrc
    self.rtxSSRC = rtxSSRC
    self.feedback = feedback
  }
}

/// All sections a playing client receives on one transport.
package struct PlayingParameters: Hashable, Sendable {
  package var sections: [PlayingSection]
  package var extensions: ExtensionMap
  /// Whether reduced-size RTCP was agreed (RFC 5506).
  package var reducedSizeRTCP: Bool
  package var cname: String
  /// One media packet in so many is treated as lost and asked for again, to load a server's repair
  /// path: 200 is 0.5 %. 0 for none.
  package var ignoredEvery: Int
  /// Added to the round trip the server measures. Janus keeps no packets to send again until it has
  /// measured a whole millisecond, which loopback never takes.
  package var pretendedRoundTrip = TimeSpan.zero
  package init(
    sections: [PlayingSection], extensions: ExtensionMap, reducedSizeRTCP: Bool, cname: String,
    ignoredEvery: Int = 0
  ) {
    self.sections = sections
    self.extensions = extensions
    self.reducedSizeRTCP = reducedSizeRTCP
    self.cname = cname
    self.ignoredEvery = ignoredEvery
  }
}
