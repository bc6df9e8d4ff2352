// What a peer sends to us: which RTP stream is which encoding of which track.

import Congestion
package import Forwarding
package import MediaControl
import RTP
package import Wire

/// The receiving half of one transport.
package struct PublisherSide: Sendable {
  /// What became of one RTP packet.
  package enum OnPacket: Sendable {
    case discarded(DiscardReason)
    /// Read and of no further use: a probe inside RTX.
    case consumed
    /// A media packet: its place among the peer's tracks, its facts, and where its bytes lie.
    case media(track: Int, PacketInfo, descriptor: Range<Int>, payload: Range<Int>)
  }

  /// Where an SSRC belongs.
  private struct Binding: Sendable {
    var ssrc: SSRC
    var track: Int
    var encoding: Int
    var isRetransmission: Bool
  }

  package private(set) var tracks: [TrackIngress] = []
  package var clock = PublisherClock()
  /// Made with the first section that agreed to it: a peer that only watches needs none of its memory.
  var feedback: TransportFeedbackRecorder?
  /// For publishers that agreed to REMB and not to transport-wide feedback.
  var estimate: ReceiveEstimate?
  private var bindings: [Binding] = []
  private var extensionIDs = ExtensionMap()

  /// Reused for each NACK; its capacity bounds one message.
  var missingScratch: [SerialNumber16] = []
  /// The FIR command number, RFC 5104 section 4.3.1.1.
  var firNumber: UInt8 = 0

  /// Packets asked for in one NACK: at most as many pairs fit a datagram.
  static let missingPerMessage = 256

  /// SSRCs one peer may use: three layers and their RTX in four sections, twice over for restarts.
  static let bindingsMax = 48

  /// A side that receives nothing.
  package init() {}

  /// Fills `missingScratch` with what is due on one stream.
  mutating func takeMissing(track: Int, encoding: Int, at now: Instant) {
    if missingScratch.capacity == 0 {
      missingScratch.reserveCapacity(PublisherSide.missingPerMessage)
    }
    tracks[track].encodings[encoding].takeMissing(at: now, into: &missingScratch)
  }

  /// Any SSRC of the publisher's, nil before the first.
  var bindingSSRC: SSRC? { bindings.first?.ssrc }

  /// The place of a media stream by its SSRC.
  func mediaPlace(of ssrc: SSRC) -> (track: Int, encoding: Int)? {
    for binding in bindings where binding.ssrc == ssrc && !binding.isRetransmission {
      return (binding.track, binding.encoding)
    }
    return nil
  }

  mutating func adjustClock(
    track: Int, encoding: Int, time: WallTime, timestamp: RTPTimestamp
  ) {
    guard let offset = clock.offset, let steady = clock.steadyOffset else { return }
    tracks[track].clock.report(
      encoding: encoding, time: time, timestamp: timestamp, captureOffset: offset,
      steadyOffset: steady)
  }

  /// Takes the sections of a (re)negotiation; tracks that stay keep their state.
  package mutating func update(_ media: MediaParameters) {
    extensionIDs = media.extensions
    chooseCongestionFeedback(media.receives)
    let old = tracks
    tracks = media.receives.map { section in
      guard var kept = old.first(where: { $0.continues(as: section) }) else {
        return TrackIngress(section)
      }
      kept.renegotiate(section)
      return kept
    }
    bindings.removeAll(keepingCapacity: true)
    for track in tracks.indices {
      for encoding in tracks[track].encodings.indices {
        let state = tracks[track].encodings[encoding]
        if let ssrc = state.ssrc { bind(ssrc, track, encoding, isRetransmission: false) }
        if let ssrc = state.rtxSSRC { bind(ssrc, track, encoding, isRetransmission: true) }
      }
    }
  }

  /// One of the two, for the whole transport: transport-wide feedback where any section agreed to it,
  /// else REMB where any did.
  private mutating func chooseCongestionFeedback(_ sections: [ReceiveSection]) {
    let agreed = sections.reduce(into: FeedbackSet()) { $0.formUnion($1.feedback) }
    if !agreed.contains(.transportWide) {
      feedback = nil
    } else if feedback == nil {
      feedback = TransportFeedbackRecorder()
    }
    if feedback != nil || !agreed.contains(.remb) {
      estimate = nil
    } else if estimate == nil {
      estimate = ReceiveEstimate()
    }
  }

  private mutating func bind(_ ssrc: SSRC, _ track: Int, _ encoding: Int, isRetransmission: Bool) {
    guard bindings.count < PublisherSide.bindingsMax else { return }
    bindings.append(
      Binding(ssrc: ssrc, track: track, encoding: encoding, isRetransmission: isRetransmission))
  }

  /// Changes one encoding in place: its NACK list, its keyframe budget.
  package mutating func withEncoding<Result>(
    track: Int, encoding: Int, _ body: (inout EncodingIngress) -> Result
  ) -> Result? {
    guard tracks.indices.contains(track), tracks[track].encodings.indices.contains(encoding) else {
      return nil
    }
    return body(&tracks[track].encodings[encoding])
  }

  // MARK: Packets

  /// Takes one RTP packet in clear.
  package mutating func receive(
    _ packet: borrowing Span<UInt8>, at now: Instant, wall: WallTime
  ) -> OnPacket {
    guard let header = try? RTPHeader(parsing: packet) else { return .discarded(.malformedRTP) }
    let extensions = ParsedExtensions(parsing: packet, header: header, map: extensionIDs)
    if let sequence = extensions.transportSequence {
      feedback?.record(SerialNumber16(sequence), at: now)
    }
    estimate?.record(byteCount: packet.count, at: now)
    let binding: Binding
    switch find(header, extensions, packet) {
    case .success(let found): binding = found
    case .failure(let refusal): return .discarded(refusal.reason)
    }
    guard let meaning = tracks[binding.track].payload(header.payloadType) else {
      return .discarded(.unknownPayloadType)
    }
    switch meaning {
    case .media(let codec):
      guard !binding.isRetransmission else { return .discarded(.unknownPayloadType) }
      return media(
        header, codec, binding, header.payload, extensions, isRepair: false, packet, now, wall)
    case .retransmission(let codec, let original):
      return unwrap(header, codec, original, binding, extensions, packet, now, wall)
    }
  }

  /// Undoes RTX: two bytes of original sequence number, then the original payload (RFC 4588 section 4).
  private mutating func unwrap(
    _ header: RTPHeader, _ codec: Codec, _ original: PayloadType, _ binding: Binding,
    _ extensions: ParsedExtensions, _ packet: borrowing Span<UInt8>, _ now: Instant,
    _ wall: WallTime
  ) -> OnPacket {
    // Browsers probe for bandwidth with RTX packets of padding only.
    if header.payload.isEmpty { return .consumed }
    guard header.payload.count > 2, let high = packet.byte(at: header.payload.lowerBound),
      let low = packet.byte(at: header.payload.lowerBound + 1),
      let ssrc = tracks[binding.track].encodings[binding.encoding].ssrc
    else { return .discarded(.malformedRTX) }
    var inner = header
    inner.ssrc = ssrc
    inner.payloadType = original
    inner.sequenceNumber = SerialNumber16(UInt16(high) << 8 | UInt16(low))
    let payload = (header.payload.lowerBound + 2)..<header.payload.upperBound
    return media(inner, codec, binding, payload, extensions, isRepair: true, packet, now, wall)
  }

  private mutating func media(
    _ header: RTPHeader, _ codec: Codec, _ binding: Binding, _ payload: Range<Int>,
    _ extensions: ParsedExtensions, isRepair: Bool, _ packet: borrowing Span<UInt8>,
    _ now: Instant, _ wall: WallTime
  ) -> OnPacket {
    guard payload.count <= ForwardingLimits.payloadBytesMax, let bytes = packet.slice(payload)
    else { return .discarded(.oversized) }
    let info = try? tracks[binding.track].receive(
      header: header, codec: codec, encoding: binding.encoding, payload: bytes,
      extensions: extensions, isRepair: isRepair, at: now, wall: wall)
    guard var info else { return .discarded(.malformedPayload) }
    if info.absCaptureTime != 0 { info.absCaptureTime = onOurClock(info.absCaptureTime) }
    let descriptor = extensions.dependencyDescriptor ?? 0..<0
    return .media(track: binding.track, info, descriptor: descriptor, payload: payload)
  }

  /// A capture time of the publisher's clock on ours, as all times we tell are: viewers compare it with
  /// our sender reports. 0, which is not forwarded, before the first report has told the difference.
  private func onOurClock(_ time: UInt64) -> UInt64 {
    guard let offset = clock.offset else { return 0 }
    return NTPTime(NTPTime(rawValue: time).wallTime + offset).rawValue
  }

  // MARK: Which stream is it

  private struct Refusal: Error {
    var reason: DiscardReason
  }

  /// The stream a packet belongs to: by SSRC, else learnt from RID, repaired RID, MID or, where only
  /// one section has it, the payload type (RFC 8843 section 9.2, RFC 8852 section 4).
  private mutating func find(
    _ header: RTPHeader, _ extensions: ParsedExtensions, _ packet: borrowing Span<UInt8>
  ) -> Result<Binding, Refusal> {
    for binding in bindings where binding.ssrc == header.ssrc { return .success(binding) }
    guard let place = place(of: header, extensions, packet) else {
      return .failure(Refusal(reason: .unknownStream))
    }
    guard bindings.count < PublisherSide.bindingsMax else {
      return .failure(Refusal(reason: .tooManyEncodings))
    }
    let binding = Binding(
      ssrc: header.ssrc, track: place.track, encoding: place.encoding,
      isRetransmission: place.isRetransmission)
    learn(binding)
    return .success(binding)
  }

  private mutating func learn(_ binding: Binding) {
    bindings.removeAll {
      $0.track == binding.track && $0.encoding == binding.encoding
        && $0.isRetransmission == binding.isRetransmission
    }
    bindings.append(binding)
    if binding.isRetransmission {
      tracks[binding.track].encodings[binding.encoding].rtxSSRC = binding.ssrc
    } else {
      if tracks[binding.track].encodings[binding.encoding].ssrc != nil {
        tracks[binding.track].clock.reset(encoding: binding.encoding)
      }
      tracks[binding.track].encodings[binding.encoding].renew(binding.ssrc)
    }
  }

  private func place(
    of header: RTPHeader, _ extensions: ParsedExtensions, _ packet: borrowing Span<UInt8>
  ) -> (track: Int, encoding: Int, isRetransmission: Bool)? {
    var candidates = tracks.indices.filter { tracks[$0].payload(header.payloadType) != nil }
    if let range = extensions.mid, let mid = packet.slice(range) {
      candidates = candidates.filter { PublisherSide.equals(tracks[$0].section.mid, mid) }
    }
    guard candidates.count == 1, let track = candidates.first,
      let meaning = tracks[track].payload(header.payloadType)
    else { return nil }
    let isRetransmission = if case .retransmission = meaning { true } else { false }
    let named = tracks[track].section.encodings
    if let range = isRetransmission ? extensions.repairedRID ?? extensions.rid : extensions.rid,
      let rid = packet.slice(range)
    {
      guard
        let encoding = named.firstIndex(where: {
          $0.rid.map { PublisherSide.equals($0, rid) } ?? false
        })
      else { return nil }
      return (track, encoding, isRetransmission)
    }
    return tracks[track].encodings.count == 1 ? (track, 0, isRetransmission) : nil
  }

  private static func equals(_ text: String, _ bytes: borrowing Span<UInt8>) -> Bool {
    guard text.utf8.count == bytes.count else { return false }
    var index = 0
    for byte in text.utf8 {
      if byte != bytes[index] { return false }
      index += 1
    }
    return true
  }
}
