// What we tell a publisher about its streams: reports, losses, arrivals, wishes for keyframes.

import Congestion
import Forwarding
import MediaControl
package import RTP
package import Wire

extension PublisherSide {
  /// Takes a sender report; its stream's clock and statistics learn from it.
  ///
  /// - Returns: the stream's place; nil when the SSRC is none of the publisher's media streams.
  package mutating func receive(_ report: SenderReport, at now: Instant, wall: WallTime)
    -> (track: Int, encoding: Int)?
  {
    guard let place = mediaPlace(of: report.ssrc) else { return nil }
    let sent = report.time.wallTime
    // The round trip to a publisher that only sends is not known without XR: taken as none, which
    // puts media time at most half a round trip late (docs/decisions/0002).
    clock.report(sent: sent, arrival: wall, roundTrip: .zero)
    withEncoding(track: place.track, encoding: place.encoding) {
      $0.statistics?.receive(report, at: now)
    }
    adjustClock(
      track: place.track, encoding: place.encoding, time: sent, timestamp: report.timestamp)
    return place
  }

  /// Appends receiver reports on all streams, and our CNAME.
  ///
  /// - Returns: false when there is nothing to report on.
  package mutating func writeReceiverReport(
    sender: SSRC, cname: String, at now: Instant, to buffer: inout WireBuffer
  ) -> Bool {
    var blocks: [ReportBlock] = []
    for track in tracks.indices {
      for encoding in tracks[track].encodings.indices where blocks.count < ReportBlock.countMax {
        let block = withEncoding(track: track, encoding: encoding) { state -> ReportBlock? in
          let block = state.statistics?.makeReportBlock(at: now)
          if let block { state.fractionLost = Double(block.fractionLost) / 256 }
          return block
        }
        if let block = block ?? nil { blocks.append(block) }
      }
    }
    guard !blocks.isEmpty else { return false }
    do throws(WireError) {
      try ReceiverReport.write(ssrc: sender, reports: blocks.span, to: &buffer)
      try SourceDescription.write(ssrc: sender, cname: Array(cname.utf8).span, to: &buffer)
      return true
    } catch {
      return false
    }
  }

  /// Appends REMB for a publisher that agreed to it and not to transport-wide feedback.
  ///
  /// - Returns: false when there is nothing to tell.
  @discardableResult
  package mutating func writeEstimate(
    sender: SSRC, at now: Instant, to buffer: inout WireBuffer
  ) -> Bool {
    guard estimate != nil else { return false }
    var streams: [SSRC] = []
    var expected: Int64 = 0
    var lost: Int64 = 0
    for track in tracks {
      for encoding in track.encodings {
        guard let statistics = encoding.statistics else { continue }
        streams.append(statistics.ssrc)
        expected += statistics.packetsExpected
        lost += statistics.cumulativeLost
      }
    }
    guard let bitrate = estimate?.update(expected: expected, lost: lost, at: now) else {
      return false
    }
    let message = ReceiverEstimatedMaximumBitrate(sender: sender, bitrate: bitrate)
    return (try? message.write(streams: streams.span, to: &buffer)) != nil
  }

  /// Appends a NACK for what is due on one stream.
  ///
  /// - Returns: how many packets were asked for.
  package mutating func writeMissing(
    track: Int, encoding: Int, sender: SSRC, at now: Instant, to buffer: inout WireBuffer
  ) -> Int {
    missingScratch.removeAll(keepingCapacity: true)
    takeMissing(track: track, encoding: encoding, at: now)
    guard !missingScratch.isEmpty, let ssrc = tracks[track].encodings[encoding].ssrc else {
      return 0
    }
    let written: Void? = try? GenericNACK.write(
      sender: sender, media: ssrc, missing: missingScratch.span, to: &buffer)
    return written == nil ? 0 : missingScratch.count
  }

  /// Appends one transport-wide feedback message; call until it returns false.
  package mutating func writeTransportFeedback(
    sender: SSRC, at now: Instant, to buffer: inout WireBuffer
  ) -> Bool {
    guard let media = bindingSSRC else { return false }
    return (try? feedback?.writeFeedback(sender: sender, media: media, at: now, to: &buffer))
      ?? false
  }

  /// Whether packets of a stream were given up since the last call: then only a keyframe repairs it.
  package mutating func takeAbandoned(track: Int, encoding: Int) -> Bool {
    withEncoding(track: track, encoding: encoding) { state in
      defer { state.abandonedSeen = state.missing.abandoned }
      return state.missing.abandoned > state.abandonedSeen
    } ?? false
  }

  /// Appends a PLI for one stream, or a FIR where only that was agreed.
  ///
  /// - Returns: false when the stream is not known yet or agreed to neither.
  package mutating func writeKeyframeRequest(
    track: Int, encoding: Int, sender: SSRC, to buffer: inout WireBuffer
  ) -> Bool {
    guard let ssrc = tracks[track].encodings[encoding].ssrc else { return false }
    let feedback = tracks[track].section.feedback
    if feedback.contains(.pli) {
      return (try? PictureLossIndication(sender: sender, media: ssrc).write(to: &buffer)) != nil
    }
    guard feedback.contains(.fir) else { return false }
    firNumber &+= 1
    let entry = FullIntraRequest.Entry(ssrc: ssrc, sequenceNumber: firNumber)
    return (try? FullIntraRequest.write(sender: sender, entry: entry, to: &buffer)) != nil
  }

  /// The loss towards us on one stream at the last report, before repair.
  package func fractionLost(track: Int, encoding: Int) -> Double {
    guard tracks.indices.contains(track), tracks[track].encodings.indices.contains(encoding) else {
      return 0
    }
    return tracks[track].encodings[encoding].fractionLost
  }
}
