// One encoding of a publisher as it comes in: order, statistics, what is missing.

import MediaControl
package import RTP
package import Wire

/// The receiving state of one RTP stream of a publisher. Owner only.
package struct EncodingIngress: Sendable {
  /// The stream's SSRC, nil until it is known.
  package private(set) var ssrc: SSRC?
  /// Its retransmission stream's SSRC, nil until known.
  package var rtxSSRC: SSRC?
  /// Reception of the current SSRC; nil before its first packet.
  package var statistics: ReceptionStatistics?
  package var missing = MissingPackets()
  package var keyframes = KeyframeBudget()
  /// Media packets that came inside RTX since the stream began.
  package private(set) var repaired: UInt64 = 0
  /// The loss of the last receiver report, before repair, 0...1.
  package var fractionLost = 0.0
  /// How many packets were given up when a keyframe was last asked for on their account.
  package var abandonedSeen = 0

  private var extender = SerialNumberExtender()
  /// Added to the extender's numbers, so that a new SSRC goes on where the old one stopped.
  private var base: Int64 = 0
  private var highest: Int64 = .min
  private var frameTimestamp: UInt32?
  private var keyframeTimestamp: UInt32?

  /// A stream nothing has come of.
  package init(ssrc: SSRC? = nil, rtxSSRC: SSRC? = nil) {
    self.ssrc = ssrc
    self.rtxSSRC = rtxSSRC
  }

  /// Numbers between the last packet of an old SSRC and the first of a new one: more than any
  /// reordering, so that neither's late packets fall among the other's.
  static let renewalGap: Int64 = 1 << 16

  /// The stream has a (new) SSRC: its numbers and statistics start anew, ours go on.
  package mutating func renew(_ ssrc: SSRC) {
    if self.ssrc == ssrc { return }
    if highest != .min { base = highest + EncodingIngress.renewalGap }
    self.ssrc = ssrc
    extender = SerialNumberExtender()
    statistics = nil
    missing = MissingPackets()
    highest = .min
    frameTimestamp = nil
    keyframeTimestamp = nil
  }

  /// Extends the number of a media packet and counts it.
  ///
  /// - Returns: the extended number, and whether a newer packet came before.
  package mutating func receive(
    _ number: SerialNumber16, timestamp: RTPTimestamp, clockRate: Int, isRepair: Bool,
    at now: Instant
  ) -> (sequence: Int64, isLate: Bool) {
    let extended = extender.extend(number)
    let sequence = extended + base
    let isLate = sequence < highest
    highest = max(highest, sequence)
    if isRepair {
      repaired += 1
    } else {
      if statistics == nil, let ssrc {
        statistics = ReceptionStatistics(ssrc: ssrc, clockRate: clockRate)
      }
      statistics?.receive(number, timestamp: timestamp, at: now)
    }
    missing.receive(extended, at: now)
    return (sequence, isLate)
  }

  /// Completes what a payload alone can't say: whether the packet starts a frame or a keyframe.
  ///
  /// For H.264 and AV1 a frame starts with a new timestamp, and a keyframe with the first packet of
  /// parameter sets or an IDR in it: a delimiter before them is no use to a decoder that joins.
  package mutating func completeMarks(_ info: inout PacketInfo, timestamp: UInt32) {
    switch info.codec {
    case .h264, .av1:
      if info.isKeyframe {
        info.startsFrame = keyframeTimestamp != timestamp
        keyframeTimestamp = timestamp
      } else {
        info.startsFrame = frameTimestamp != timestamp
      }
      if !info.isLate { frameTimestamp = timestamp }
    case .vp8, .vp9, .opus:
      break
    }
  }
}
