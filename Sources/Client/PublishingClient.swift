// A client that publishes: one transport, its streams, and the server's feedback on them. Sans-IO.

package import Congestion
package import Crypto
import MediaControl
package import RTP
package import Wire

/// What a publishing client tells its caller.
package enum OnPublishing: Hashable, Sendable {
  case nothing
  case connected
  /// Ask `streams[…].takeKeyframeRequest()`.
  case keyframeRequested
  case ended(ClientEnd)
}

/// A publisher. A class for the same reason as its transport.
package final class PublishingClient {
  package let transport: ClientTransport
  package let parameters: PublishingParameters
  /// All encodings of all sections, in order.
  package private(set) var streams: [PublishingStream]
  /// What the server says arrived, by transport-wide sequence number.
  package private(set) var feedback = TransportFeedbackReader()
  package private(set) var roundTrip = RoundTripTime()
  /// The last REMB; nil before the first.
  package private(set) var estimate: Bitrate?
  private var arrivals: [TransportFeedbackReader.Arrival] = []
  private var control = WireBuffer(capacity: PublishingClient.controlBytesMax)
  private var nextReportAt = Instant.distantFuture

  private static let controlBytesMax = 1200
  /// RFC 3550 section 6.2 would allow five; a server wants the clock's relation soon.
  static let reportInterval = TimeSpan.seconds(1)

  /// A client over a transport that may or may not be connected yet. `random` seeds first numbers.
  package init(
    _ parameters: PublishingParameters, transport: ClientTransport, random: RandomSource
  ) {
    self.transport = transport
    self.parameters = parameters
    var random = random
    streams = []
    for (place, section) in parameters.sections.enumerated() {
      for encoding in section.encodings {
        streams.append(
          PublishingStream(
            section, place: place, encoding: encoding, ids: parameters.extensions,
            seed: random.next()))
      }
    }
    arrivals.reserveCapacity(256)
  }

  // MARK: Sending

  /// Sends one packet of `streams[stream]`.
  ///
  /// - Parameter payload: at most `PublishingStream.payloadBytesMax`; borrowed for the call.
  /// - Returns: false when it was not queued: not connected, too long, or the batch is full.
  @discardableResult
  package func send(
    _ payload: borrowing Span<UInt8>, _ packet: PublishingStream.Packet, stream: Int,
    at now: Instant, into batch: inout DatagramBatch
  ) -> Bool {
    guard transport.isConnected, streams.indices.contains(stream),
      let sequence = streams[stream].write(
        payload, packet, transportSequence: feedback.history.nextNumber.rawValue, at: now)
    else { return false }
    if streams[stream].packetsSent == 1 { nextReportAt = now }
    let length = sendStored(sequence, stream, into: &batch)
    _ = feedback.history.record(byteCount: length, at: now)
    return length > 0
  }

  private func sendStored(_ sequence: Int64, _ stream: Int, into batch: inout DatagramBatch) -> Int
  {
    streams[stream].withPacket(sequence) { bytes, headerLength in
      transport.sendRTP(
        bytes, headerLength: headerLength,
        rolloverCounter: UInt32(truncatingIfNeeded: sequence >> 16), into: &batch)
    } ?? 0
  }

  /// Asks and forgets whether the next frame of `streams[stream]` should be a keyframe.
  package func takeKeyframeRequest(stream: Int) -> Bool {
    streams.indices.contains(stream) && streams[stream].takeKeyframeRequest()
  }

  // MARK: Time

  /// When `advance` must be called next.
  package var nextDeadline: Instant {
    transport.isConnected ? min(transport.nextDeadline, nextReportAt) : transport.nextDeadline
  }

  /// Does what is due: ICE, DTLS, sender reports. `wall` is what the reports tell.
  package func advance(at now: Instant, wall: WallTime, into batch: inout DatagramBatch)
    -> OnPublishing
  {
    if let end = transport.advance(at: now, into: &batch) { return .ended(end) }
    guard transport.isConnected, now >= nextReportAt else { return .nothing }
    nextReportAt = now + PublishingClient.reportInterval
    for stream in streams.indices { report(stream, wall, into: &batch) }
    return .nothing
  }

  private func report(_ stream: Int, _ wall: WallTime, into batch: inout DatagramBatch) {
    guard let report = streams[stream].report(at: wall) else { return }
    control.removeAll()
    let cname = Array(parameters.cname.utf8)
    guard (try? report.write(to: &control)) != nil,
      (try? SourceDescription.write(ssrc: report.ssrc, cname: cname.span, to: &control)) != nil
    else { return }
    transport.sendRTCP(control, into: &batch)
  }

  // MARK: Receiving

  /// Takes one datagram.
  ///
  /// - Parameter datagram: the whole receiving slot; the datagram is its first `length` bytes.
  package func receive(
    _ datagram: inout MutableSpan<UInt8>, length: Int, on path: TransportPath, at now: Instant,
    wall: WallTime, into batch: inout DatagramBatch
  ) -> OnPublishing {
    switch transport.receive(&datagram, length: length, on: path, at: now, into: &batch) {
    case .nothing, .rtp: return .nothing
    case .connected: return .connected
    case .ended(let reason): return .ended(reason)
    case .rtcp(let length):
      return receiveRTCP(
        datagram.span.extracting(0..<length), at: now, wall: wall, into: &batch)
    }
  }

  /// Takes RTCP in clear; what came before a malformed packet counts.
  func receiveRTCP(
    _ datagram: borrowing Span<UInt8>, at now: Instant, wall: WallTime,
    into batch: inout DatagramBatch
  ) -> OnPublishing {
    var compound = RTCPCompound()
    var result = OnPublishing.nothing
    while let item = try? compound.next(in: datagram) {
      switch item.kind {
      case .receiverReport:
        guard let report = try? ReceiverReport(parsing: item, in: datagram) else { continue }
        receive(report.reports, in: datagram, wall: wall)
      case .senderReport:
        guard let reports = try? SenderReport.reports(of: item) else { continue }
        receive(reports, in: datagram, wall: wall)
      case .genericNACK:
        guard let nack = try? GenericNACK(parsing: item, in: datagram) else { continue }
        receive(nack, in: datagram, at: now, into: &batch)
      case .pictureLossIndication, .fullIntraRequest:
        if receiveKeyframeRequest(item, in: datagram) { result = .keyframeRequested }
      case .applicationFeedback:
        if let remb = try? ReceiverEstimatedMaximumBitrate(parsing: item, in: datagram) {
          estimate = remb.bitrate
        }
      case .transportFeedback:
        guard let message = try? TransportFeedback(parsing: item, in: datagram) else { continue }
        arrivals.removeAll(keepingCapacity: true)
        feedback.receive(message, in: datagram, at: now, arrivals: &arrivals)
      case .sourceDescription, .goodbye, .extendedReport, .other:
        break
      }
    }
    return result
  }

  private func index(of ssrc: SSRC) -> Int? { streams.firstIndex { $0.encoding.ssrc == ssrc } }

  private func receive(
    _ reports: ReportBlocks, in datagram: borrowing Span<UInt8>, wall: WallTime
  ) {
    for place in 0..<reports.count {
      guard let block = reports.block(at: place, in: datagram), let stream = index(of: block.ssrc)
      else { continue }
      streams[stream].receive(block)
      roundTrip.receive(block, at: NTPTime(wall))
    }
  }

  private func receiveKeyframeRequest(_ item: RTCPItem, in datagram: borrowing Span<UInt8>) -> Bool
  {
    if let request = try? PictureLossIndication(parsing: item, in: datagram),
      item.kind == .pictureLossIndication, let stream = index(of: request.media)
    {
      streams[stream].requestKeyframe()
      return true
    }
    guard item.kind == .fullIntraRequest,
      let request = try? FullIntraRequest(parsing: item, in: datagram)
    else { return false }
    var isAny = false
    for place in 0..<request.count {
      guard let entry = request.entry(at: place, in: datagram), let stream = index(of: entry.ssrc)
      else { continue }
      streams[stream].requestKeyframe(fir: entry.sequenceNumber)
      isAny = true
    }
    return isAny
  }

  private func receive(
    _ nack: GenericNACK, in datagram: borrowing Span<UInt8>, at now: Instant,
    into batch: inout DatagramBatch
  ) {
    guard let stream = index(of: nack.media) else { return }
    var nack = nack
    while let number = nack.next(in: datagram) {
      guard
        let sequence = streams[stream].takeResend(
          number, roundTrip: roundTrip.smoothed ?? .zero, at: now)
      else { continue }
      resend(sequence, stream, at: now, into: &batch)
    }
  }

  /// Sends a packet again: inside RTX where that was agreed, else exactly as it was.
  private func resend(
    _ sequence: Int64, _ stream: Int, at now: Instant, into batch: inout DatagramBatch
  ) {
    guard streams[stream].encoding.rtxSSRC != nil, streams[stream].format.rtxPayloadType != nil
    else {
      _ = sendStored(sequence, stream, into: &batch)
      return
    }
    // Repair is rare enough to afford its own storage.
    var storage = [UInt8](repeating: 0, count: DatagramBatch.datagramBytesMax)
    var packet = storage.mutableSpan
    guard
      let written = streams[stream].writeRetransmission(
        of: sequence, transportSequence: feedback.history.nextNumber.rawValue, at: now, to: &packet)
    else { return }
    let length = transport.sendRTP(
      packet.span.extracting(0..<written.length), headerLength: written.headerLength,
      rolloverCounter: UInt32(truncatingIfNeeded: written.sequence >> 16), into: &batch)
    _ = feedback.history.record(byteCount: length, at: now)
  }
}
