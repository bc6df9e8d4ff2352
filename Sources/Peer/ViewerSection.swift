// One send section of a peer: the stream, what feeds it, and what its viewer's path carries.

package import Congestion
package import Forwarding
package import MediaControl
package import RTP
package import Wire

/// One m-section in which we send, with whatever track is attached to it.
package struct ViewerSection: Sendable {
  package private(set) var section: SendSection
  package var stream: ViewerStream
  package var extensions: StreamExtensions
  package private(set) var track: TrackID?
  package var selection = LayerSelection.automatic
  package var layerGuard: LayerGuard
  /// The layer last reported to the control plane, so that only changes are.
  package var reportedLayer: LayerRank??
  package var nextReportAt = Instant.zero
  package var mapping = MediaTimeMapping()
  /// The highest rank the viewer's path carries, as far as the guard knows.
  package private(set) var cap = LayerRank.f
  /// When the guard last moved the cap.
  package private(set) var steppedAt = Instant.zero
  private var reportedLoss = (fraction: 0.0, at: Instant.zero)
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
      payloadTypes: ViewerSection.payloadTypes(of: section), seed: seed)
    extensions = StreamExtensions(ids: ids, mid: Array(section.mid.utf8.prefix(16)))
    layerGuard = LayerGuard(at: now)
    keyframeRequests = Budget(
      perSecond: ViewerSection.keyframeRequestsPerSecond,
      burst: ViewerSection.keyframeRequestsPerSecond, at: now)
    retransmissions = Budget(
      perSecond: ViewerSection.retransmissionsPerSecond,
      burst: ViewerSection.retransmissionsPerSecond, at: now)
  }

  /// Takes the section of a renegotiation on the same SSRC; the stream goes on.
  package mutating func renegotiate(_ section: SendSection) {
    self.section = section
    stream.renegotiate(
      rtxSSRC: section.rtxSSRC, payloadTypes: ViewerSection.payloadTypes(of: section))
  }

  private static func payloadTypes(of section: SendSection) -> PayloadTypeTable {
    PayloadTypeTable(section.formats.map { ($0.codec, $0.payloadType, $0.rtxPayloadType) })
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

extension ViewerSection {
  /// Takes the loss of a receiver report, 0...1.
  package mutating func observeLoss(_ fraction: Double, at now: Instant) {
    reportedLoss = (fraction, now)
  }

  /// Lets the guard look at what the viewer last said, and moves the cap as it says.
  ///
  /// - Parameters:
  ///   - receivable: what of the layer's rate the path carries; nil when nothing says less than all.
  ///   - transportLoss: the loss transport-wide feedback shows, 0 without any.
  ///   - isQueued: whether what was sent before still queues on the path.
  package mutating func advanceGuard(
    layerRate: Bitrate, receivable: Bitrate?, transportLoss: Double, isQueued: Bool = false,
    at now: Instant
  ) {
    // A report older than this says nothing of now: browsers report every second.
    let isFresh = now - reportedLoss.at < ViewerSection.reportAge
    let loss = max(isFresh ? reportedLoss.fraction : 0, transportLoss)
    let measurement = LayerGuard.Measurement(
      layerBitrate: layerRate, receivable: receivable, lossFraction: loss,
      isQueued: isQueued)
    switch layerGuard.receive(measurement, at: now) {
    case .stay: break
    case .stepDown:
      steppedAt = now
      stepDown()
    case .stepUp:
      steppedAt = now
      stepUp()
    }
  }

  /// One layer less; below the lowest, only its base temporal layer.
  package mutating func stepDown() {
    switch cap {
    case .f: cap = .h
    case .h: cap = .q
    case .q: stream.temporalMax = 0
    }
  }

  private mutating func stepUp() {
    if stream.temporalMax == 0 {
      stream.temporalMax = .max
    } else {
      cap = cap == .q ? .h : .f
    }
  }

  static let reportAge = TimeSpan.seconds(3)
}
