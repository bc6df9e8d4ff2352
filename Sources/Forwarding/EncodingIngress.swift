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
  private var repairTime = RepairTime()
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
  /// Consecutive packets far behind the highest, and the number that would go on with them.
  private var behind: (count: Int, next: SerialNumber16)?
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
    self.ssrc = ssrc
    statistics = nil
    restartNumbers()
  }

  private mutating func restartNumbers() {
    if highest != .min { base = highest + EncodingIngress.renewalGap }
    extender = SerialNumberExtender()
    missing = MissingPackets()
    highest = .min
    behind = nil
    frameTimestamp = nil
    keyframeTimestamp = nil
  }

  /// Whether the source has begun anew under its SSRC with lower numbers (RFC 3550 appendix A.1): then
  /// its numbers go on above the old ones, and what follows is no late arrival. Ask before `receive`, for
  /// packets that did not come inside RTX.
  package mutating func takeRestart(_ number: SerialNumber16) -> Bool {
    guard highest != .min else { return false }
    let newest = SerialNumber16(UInt16(truncatingIfNeeded: highest - base))
    guard number.distance(from: newest) < -EncodingIngress.misorderMax else {
      behind = nil
      return false
    }
    let isNext = behind?.next == number
    let count = isNext ? (behind?.count ?? 0) + 1 : 1
    behind = (count, number.advanced(by: 1))
    guard count >= EncodingIngress.restartPackets else { return false }
    restartNumbers()
    return true
  }

  /// Numbers up to this far behind are late or repeated: as far back as we ask for packets.
  static let misorderMax = MissingPackets.missingMax
  /// So many packets in a row, all far behind, are a source that began anew. RFC 3550 has two; a third
  /// costs nothing and a repeated pair is no restart.
  package static let restartPackets = 3

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
      repairTime.note(repaired: number, at: now)
    } else {
      if statistics == nil, let ssrc {
        statistics = ReceptionStatistics(ssrc: ssrc, clockRate: clockRate)
      }
      statistics?.receive(number, timestamp: timestamp, at: now)
    }
    missing.receive(extended, at: now)
    return (sequence, isLate)
  }

  /// Appends to `list` the packets to ask the publisher for now, and counts them as asked for.
  package mutating func takeMissing(at now: Instant, into list: inout [SerialNumber16]) {
    guard !missing.isEmpty else { return }
    missing.takeDue(at: now, roundTrip: retryInterval, into: &list)
    repairTime.note(askedFor: list, at: now)
  }

  /// Between two requests for one packet: the time a repair takes, within bounds.
  var retryInterval: TimeSpan {
    min(
      max(repairTime.estimate ?? .zero, EncodingIngress.retryMin), EncodingIngress.retryMax)
  }

  /// Before anything is measured, and on short paths. Asking again too soon costs a repeated packet at
  /// most (browsers pass over repeats within their own round trip), asking too late every viewer a late
  /// frame.
  package static let retryMin = TimeSpan.milliseconds(30)
  /// On long paths requests overtake answers: of ten, one every 80 ms, the last leaves within the second
  /// after which a packet is given up, and what is lost of feedback costs no whole round trip.
  package static let retryMax = TimeSpan.milliseconds(80)

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
