// One received H.264 layer → samples of one rendition.

import HLS
import Media
import RTP
import Wire

/// A layer on its way from packets to a rendition.
struct LayerFeed {
  let name: String
  var clock = MediaClock(clockRate: 90_000)
  /// Its rendition; nil before the first keyframe.
  var place: Int?
  private(set) var wantsKeyframe = true
  private var depacketizer = H264Depacketizer(waitPackets: LayerFeed.waitPackets)
  private var stream = AVCStream()
  private var frame = EncodedVideoFrame()
  private var lastReportAt: Instant?

  /// Packets to see behind a hole: more than a repair takes at 3 Mbit/s and 80 ms round trip.
  static let waitPackets = 96

  /// A sample and what it needs.
  struct Output {
    let capturedAt: WallTime
    let bytes: [UInt8]
    let isSync: Bool
    let format: AVCConfiguration?
  }

  /// The coding of the last keyframe.
  var configuration: AVCConfiguration? { stream.configuration }

  init(name: String) { self.name = name }

  /// Takes a report once; true when the clock jumped.
  mutating func receive(_ report: SenderReport, arrival: Instant) -> Bool {
    guard arrival != lastReportAt else { return false }
    lastReportAt = arrival
    return clock.receive(report, arrival: arrival)
  }

  /// Takes a packet; gives every frame that is whole now and can be decoded.
  mutating func receive(
    _ sequenceNumber: SerialNumber16, timestamp: RTPTimestamp, marker: Bool,
    payload: borrowing Span<UInt8>, _ body: (Output) -> Void
  ) {
    _ = try? depacketizer.receive(
      sequenceNumber, timestamp: timestamp, marker: marker, payload: payload)
    while true {
      switch depacketizer.nextFrame(into: &frame) {
      case .nothing: return
      case .gap: wantsKeyframe = true
      case .frame(let received):
        guard received.isDecodable, let capturedAt = clock.advance(to: received.timestamp) else {
          wantsKeyframe = true
          continue
        }
        let whole = frame  // A local: a span of one property can't be lent to another.
        guard case .sample(let bytes, let isSync, let format) = stream.receive(whole.bytes) else {
          wantsKeyframe = true
          continue
        }
        if isSync { wantsKeyframe = false }
        body(Output(capturedAt: capturedAt, bytes: bytes, isSync: isSync, format: format))
      }
    }
  }
}
