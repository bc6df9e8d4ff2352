// One stream towards one viewer: whichever layer of whichever track, always one continuous stream.

package import RTP
package import Wire

/// The numbers, timestamps and picture ids of one send section towards one viewer.
///
/// | phase \ input | packet of the current layer | keyframe of the target layer | start |
/// |---|---|---|---|
/// | silent | - | - | waiting or catching up |
/// | waiting | - | live (switch) | catching up |
/// | catching up | the cursor reaches it; a newer keyframe is skipped to | ignored | catching up anew |
/// | live | sent | live (switch) | catching up |
///
/// RFC 3550 section 5.1 for the header, RFC 7741 section 4.2 for VP8, RFC 4588 for retransmission.
package struct ViewerStream: Sendable {
  /// What the stream is doing.
  package enum Phase: Sendable {
    /// Nothing is attached, or nothing fits.
    case silent
    /// The target layer's next keyframe starts the stream.
    case waiting
    case catchingUp(CatchUp)
    case live
  }

  package let ssrc: SSRC
  package private(set) var rtxSSRC: SSRC?
  package let clockRate: Int
  package private(set) var phase = Phase.silent
  /// The layer being sent, nil before the first.
  package private(set) var current: UInt8?
  /// The layer to move to at its next keyframe.
  package private(set) var target: UInt8?
  /// When a keyframe of the target was last asked for.
  package var askedAt: Instant?
  /// The highest temporal layer wanted; `.max` for all.
  package var temporalMax = UInt8.max
  /// Whether the viewer has reported on our SSRC, so that the MID need not travel any more.
  package var isKnownToViewer = false
  /// Counts packets and payload bytes for sender reports.
  package private(set) var packetsSent: UInt32 = 0
  package private(set) var octetsSent: UInt32 = 0

  private var payloadTypes: PayloadTypeTable
  private var map = SequenceMap()
  package private(set) var history: SentHistory
  private var epoch: UInt32 = 0
  private var highestSource: Int64 = .min
  private var nextSequence: Int64
  private var nextRetransmission: Int64
  /// Outgoing timestamp = ticks + this; meaningful once aligned.
  package private(set) var ticksOffset: Int64
  private var needsOffset = true
  private var frameTicks: Int64 = .min
  private var frameTimestamp: Int64
  private var lastPictureID: Int32 = 0
  private var lastTL0: Int32 = 0
  private var temporalLimit = UInt8.max
  private var droppedPicture: Int32 = -1
  private var hasSentFrame = false
  private var firstRepeatable = Int64.min

  /// A silent stream. `seed` is random: it gives the first numbers.
  package init(
    ssrc: SSRC, rtxSSRC: SSRC?, kind: MediaKind, payloadTypes: PayloadTypeTable, seed: UInt64
  ) {
    self.ssrc = ssrc
    self.rtxSSRC = rtxSSRC
    self.payloadTypes = payloadTypes
    clockRate = kind == .video ? 90_000 : 48_000
    history = SentHistory(
      capacity: kind == .video
        ? ForwardingLimits.videoHistoryPackets : ForwardingLimits.audioHistoryPackets)
    // The first numbers are below 2^15 so that a lost first packet can't confuse the viewer's
    // guess of the rollover counter (RFC 3711 section 3.3.1).
    nextSequence = Int64(seed & 0x7FFF)
    nextRetransmission = Int64(seed >> 16 & 0x7FFF)
    ticksOffset = 0
    frameTimestamp = 0
  }

  // MARK: Attaching and choosing

  /// Another track (or none) feeds the stream from now on; numbers and timestamps go on.
  package mutating func attach() {
    epoch &+= 1
    phase = .silent
    current = nil
    target = nil
    askedAt = nil
    needsOffset = true
    highestSource = .min
    frameTicks = .min
  }

  /// What was sent so far is not sent again: the header extensions have changed, so the bytes would
  /// not be identical.
  package mutating func forbidRepeats() { firstRepeatable = nextSequence }

  /// The section was negotiated anew on the same SSRC: numbers go on, payload types may differ.
  package mutating func renegotiate(rtxSSRC: SSRC?, payloadTypes: PayloadTypeTable) {
    guard rtxSSRC != self.rtxSSRC || payloadTypes != self.payloadTypes else { return }
    self.rtxSSRC = rtxSSRC
    self.payloadTypes = payloadTypes
    forbidRepeats()
  }

  /// The next numbers of a stream, which outlive it: they are used once under one key.
  package struct Numbers: Hashable, Sendable {
    package let ssrc: SSRC
    fileprivate let sequence: Int64
    fileprivate let retransmission: Int64
  }

  /// What must be kept when the stream ends while its transport lives on.
  package var numbers: Numbers {
    Numbers(ssrc: ssrc, sequence: nextSequence, retransmission: nextRetransmission)
  }

  /// Goes on where an earlier stream of the same SSRC stopped.
  package mutating func resume(_ numbers: Numbers) {
    guard numbers.ssrc == ssrc, history.highest == .min else { return }
    nextSequence = numbers.sequence
    nextRetransmission = numbers.retransmission
  }

  /// Nothing is to be sent until a layer is chosen again.
  package mutating func fallSilent() {
    phase = .silent
    current = nil
    target = nil
  }

  /// Moves to `encoding` at its next keyframe.
  package mutating func wait(for encoding: UInt8) {
    if target != encoding { askedAt = nil }
    target = encoding
    switch phase {
    case .live, .catchingUp: break
    case .silent, .waiting: phase = .waiting
    }
  }

  /// Stays on the current layer: an earlier wish to move is withdrawn.
  package mutating func stay() { target = current }

  /// Starts on `encoding` from its keyframe chain at once.
  ///
  /// - Parameters:
  ///   - chainStart: the source number of the keyframe's first packet.
  ///   - edgeTicks: the capture instant that a packet of the layer arriving now would have.
  package mutating func start(
    _ encoding: UInt8, chainStart: Int64, edgeTicks: Int64, layerRate: Bitrate, at now: Instant
  ) {
    phase = .catchingUp(
      CatchUp(
        encoding: encoding, cursor: chainStart, edgeTicks: edgeTicks, layerRate: layerRate, at: now)
    )
    current = encoding
    target = encoding
  }

  /// Whether the constant between the track clock and this stream's is set.
  package var isAligned: Bool { !needsOffset }

  /// Sets the constant between the track clock and this stream's timestamps, once per attachment.
  /// Sections that carry one track get the same one, so that their timestamps agree.
  package mutating func align(offset: Int64) {
    guard needsOffset else { return }
    needsOffset = false
    ticksOffset = offset
  }

  // MARK: Forwarding

  /// The difference with which a fresh packet goes to this viewer; nil when it does not.
  ///
  /// - Parameter transportSequence: the number the packet takes if it goes.
  package mutating func forward(
    _ info: PacketInfo, transportSequence: UInt16, at now: Instant
  ) -> HeaderPatch? {
    switch phase {
    case .silent:
      return nil
    case .waiting:
      // What is older than live comes as a chain (a worker that begins to follow gets one), so that
      // its frames are stamped as live.
      guard info.encoding == target, !info.isLate, info.startsKeyframe || !info.codec.isVideo,
        now - info.arrival <= ForwardingLimits.liveAge
      else { return nil }
      phase = .live
      return enter(info, transportSequence: transportSequence, at: now)
    case .catchingUp(let catchUp):
      guard info.encoding == catchUp.encoding, info.sequence < catchUp.cursor else { return nil }
      return sendLate(info, transportSequence: transportSequence, at: now)
    case .live:
      if info.encoding == current {
        if info.sequence <= highestSource {
          return sendLate(info, transportSequence: transportSequence, at: now)
        }
        if isLeap(info) {
          guard info.startsKeyframe || !info.codec.isVideo else {
            waitAnew(for: info.encoding)
            return nil
          }
          return enter(info, transportSequence: transportSequence, at: now)
        }
        return sendInOrder(info, transportSequence: transportSequence, at: now)
      }
      guard info.encoding == target, info.startsKeyframe, !info.isLate else { return nil }
      return enter(info, transportSequence: transportSequence, at: now)
    }
  }

  /// Whether the source has begun anew: an in-order packet too far ahead for the gap to be loss.
  private func isLeap(_ info: PacketInfo) -> Bool {
    info.sequence - highestSource > ForwardingLimits.gapMax
  }

  /// Gives up the current layer's continuity: only a keyframe (or the chain) starts it again.
  private mutating func waitAnew(for encoding: UInt8) {
    phase = .waiting
    current = nil
    target = encoding
    askedAt = nil
  }

  /// Begins a new segment with `info`, the first packet of a keyframe (or any audio packet).
  private mutating func enter(_ info: PacketInfo, transportSequence: UInt16, at now: Instant)
    -> HeaderPatch?
  {
    current = info.encoding
    target = info.encoding
    temporalLimit = temporalMax
    beginSegment(at: info)
    return sendInOrder(info, transportSequence: transportSequence, at: now)
  }

  private mutating func beginSegment(at info: PacketInfo) {
    let pictures = info.pictureIDBytes > 0 ? lastPictureID + 1 - Int32(info.pictureID) : 0
    let tl0 = info.tl0PicIdx >= 0 ? lastTL0 + 1 - Int32(info.tl0PicIdx) : 0
    map.begin(
      .init(
        epoch: epoch, encoding: info.encoding, first: info.sequence, last: .max,
        delta: nextSequence - info.sequence, pictureDelta: hasSentFrame ? pictures : 0,
        tl0Delta: hasSentFrame ? tl0 : 0),
      endingPreviousAt: highestSource)
    highestSource = info.sequence - 1
    droppedPicture = -1
    // Two layers of one capture instant are two frames here: they must not share a timestamp.
    frameTicks = .min
  }

  private mutating func sendInOrder(
    _ info: PacketInfo, transportSequence: UInt16, at now: Instant
  ) -> HeaderPatch? {
    guard let segment = map.newest, segment.epoch == epoch, segment.encoding == info.encoding else {
      return nil
    }
    highestSource = info.sequence
    if info.payloadLength == 0 || isDropped(info) {
      skip(info, after: segment)
      return nil
    }
    let timestamp = frameTimestamp(of: info, at: now)
    if info.pictureIDBytes > 0 {
      lastPictureID = (Int32(info.pictureID) + segment.pictureDelta) & 0x7FFF
    }
    if info.tl0PicIdx >= 0 { lastTL0 = (Int32(info.tl0PicIdx) + segment.tl0Delta) & 0xFF }
    return send(
      info, in: segment, timestamp: timestamp, isEmpty: false,
      transportSequence: transportSequence, at: now)
  }

  /// A packet that arrived after newer ones: it takes the number that was reserved for it.
  private mutating func sendLate(
    _ info: PacketInfo, transportSequence: UInt16, at now: Instant
  ) -> HeaderPatch? {
    guard
      let segment = map.segment(holding: info.sequence, encoding: info.encoding, epoch: epoch)
    else { return nil }
    let isEmpty = info.payloadLength == 0 || info.temporalID > temporalLimit
    return send(
      info, in: segment, timestamp: lateTimestamp(of: info, in: segment), isEmpty: isEmpty,
      transportSequence: transportSequence, at: now)
  }

  private mutating func send(
    _ info: PacketInfo, in segment: SequenceMap.Segment, timestamp: Int64, isEmpty: Bool,
    transportSequence: UInt16, at now: Instant
  ) -> HeaderPatch? {
    guard let payloadType = payloadTypes.payloadType(info.codec) else { return nil }
    let sequence = info.sequence + segment.delta
    let sent = SentPacket(
      sequence: sequence, sourceSequence: info.sequence, epoch: epoch, encoding: info.encoding,
      timestamp: UInt32(truncatingIfNeeded: timestamp), transportSequence: transportSequence,
      pictureID: UInt16(truncatingIfNeeded: Int32(info.pictureID) + segment.pictureDelta),
      tl0PicIdx: UInt8(truncatingIfNeeded: Int32(info.tl0PicIdx) + segment.tl0Delta),
      includesMID: !isKnownToViewer, isEmpty: isEmpty,
      sendTime: now.absSendTime, ticks: info.ticks)
    guard history.record(sent) else { return nil }
    nextSequence = max(nextSequence, sequence + 1)
    packetsSent &+= 1
    octetsSent &+= UInt32(info.payloadLength)
    var patch = HeaderPatch(
      ssrc: ssrc, payloadType: payloadType, sent: sent, marker: info.marker)
    if !hasSentFrame {
      hasSentFrame = true
      patch.isFirstFrame = true
    }
    return patch
  }

  // MARK: Timestamps

  /// The timestamp of an in-order packet: track clock plus the constant, never backwards.
  private mutating func frameTimestamp(of info: PacketInfo, at now: Instant) -> Int64 {
    if info.ticks == frameTicks { return frameTimestamp }
    frameTicks = info.ticks
    var wanted = info.ticks + ticksOffset
    if case .catchingUp(let catchUp) = phase, info.ticks <= catchUp.edgeTicks {
      let elapsed = now - catchUp.startedAt - CatchUp.margin
      wanted = catchUp.edgeTicks + ticksOffset + Int64(elapsed.seconds * Double(clockRate))
    }
    frameTimestamp = hasSentFrame ? max(wanted, frameTimestamp + 1) : wanted
    return frameTimestamp
  }

  /// Numbers around a late packet in which the rest of its frame is looked for: packets of a large frame.
  private static let neighbourhood: Int64 = 16

  /// The timestamp of a late packet: that of a neighbour of the same frame, else the clock's.
  private func lateTimestamp(of info: PacketInfo, in segment: SequenceMap.Segment) -> Int64 {
    let sequence = info.sequence + segment.delta
    for distance in 1...ViewerStream.neighbourhood {
      if let sent = history.packet(sequence - distance), sent.ticks == info.ticks {
        return Int64(sent.timestamp)
      }
      if let sent = history.packet(sequence + distance), sent.ticks == info.ticks {
        return Int64(sent.timestamp)
      }
    }
    return info.ticks + ticksOffset
  }

  // MARK: Temporal layers

  /// Whether an in-order packet is above the temporal limit. The limit rises only where a decoder
  /// may move up, and falls at once; one frame is never cut in two.
  private mutating func isDropped(_ info: PacketInfo) -> Bool {
    guard info.codec == .vp8, info.pictureIDBytes > 0 else { return false }
    guard info.startsFrame else { return droppedPicture == Int32(info.pictureID) }
    if info.temporalID <= temporalMax && info.temporalID > temporalLimit && info.isSwitchingPoint {
      temporalLimit = info.temporalID
    }
    if info.isKeyframe || temporalMax < temporalLimit { temporalLimit = temporalMax }
    // Ids come round again: what was dropped is remembered only until the next frame.
    droppedPicture = -1
    return info.temporalID > temporalLimit
  }

  /// Renumbers what follows a dropped packet. Numbers before it stay reserved: they may be loss.
  private mutating func skip(_ info: PacketInfo, after segment: SequenceMap.Segment) {
    // A packet of padding only (a publisher's probe) belongs to no picture.
    let isNewPicture = info.payloadLength > 0 && droppedPicture != Int32(info.pictureID)
    if info.payloadLength > 0 { droppedPicture = Int32(info.pictureID) }
    var next = segment
    next.first = info.sequence + 1
    next.last = .max
    next.delta -= 1
    if isNewPicture { next.pictureDelta = (next.pictureDelta - 1) & 0x7FFF }
    map.begin(next, endingPreviousAt: info.sequence - 1)
  }

  // MARK: Catching up

  /// The encoding and source number to send next while catching up, nil when not (or not yet).
  package func catchUpNext(at now: Instant) -> (encoding: UInt8, sequence: Int64)? {
    guard case .catchingUp(let catchUp) = phase, catchUp.mayWrite(at: now) else { return nil }
    return (catchUp.encoding, catchUp.cursor)
  }

  /// The difference for the chain packet at the cursor; moves the cursor on.
  package mutating func catchUp(
    _ info: PacketInfo, transportSequence: UInt16, at now: Instant
  ) -> HeaderPatch? {
    guard case .catchingUp(var catchUp) = phase, info.sequence == catchUp.cursor else { return nil }
    if catchUp.hasBegun, isLeap(info) {
      abandonCatchUp()
      return nil
    }
    if !catchUp.hasBegun {
      catchUp.begin()
      temporalLimit = temporalMax
      beginSegment(at: info)
    }
    let patch = sendInOrder(info, transportSequence: transportSequence, at: now)
    catchUp.advance(bytes: Int(info.payloadLength))
    phase = .catchingUp(catchUp)
    return patch
  }

  /// Takes a better knowledge of the rate of the layer that is caught up with.
  package mutating func hasten(_ layerRate: Bitrate) {
    guard case .catchingUp(var catchUp) = phase else { return }
    catchUp.hasten(layerRate)
    phase = .catchingUp(catchUp)
  }

  /// Goes on with a newer keyframe of the layer instead of the rest of the chain. Only between two
  /// frames: `info` is the packet at the cursor.
  ///
  /// - Returns: whether the cursor has moved to `start`.
  package mutating func skipCatchUp(to start: Int64, at info: PacketInfo) -> Bool {
    guard case .catchingUp(var catchUp) = phase, info.startsFrame, start > catchUp.cursor else {
      return false
    }
    catchUp.skip(to: start)
    phase = .catchingUp(catchUp)
    return true
  }

  /// Passes over a number of the chain that is missing: it may yet come, its number is kept.
  package mutating func skipMissing() {
    guard case .catchingUp(var catchUp) = phase else { return }
    catchUp.advance(bytes: 0)
    phase = .catchingUp(catchUp)
  }

  /// The cursor has reached the live edge.
  package mutating func finishCatchUp() {
    guard case .catchingUp(let catchUp) = phase else { return }
    if catchUp.hasBegun { phase = .live } else { abandonCatchUp() }
  }

  /// The chain's packets are gone before they were sent: the stream waits for a keyframe.
  package mutating func abandonCatchUp() {
    if case .catchingUp(let catchUp) = phase { waitAnew(for: catchUp.encoding) }
  }

  // MARK: Retransmission

  /// The packet a NACK names, if it may be sent (again) at `now`.
  ///
  /// - Parameter source: finds the cached packet of what was sent.
  /// - Returns: the cached packet's facts, and the patch for sending it: inside RTX under a number of its own,
  ///   or, without RTX, exactly as it was.
  package mutating func retransmit(
    _ number: SerialNumber16, source: (SentPacket) -> PacketInfo?, transportSequence: UInt16,
    at now: Instant
  ) -> (info: PacketInfo, patch: HeaderPatch)? {
    guard let sent = history.packet(wire: number), sent.epoch == epoch,
      sent.sequence >= firstRepeatable, sent.mayRepeat(at: now), let info = source(sent),
      let payloadType = payloadTypes.payloadType(info.codec)
    else { return nil }
    history.markResent(sent.sequence, at: now)
    var patch = HeaderPatch(ssrc: ssrc, payloadType: payloadType, sent: sent, marker: info.marker)
    guard !sent.isEmpty, let rtxSSRC, let rtxType = payloadTypes.retransmissionType(info.codec)
    else { return (info, patch) }
    patch.ssrc = rtxSSRC
    patch.payloadType = rtxType
    patch.sequence = nextRetransmission
    patch.originalSequence = UInt16(truncatingIfNeeded: sent.sequence)
    patch.transportSequence = transportSequence
    patch.sendTime = now.absSendTime
    nextRetransmission += 1
    return (info, patch)
  }
}

