// One media section of an offer/answer, as the packet path needs it.

package import RTP

/// The feedback both sides agreed to for one section (RFC 4585, 5104, transport-wide feedback).
package struct FeedbackSet: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static let nack = FeedbackSet(rawValue: 1)
  package static let pli = FeedbackSet(rawValue: 2)
  package static let fir = FeedbackSet(rawValue: 4)
  package static let remb = FeedbackSet(rawValue: 8)
  package static let transportWide = FeedbackSet(rawValue: 16)
}

/// The parts of an H.264 format that decide whether two sides mean the same (RFC 6184 section 8.1).
package struct H264Format: Hashable, Sendable {
  /// profile_idc, profile-iop and level_idc, as in profile-level-id.
  package var profileLevelID: UInt32
  /// 0 or 1; 2 is refused.
  package var packetizationMode: UInt8
  package init(profileLevelID: UInt32, packetizationMode: UInt8) {
    self.profileLevelID = profileLevelID
    self.packetizationMode = packetizationMode
  }
}

/// One negotiated payload type and, where agreed, its retransmission payload type (RFC 4588).
package struct PayloadFormat: Hashable, Sendable {
  package var payloadType: PayloadType
  package var codec: Codec
  /// The RTX payload type whose apt is this one; nil without RTX.
  package var rtxPayloadType: PayloadType?
  /// Set for H.264 only.
  package var h264: H264Format?
  /// profile-id for VP9, profile for AV1; 0 otherwise.
  package var profile: UInt8
  package init(
    payloadType: PayloadType, codec: Codec, rtxPayloadType: PayloadType? = nil,
    h264: H264Format? = nil, profile: UInt8 = 0
  ) {
    self.payloadType = payloadType
    self.codec = codec
    self.rtxPayloadType = rtxPayloadType
    self.h264 = h264
    self.profile = profile
  }
}

/// One encoding a publisher announced: by RID (RFC 8851), or by SSRC, or neither.
package struct AnnouncedEncoding: Hashable, Sendable {
  /// 1...16 alphanumeric bytes; nil when the section has a single encoding without RID.
  package var rid: String?
  /// From `a=ssrc`, nil where RID or MID identify the stream.
  package var ssrc: SSRC?
  /// From `a=ssrc-group:FID`.
  package var rtxSSRC: SSRC?
  package init(rid: String? = nil, ssrc: SSRC? = nil, rtxSSRC: SSRC? = nil) {
    self.rid = rid
    self.ssrc = ssrc
    self.rtxSSRC = rtxSSRC
  }
}

/// What every worker must know of a track before its first packet.
package struct TrackDescription: Hashable, Sendable {
  package var id: TrackID
  package var kind: MediaKind
  /// One element per announced encoding, in the order announced; nil without RID.
  package var rids: [String?]
  package init(id: TrackID, kind: MediaKind, rids: [String?]) {
    self.id = id
    self.kind = kind
    self.rids = rids
  }
}

/// A section in which the peer sends to us: one track, in one or more encodings.
package struct ReceiveSection: Hashable, Sendable {
  /// The section's place in the session description.
  package var index: Int
  package var mid: String
  package var kind: MediaKind
  package var track: TrackID
  /// In the order of preference of the answer.
  package var formats: [PayloadFormat]
  package var encodings: [AnnouncedEncoding]
  package var feedback: FeedbackSet
  package init(
    index: Int, mid: String, kind: MediaKind, track: TrackID, formats: [PayloadFormat],
    encodings: [AnnouncedEncoding], feedback: FeedbackSet
  ) {
    self.index = index
    self.mid = mid
    self.kind = kind
    self.track = track
    self.formats = formats
    self.encodings = encodings
    self.feedback = feedback
  }
}

/// A section in which we send to the peer: whichever track is attached to it at the moment.
package struct SendSection: Hashable, Sendable {
  /// The section's place in the session description.
  package var index: Int
  package var mid: String
  package var kind: MediaKind
  /// Ours, unique in the transport, the same for all tracks and layers ever attached.
  package var ssrc: SSRC
  /// Ours; nil when RTX was not agreed.
  package var rtxSSRC: SSRC?
  package var formats: [PayloadFormat]
  package var feedback: FeedbackSet
  package init(
    index: Int, mid: String, kind: MediaKind, ssrc: SSRC, rtxSSRC: SSRC?,
    formats: [PayloadFormat], feedback: FeedbackSet
  ) {
    self.index = index
    self.mid = mid
    self.kind = kind
    self.ssrc = ssrc
    self.rtxSSRC = rtxSSRC
    self.formats = formats
    self.feedback = feedback
  }
}

/// All sections of one transport and the header extension ids they share (BUNDLE: one id space).
package struct MediaParameters: Hashable, Sendable {
  package var receives: [ReceiveSection]
  package var sends: [SendSection]
  package var extensions: ExtensionMap
  /// Whether reduced-size RTCP was agreed (RFC 5506).
  package var reducedSizeRTCP: Bool
  /// Our CNAME towards the peer, the same for all sections.
  package var cname: String
  package init(
    receives: [ReceiveSection], sends: [SendSection], extensions: ExtensionMap,
    reducedSizeRTCP: Bool, cname: String
  ) {
    self.receives = receives
    self.sends = sends
    self.extensions = extensions
    self.reducedSizeRTCP = reducedSizeRTCP
    self.cname = cname
  }
}
