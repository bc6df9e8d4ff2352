// A client that plays: one transport, its streams, and our feedback on them. Sans-IO.

import Congestion
package import Crypto
import MediaControl
package import RTP
package import Wire

/// What a playing client tells its caller.
package enum OnPlaying: Hashable, Sendable {
  case nothing
  case connected
  /// A media packet; its payload lies in the caller's datagram.
  case media(PlayedPacket)
  case ended(ClientEnd)
}

/// A player. A class for the same reason as its transport.
package final class PlayingClient {
  package let transport: ClientTransport
  package let parameters: PlayingParameters
  package private(set) var streams: [ReceivingStream]
  /// RTP packets that belong to no section.
  package private(set) var unknown: UInt64 = 0
  /// Our SSRC in feedback.
  package let feedbackSSRC: SSRC
  private var recorder: TransportFeedbackRecorder?
  private var control = WireBuffer(capacity: PlayingClient.controlBytesMax)
  private var due: [SerialNumber16] = []
  private let cname: [UInt8]
  private var nextTickAt = Instant.zero
  private var nextFeedbackAt = Instant.zero
  private var nextReportAt = Instant.zero

  private static let controlBytesMax = 1200
  /// How often losses are looked at while some are missing.
  static let repairTick = TimeSpan.milliseconds(5)
  /// How often frames are looked at: bounds how late a broken one is noticed.
  static let frameTick = TimeSpan.milliseconds(50)
  static let feedbackInterval = TimeSpan.milliseconds(100)
  static let reportInterval = TimeSpan.seconds(1)
  /// Losses asked for at once, per section.
  static let missingPerMessage = 256

  /// A client over a transport that may or may not be connected yet. `random` gives our SSRC.
  package init(_ parameters: PlayingParameters, transport: ClientTransport, random: RandomSource) {
    self.transport = transport
    self.parameters = parameters
    var random = random
    feedbackSSRC = SSRC(truncatingIfNeeded: random.next()) | 1
    cname = Array(parameters.cname.utf8)
    streams = parameters.sections.map {
      // Where nothing can be asked for again, ignoring would only lose.
      ReceivingStream(
        $0, ignoredEvery: $0.feedback.contains(.nack) ? parameters.ignoredEvery : 0)
    }
    if parameters.sections.contains(where: { $0.feedback.contains(.transportWide) }) {
      recorder = TransportFeedbackRecorder()
    }
    due.reserveCapacity(PlayingClient.missingPerMessage)
  }

  /// Keeps completed VP8 frames of every section until `takeFrames`.
  package func keepFrames() {
    for section in streams.indices { streams[section].frames.keepsFrames = true }
  }

  /// Lends the frames completed since the last call, then forgets them.
  package func takeFrames(section: Int, _ body: (CompletedFrame) -> Void) {
    guard streams.indices.contains(section) else { return }
    for frame in streams[section].frames.completed { body(frame) }
    streams[section].frames.removeCompleted()
  }

  // MARK: Receiving

  /// Takes one datagram.
  ///
  /// - Parameter datagram: the whole receiving slot; the datagram is its first `length` bytes.
  package func receive(
    _ datagram: inout MutableSpan<UInt8>, length: Int, on path: TransportPath, at now: Instant,
    into batch: inout DatagramBatch
  ) -> OnPlaying {
    switch transport.receive(&datagram, length: length, on: path, at: now, into: &batch) {
    case .nothing: return .nothing
    case .connected: return .connected
    case .ended(let reason): return .ended(reason)
    case .rtp(let length):
      guard let played = receiveRTP(datagram.span.extracting(0..<length), at: now) else {
        return .nothing
      }
      return .media(played)
    case .rtcp(let length):
      receiveRTCP(datagram.span.extracting(0..<length), at: now)
      return .nothing
    }
  }

  /// Takes one RTP packet in clear; nil when it is no media of ours.
  func receiveRTP(_ packet: borrowing Span<UInt8>, at now: Instant) -> PlayedPacket? {
    guard let header = try? RTPHeader(parsing: packet) else {
      unknown &+= 1
      return nil
    }
    let extensions = ParsedExtensions(parsing: packet, header: header, map: parameters.extensions)
    if let number = extensions.transportSequence {
      recorder?.record(SerialNumber16(number), at: now)
    }
    guard let place = place(of: header, extensions, packet) else {
      unknown &+= 1
      return nil
    }
    return streams[place].receive(header, packet, place: place, at: now)
  }

  /// The section of a packet: by SSRC, else by MID, else by payload type where only one has it.
  private func place(
    of header: RTPHeader, _ extensions: ParsedExtensions, _ packet: borrowing Span<UInt8>
  ) -> Int? {
    for place in streams.indices
    where streams[place].ssrc == header.ssrc || streams[place].rtxSSRC == header.ssrc {
      return place
    }
    var found: Int?
    for place in streams.indices {
      guard streams[place].format(of: header.payloadType) != nil else { continue }
      if let range = extensions.mid {
        guard let mid = packet.slice(range),
          PlayingClient.equals(streams[place].section.mid, mid)
        else { continue }
        found = place
        break
      }
      // Without a MID a payload type that several sections have says nothing.
      if found != nil { return nil }
      found = place
    }
    guard let found, let meaning = streams[found].format(of: header.payloadType) else { return nil }
    streams[found].learn(header.ssrc, isRetransmission: meaning.isRetransmission)
    return found
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

  /// Takes RTCP in clear: of a server's words a player only needs sender reports.
  func receiveRTCP(_ datagram: borrowing Span<UInt8>, at now: Instant) {
    var compound = RTCPCompound()
    while let item = try? compound.next(in: datagram) {
      guard item.kind == .senderReport,
        let report = try? SenderReport(parsing: item, in: datagram),
        let place = streams.firstIndex(where: { $0.ssrc == report.ssrc })
      else { continue }
      streams[place].receive(report, at: now)
    }
  }

  // MARK: Time

  /// When `advance` must be called next.
  package var nextDeadline: Instant {
    guard transport.isConnected else { return transport.nextDeadline }
    return min(transport.nextDeadline, nextTickAt)
  }

  /// Does what is due: ICE, DTLS, NACK, PLI, receiver reports, transport-wide feedback.
  package func advance(at now: Instant, into batch: inout DatagramBatch) -> OnPlaying {
    if let end = transport.advance(at: now, into: &batch) { return .ended(end) }
    guard transport.isConnected, now >= nextTickAt else { return .nothing }
    repair(at: now, into: &batch)
    if now >= nextFeedbackAt {
      nextFeedbackAt = now + PlayingClient.feedbackInterval
      sendTransportFeedback(at: now, into: &batch)
    }
    if now >= nextReportAt {
      nextReportAt = now + PlayingClient.reportInterval
      sendReport(at: now, into: &batch)
    }
    nextTickAt = min(now + PlayingClient.frameTick, min(nextFeedbackAt, nextReportAt))
    for place in streams.indices {
      guard let next = streams[place].nextRepair else { continue }
      nextTickAt = min(nextTickAt, max(next, now + PlayingClient.repairTick))
    }
    return .nothing
  }

  private func repair(at now: Instant, into batch: inout DatagramBatch) {
    for place in streams.indices {
      guard let ssrc = streams[place].ssrc else { continue }
      due.removeAll(keepingCapacity: true)
      streams[place].takeMissing(at: now, into: &due)
      if !due.isEmpty {
        beginControl()
        let missing = due  // A local: spans of a class's property can't be lent.
        try? GenericNACK.write(
          sender: feedbackSSRC, media: ssrc, missing: missing.span, to: &control)
        transport.sendRTCP(control, into: &batch)
      }
      if streams[place].takeKeyframeRequest(at: now) { sendPLI(ssrc, into: &batch) }
    }
  }

  private func sendPLI(_ ssrc: SSRC, into batch: inout DatagramBatch) {
    beginControl()
    try? PictureLossIndication(sender: feedbackSSRC, media: ssrc).write(to: &control)
    transport.sendRTCP(control, into: &batch)
  }

  /// Asks for a keyframe whatever was received, as a player with a broken decoder would; at most once
  /// in 500 ms.
  package func requestKeyframe(section: Int, at now: Instant, into batch: inout DatagramBatch) {
    guard streams.indices.contains(section), let ssrc = streams[section].ssrc,
      streams[section].requestKeyframe(at: now)
    else { return }
    sendPLI(ssrc, into: &batch)
  }

  /// Empties `control`; without reduced-size RTCP every message follows an empty report and our CNAME
  /// (RFC 3550 section 6.1).
  private func beginControl() {
    control.removeAll()
    guard !parameters.reducedSizeRTCP else { return }
    let cname = cname  // A local: spans of a class's property can't be lent.
    try? ReceiverReport.write(ssrc: feedbackSSRC, reports: Span(), to: &control)
    try? SourceDescription.write(ssrc: feedbackSSRC, cname: cname.span, to: &control)
  }

  private func sendTransportFeedback(at now: Instant, into batch: inout DatagramBatch) {
    guard recorder != nil, let media = streams.lazy.compactMap(\.ssrc).first else { return }
    // One message covers a hundred milliseconds of any stream; more only after a long gap.
    for _ in 0..<4 {
      beginControl()
      let isWritten = try? recorder?.writeFeedback(
        sender: feedbackSSRC, media: media, at: now, to: &control)
      guard isWritten ?? false else { return }
      transport.sendRTCP(control, into: &batch)
    }
  }

  /// Sends a report for each section by itself, as browsers do: some servers read only the first block.
  private func sendReport(at now: Instant, into batch: inout DatagramBatch) {
    let cname = cname  // A local: spans of a class's property can't be lent.
    for place in streams.indices {
      guard var block = streams[place].makeReportBlock(at: now) else { continue }
      shortenDelay(of: &block)
      let blocks = [block]
      control.removeAll()
      guard
        (try? ReceiverReport.write(ssrc: feedbackSSRC, reports: blocks.span, to: &control)) != nil,
        (try? SourceDescription.write(ssrc: feedbackSSRC, cname: cname.span, to: &control)) != nil
      else { return }
      transport.sendRTCP(control, into: &batch)
    }
  }

  /// Makes the server measure a round trip longer by `pretendedRoundTrip`.
  private func shortenDelay(of block: inout ReportBlock) {
    guard block.lastSenderReport != 0 else { return }
    let ticks = UInt32(clamping: Int64(parameters.pretendedRoundTrip.seconds * 65_536))
    block.delaySinceLastSenderReport -= min(ticks, block.delaySinceLastSenderReport)
  }
}