extension SentPacket {
  /// Whether no repeat of it is in flight. The first is answered at once, however soon it is asked for:
  /// on a short path a viewer would not ask again for a hundred milliseconds.
  fileprivate func mayRepeat(at now: Instant) -> Bool {
    resentAt == .zero || now - resentAt >= ForwardingLimits.retransmitInterval
  }
}

extension HeaderPatch {
  /// The patch that sends `sent` as recorded.
  fileprivate init(ssrc: SSRC, payloadType: PayloadType, sent: SentPacket, marker: Bool) {
    self.init(
      ssrc: ssrc, payloadType: payloadType, sequence: sent.sequence, timestamp: sent.timestamp,
      marker: marker, pictureID: sent.pictureID, tl0PicIdx: sent.tl0PicIdx,
      transportSequence: sent.transportSequence, sendTime: sent.sendTime,
      includesMID: sent.includesMID,
      isEmpty: sent.isEmpty, originalSequence: nil, isFirstFrame: false)
  }
}

extension Instant {
  /// The instant as abs-send-time: seconds modulo 64 in 6.18 fixed point.
  package var absSendTime: UInt32 {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return UInt32(truncatingIfNeeded: (seconds & 63) << 18 | (rest << 18) / 1_000_000_000)
      & 0xFF_FFFF
  }
}
