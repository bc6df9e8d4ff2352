// What peers report: reception, losses, wishes for keyframes, estimates (RFC 3550, 4585, 5104).

import Congestion
import Forwarding
import MediaControl
import Peer
import RTP
import Wire

extension WorkerCore {
  /// Takes a datagram of RTCP in clear from a peer. What came before a malformed packet counts.
  mutating func receiveRTCP(
    _ datagram: borrowing Span<UInt8>, _ peer: Peer, at now: Instant, wall: WallTime
  ) {
    var compound = RTCPCompound()
    do throws(WireError) {
      while let item = try compound.next(in: datagram) {
        try receive(item, in: datagram, peer, at: now, wall: wall)
      }
    } catch {
      discard(.malformedRTCP)
    }
  }

  private mutating func receive(
    _ item: RTCPItem, in datagram: borrowing Span<UInt8>, _ peer: Peer, at now: Instant,
    wall: WallTime
  ) throws(WireError) {
    switch item.kind {
    case .senderReport:
      let report = try SenderReport(parsing: item, in: datagram)
      receive(report, peer, at: now, wall: wall)
      receive(try SenderReport.reports(of: item), in: datagram, peer, at: now)
    case .receiverReport:
      receive(
        try ReceiverReport(parsing: item, in: datagram).reports, in: datagram, peer, at: now)
    case .genericNACK:
      try receiveNACK(item, in: datagram, peer, at: now)
    case .pictureLossIndication:
      let media = try PictureLossIndication(parsing: item, in: datagram).media
      receiveKeyframeRequest(media, peer, at: now)
    case .fullIntraRequest:
      let request = try FullIntraRequest(parsing: item, in: datagram)
      for index in 0..<request.count {
        guard let entry = request.entry(at: index, in: datagram) else { break }
        receiveKeyframeRequest(entry.ssrc, peer, at: now)
      }
    case .applicationFeedback:
      receiveEstimate(item, in: datagram, peer, at: now)
    case .transportFeedback:
      try receiveTransportFeedback(item, in: datagram, peer, at: now)
    case .sourceDescription, .goodbye, .extendedReport, .other:
      break  // Nothing we act on: tracks end by signaling or by silence.
    }
  }

  // MARK: Reports

  private mutating func receive(
    _ report: SenderReport, _ peer: Peer, at now: Instant, wall: WallTime
  ) {
    guard let place = peer.publisher.receive(report, at: now, wall: wall) else { return }
    let track = peer.publisher.tracks[place.track]
    guard let slot = trackSlots[track.section.track] else { return }
    tracks[slot].anchor = track.clock.anchor
    spreadAnchor(track.section.track, slot)
  }

  private mutating func receive(
    _ reports: ReportBlocks, in datagram: borrowing Span<UInt8>, _ peer: Peer, at now: Instant
  ) {
    for index in 0..<reports.count {
      guard let block = reports.block(at: index, in: datagram) else { return }
      for place in peer.sections.indices where peer.sections[place].stream.ssrc == block.ssrc {
        peer.sections[place].stream.isKnownToViewer = true
        peer.sections[place].observeLoss(Double(block.fractionLost) / 256, at: now)
      }
    }
  }

  private mutating func receiveEstimate(
    _ item: RTCPItem, in datagram: borrowing Span<UInt8>, _ peer: Peer, at now: Instant
  ) {
    // Other application feedback is none of ours: passed over, not malformed.
    guard let estimate = try? ReceiverEstimatedMaximumBitrate(parsing: item, in: datagram) else {
      return
    }
    peer.observeEstimate(estimate.bitrate, at: now)
  }

  private mutating func receiveTransportFeedback(
    _ item: RTCPItem, in datagram: borrowing Span<UInt8>, _ peer: Peer, at now: Instant
  ) throws(WireError) {
    peer.receive(try TransportFeedback(parsing: item, in: datagram), in: datagram, at: now)
  }

  // MARK: Repair

  private mutating func receiveNACK(
    _ item: RTCPItem, in datagram: borrowing Span<UInt8>, _ peer: Peer, at now: Instant
  ) throws(WireError) {
    var nack = try GenericNACK(parsing: item, in: datagram)
    guard let place = peer.sections.firstIndex(where: { $0.stream.ssrc == nack.media }),
      let slot = peer.sections[place].track.flatMap({ trackSlots[$0] })
    else { return }
    while let number = nack.next(in: datagram) {
      statistics.nacksReceived &+= 1
      guard peer.sections[place].retransmissions.take(at: now) else {
        return discard(.overBudget)
      }
      retransmit(number, peer, place, slot, at: now)
    }
  }

  private mutating func retransmit(
    _ number: SerialNumber16, _ peer: Peer, _ place: Int, _ slot: Int, at now: Instant
  ) {
    let again = peer.sections[place].stream.retransmit(
      number,
      source: { tracks[slot].info(encoding: $0.encoding, sequence: $0.sourceSequence) },
      transportSequence: peer.transportSequence, at: now)
    guard let (info, patch) = again else { return }
    reserve(1)
    send(patch, info, slot, peer, place, at: now)
    statistics.retransmissions &+= 1
  }

  private mutating func receiveKeyframeRequest(_ media: SSRC, _ peer: Peer, at now: Instant) {
    guard let place = peer.sections.firstIndex(where: { $0.stream.ssrc == media }),
      let track = peer.sections[place].track, let slot = trackSlots[track]
    else { return }
    statistics.keyframeRequestsReceived &+= 1
    guard peer.sections[place].keyframeRequests.take(at: now) else { return discard(.overBudget) }
    let stream = peer.sections[place].stream
    guard let encoding = stream.current ?? stream.target else { return }
    // During catch-up the chain itself is the answer (DESIGN section 3, "Instant start").
    if case .catchingUp = stream.phase, start(peer, place, slot, encoding, at: now) { return }
    requestKeyframe(track, encoding, .repair, at: now)
  }
}
