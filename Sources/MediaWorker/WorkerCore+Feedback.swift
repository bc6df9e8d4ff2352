// What a worker says by itself: feedback to publishers, reports to viewers, news to the control plane.

import Congestion
import Forwarding
import ICE
import MediaControl
import Peer
import RTP
import Wire

extension WorkerCore {
  // MARK: To publishers

  /// Receiver reports, transport-wide feedback or REMB, NACKs and overdue keyframe requests.
  mutating func sendFeedback(at now: Instant, wall: WallTime) {
    feedbackTurn &+= 1
    if feedbackTurn % WorkerLimits.turnsPerFeedback == 0 { askOwnersOverdue(at: now) }
    for id in publishers {
      guard let peer = peers[id], peer.isSecure, peer.path != nil else { continue }
      sendMissing(peer, at: now)
      guard feedbackTurn % WorkerLimits.turnsPerFeedback == 0 else { continue }
      sendTransportFeedback(peer, at: now)
      sendOverdueKeyframes(peer, at: now)
      if feedbackTurn % (2 * WorkerLimits.turnsPerFeedback) == 0 {
        sendReceiverReport(peer, at: now, wall: wall)
      }
    }
  }

  /// Empties `control` for a message to `peer`. Without reduced-size RTCP every datagram begins with a
  /// report, if an empty one, and our CNAME (RFC 3550 section 6.1, RFC 5506).
  private mutating func beginControl(to peer: Peer) {
    control.removeAll()
    guard !peer.media.reducedSizeRTCP else { return }
    let cname = Array(peer.media.cname.utf8)
    // 28 bytes and a CNAME always fit an empty buffer.
    try? ReceiverReport.write(ssrc: peer.feedbackSSRC, reports: Span(), to: &control)
    try? SourceDescription.write(ssrc: peer.feedbackSSRC, cname: cname.span, to: &control)
  }

  private mutating func sendControl(to peer: Peer) {
    reserve(1)
    let length = peer.sendRTCP(control, into: &batch)
    countSent(length)
  }

  private mutating func sendMissing(_ peer: Peer, at now: Instant) {
    for track in peer.publisher.tracks.indices
    where peer.publisher.tracks[track].section.feedback.contains(.nack) {
      for encoding in peer.publisher.tracks[track].encodings.indices {
        if !peer.publisher.tracks[track].encodings[encoding].missing.isEmpty {
          sendMissing(peer, track, encoding, at: now)
        }
        // Also without a request: a gap too large to ask for is given up at once.
        guard peer.publisher.takeAbandoned(track: track, encoding: encoding) else { continue }
        let id = peer.publisher.tracks[track].section.track
        requestKeyframe(id, UInt8(encoding), .repair, at: now)
      }
    }
  }

  private mutating func sendMissing(
    _ peer: Peer, _ track: Int, _ encoding: Int, at now: Instant
  ) {
    beginControl(to: peer)
    let count = peer.publisher.writeMissing(
      track: track, encoding: encoding, sender: peer.feedbackSSRC, at: now, to: &control)
    guard count > 0 else { return }
    statistics.nacksSent &+= UInt64(count)
    sendControl(to: peer)
  }

  private mutating func sendTransportFeedback(_ peer: Peer, at now: Instant) {
    // A read of 64 datagrams every few milliseconds fits one message; more than a few is a flood.
    for _ in 0..<WorkerLimits.feedbackMessagesPerTurn {
      beginControl(to: peer)
      guard peer.publisher.writeTransportFeedback(sender: peer.feedbackSSRC, at: now, to: &control)
      else { return }
      sendControl(to: peer)
    }
  }

  private mutating func sendReceiverReport(_ peer: Peer, at now: Instant, wall: WallTime) {
    control.removeAll()
    guard
      peer.publisher.writeReceiverReport(
        sender: peer.feedbackSSRC, cname: peer.media.cname, at: now, to: &control)
    else { return }
    peer.publisher.writeEstimate(sender: peer.feedbackSSRC, at: now, to: &control)
    sendControl(to: peer)
  }

  private mutating func sendOverdueKeyframes(_ peer: Peer, at now: Instant) {
    for track in peer.publisher.tracks.indices {
      for encoding in peer.publisher.tracks[track].encodings.indices {
        let isDue = peer.publisher.withEncoding(track: track, encoding: encoding) {
          $0.keyframes.takeOverdue(at: now)
        }
        if isDue ?? false { sendKeyframeRequest(to: peer, track: track, encoding: encoding) }
      }
    }
  }

  mutating func sendKeyframeRequest(to peer: Peer, track: Int, encoding: Int) {
    beginControl(to: peer)
    guard
      peer.publisher.writeKeyframeRequest(
        track: track, encoding: encoding, sender: peer.feedbackSSRC, to: &control)
    else { return }
    statistics.keyframeRequestsSent &+= 1
    sendControl(to: peer)
  }

  // MARK: Slow work

  /// Consent, pauses, layers, reports to viewers, measures: each peer once in `slowInterval`, a share of
  /// all in each tick, so that no turn is long however many there are (DESIGN section 2).
  mutating func advanceSlowly(at now: Instant, wall: WallTime) {
    if now >= nextMeasure {
      nextMeasure = now + WorkerLimits.slowInterval
      departed.age()
      for (track, slot) in trackSlots { measure(track, slot, at: now) }
    }
    slowCredit += rota.count
    var due = slowCredit / WorkerLimits.slowTicks
    slowCredit %= WorkerLimits.slowTicks
    while due > 0, !rota.isEmpty {
      if nextInRota >= rota.count { nextInRota = 0 }
      guard let peer = peers[rota[nextInRota]] else {
        rota.swapAt(nextInRota, rota.count - 1)
        rota.removeLast()
        continue
      }
      nextInRota += 1
      due -= 1
      serveSlowly(peer, at: now, wall: wall)
    }
  }

