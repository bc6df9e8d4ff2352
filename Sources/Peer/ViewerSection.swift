// One send section of a peer: the stream, what feeds it, and what its viewer's path carries.

package import Congestion
package import Forwarding
package import MediaControl
package import RTP
package import Wire

/// One m-section in which we send, with whatever track is attached to it.
package struct ViewerSection: Sendable {
  package let section: SendSection
  package var stream: ViewerStream
  package var extensions: StreamExtensions
  package private(set) var track: TrackID?
  package var selection = LayerSelection.automatic
  package var layerGuard: LayerGuard
  /// The layer last reported to the control plane, so that only changes are.
  package var reportedLayer: LayerRank??
  package var nextReportAt = Instant.zero
  package var keyframeRequests: Budget
  package var retransmissions: Budget

  /// Keyframe requests a viewer may send: browsers send one per lost frame at worst.
  static let keyframeRequestsPerSecond = 10
  /// Packets a viewer may have sent again: about twice a 4 Mbit/s layer.
  static let retransmissionsPerSecond = 800

  /// A silent section. `seed` is random.
  package init(_ section: SendSection, ids: ExtensionMap, seed: UInt64, at now: Instant) {
    self.section = section
    stream = ViewerStream(
      ssrc: section.ssrc, rtxSSRC: section.rtxSSRC, kind: section.kind,
      payloadTypes: PayloadTypeTable(
        section.formats.map { ($0.codec, $0.payloadType, $0.rtxPayloadType) }), seed: seed)
    extensions = StreamExtensions(ids: ids, mid: Array(section.mid.utf8.prefix(16)))
    layerGuard = LayerGuard()
    keyframeRequests = Budget(
      perSecond: ViewerSection.keyframeRequestsPerSecond,
      burst: ViewerSection.keyframeRequestsPerSecond, at: now)
    retransmissions = Budget(
      perSecond: ViewerSection.retransmissionsPerSecond,
      burst: ViewerSection.retransmissionsPerSecond, at: now)
  }

  /// Feeds the section from `track` (or from nothing) from now on.
  package mutating func attach(_ track: TrackID?, _ selection: LayerSelection) {
    self.selection = selection
    guard self.track != track else { return }
    self.track = track
    stream.attach()
    reportedLayer = nil
  }
}