  private mutating func serveSlowly(_ peer: Peer, at now: Instant, wall: WallTime) {
    if peer.ice.isExpired(at: now) {
      end(peer.id, .consentExpired)
    } else if let started = peer.handshakeStarted, !peer.isSecure,
      now - started >= WorkerLimits.handshakeTimeout
    {
      end(peer.id, .handshakeFailed)
    } else if peer.isSecure {
      updatePause(peer, at: now)
      if !peer.isPaused { serveViewer(peer, at: now, wall: wall) }
    }
  }

  private mutating func updatePause(_ peer: Peer, at now: Instant) {
    let isSilent = now - peer.lastHeard >= WorkerLimits.silenceBeforePause
    guard isSilent != peer.isPaused else { return }
    peer.isPaused = isSilent
    report(.reachable(peer.id, !isSilent))
    guard !isSilent else { return }
    for place in peer.sections.indices { peer.sections[place].stream.fallSilent() }
    startSections(of: peer, at: now)
  }

  private mutating func serveViewer(_ peer: Peer, at now: Instant, wall: WallTime) {
    let loss = peer.transportReader.lossFraction(at: now)
    var total: Int64 = 0
    for place in peer.sections.indices { total += rate(of: peer, place).bitsPerSecond }
    for place in peer.sections.indices {
      guard let slot = peer.sections[place].track.flatMap({ trackSlots[$0] }) else { continue }
      let rate = rate(of: peer, place)
      let receivable = peer.receivable(
        of: rate, total: Bitrate(bitsPerSecond: total), at: now)
      peer.sections[place].advanceGuard(
        layerRate: rate, receivable: receivable, transportLoss: loss,
        isQueued: peer.delivery.isQueued(at: now), at: now)
      chooseLayer(of: peer, place, at: now)
      reportLayer(peer, place, slot)
      reportMediaTime(peer, place, slot)
      sendSenderReport(peer, place, slot, at: now, wall: wall)
    }
  }

  /// What a section's layer takes now.
  private func rate(of peer: Peer, _ place: Int) -> Bitrate {
    guard let slot = peer.sections[place].track.flatMap({ trackSlots[$0] }),
      let current = peer.sections[place].stream.current
    else { return .zero }
    return tracks[slot].encodings[Int(current)].bitrate
  }

  private mutating func reportLayer(_ peer: Peer, _ place: Int, _ slot: Int) {
    guard peer.sections[place].section.kind == .video else { return }
    let section = peer.sections[place]
    var rank = section.stream.current.map { tracks[slot].rank(of: $0) }
    if case .waiting = section.stream.phase { rank = nil }
    guard section.reportedLayer != .some(rank) else { return }
    peer.sections[place].reportedLayer = .some(rank)
    report(.layer(peer.id, section: section.section.index, rank))
  }

  private mutating func reportMediaTime(_ peer: Peer, _ place: Int, _ slot: Int) {
    guard let anchor = tracks[slot].anchor, peer.sections[place].stream.packetsSent > 0 else {
      return
    }
    let offset = peer.sections[place].stream.ticksOffset
    let clockRate = peer.sections[place].stream.clockRate
    guard
      let news = peer.sections[place].mapping.update(
        ticks: anchor.ticks, mediaTime: anchor.mediaTime, offset: offset, clockRate: clockRate)
    else { return }
    report(
      .mediaTime(
        peer.id, section: peer.sections[place].section.index, timestamp: news.timestamp,
        mediaTime: news.mediaTime))
  }

  /// An SR describes the track clock: audio and video of one publisher stay together (RFC 3550 6.4.1).
  private mutating func sendSenderReport(
    _ peer: Peer, _ place: Int, _ slot: Int, at now: Instant, wall: WallTime
  ) {
    guard now >= peer.sections[place].nextReportAt else { return }
    let stream = peer.sections[place].stream
    guard stream.packetsSent > 0, let ticks = tracks[slot].ticks(at: wall)
    else { return }
    peer.sections[place].nextReportAt = now + WorkerLimits.senderReportInterval
    let report = SenderReport(
      ssrc: stream.ssrc, time: NTPTime(wall),
      timestamp: RTPTimestamp(UInt32(truncatingIfNeeded: ticks + stream.ticksOffset)),
      packetCount: stream.packetsSent, octetCount: stream.octetsSent)
    control.removeAll()
    guard (try? report.write(to: &control)) != nil else { return }
    let cname = Array(peer.media.cname.utf8)
    guard (try? SourceDescription.write(ssrc: stream.ssrc, cname: cname.span, to: &control)) != nil
    else { return }
    sendControl(to: peer)
  }

  // MARK: Tracks

  private mutating func measure(_ track: TrackID, _ slot: Int, at now: Instant) {
    let isMeasured = tracks[slot].measure(at: now)
    guard case .peer(let id, let index) = sources[track], let peer = peers[id] else { return }
    if let isActive = tracks[slot].activityChange(at: now) { report(.trackActive(track, isActive)) }
    guard isMeasured else { return }
    var states: [EncodingStatus] = []
    for encoding in tracks[slot].encodings.indices {
      guard var status = tracks[slot].status(of: UInt8(encoding), at: now) else { continue }
      status.fractionLost = peer.publisher.fractionLost(track: index, encoding: encoding)
      states.append(status)
    }
    report(.trackStatus(track, states))
  }
}
