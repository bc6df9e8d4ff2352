// One received layer → samples of one rendition, or frames to be transcoded.

import HLS
import Media
import RTP
import Transcoding
import Wire

/// A layer on its way from packets to a rendition.
struct LayerFeed {
  let name: String
  var clock = MediaClock(clockRate: 90_000)
  /// Its rendition; nil before the first keyframe.
  var place: Int?
  private(set) var wantsKeyframe = true
  /// Its rendition shows the slate: only a keyframe can follow.
  var isOnSlate = false
  /// The newest keyframe of H.264 as received, for stills.
  private(set) var lastKeyframe: [UInt8] = []
  /// The parameter sets of the slate.
  var slateStream = AVCStream()
  /// Of the newest packet; nil before the first.
  var codec: Codec? { depacketizer?.codec }
  private var depacketizer: VideoDepacketizer?
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
    /// The frame as received; nil for what an encoder of ours made.
    var received: (timestamp: RTPTimestamp, byteCount: Int)?
  }

  /// What comes out of packets.
  enum Arrival {
    case sample(Output)
    /// A frame of another codec than H.264; `isDecodable` if all it needs has come out before.
    case source(SourceFrame, isDecodable: Bool)
  }

  /// The coding of the last keyframe.
  var configuration: AVCConfiguration? { stream.configuration }

  init(name: String) { self.name = name }

  /// What comes is of no use before the next keyframe.
  mutating func askForKeyframe() { wantsKeyframe = true }

  /// Takes a report once; true when the clock jumped.
  mutating func receive(_ report: SenderReport, arrival: Instant) -> Bool {
    guard arrival != lastReportAt else { return false }
    lastReportAt = arrival
    return clock.receive(report, arrival: arrival)
  }

  /// Takes a packet; gives every frame that is whole now and can be used.
  mutating func receive(
    _ sequenceNumber: SerialNumber16, codec: Codec, timestamp: RTPTimestamp, marker: Bool,
    payload: borrowing Span<UInt8>, _ body: (Arrival) -> Void
  ) {
    if depacketizer?.codec != codec {
      depacketizer = VideoDepacketizer(codec, waitPackets: LayerFeed.waitPackets)
      wantsKeyframe = true
    }
    _ = try? depacketizer?.receive(
      sequenceNumber, timestamp: timestamp, marker: marker, payload: payload)
    while true {
      switch depacketizer?.nextFrame(into: &frame) ?? .nothing {
      case .nothing: return
      case .gap: wantsKeyframe = true
      case .frame(let received):
        guard let capturedAt = clock.advance(to: received.timestamp) else {
          wantsKeyframe = true
          continue
        }
        guard codec == .h264 else {
          let source = SourceFrame(
            codec: codec, capturedAt: capturedAt, bytes: frame.bytes.toArray(),
            isKeyframe: received.isKeyframe, beginsSegment: false)
          wantsKeyframe = !received.isDecodable
          body(.source(source, isDecodable: received.isDecodable))
          continue
        }
        let whole = frame  // A local: a span of one property can't be lent to another.
        guard received.isDecodable, var sample = take(whole.bytes, capturedAt: capturedAt) else {
          wantsKeyframe = true
          continue
        }
        sample.received = (received.timestamp, whole.byteCount)
        if sample.isSync {
          wantsKeyframe = false
          lastKeyframe = whole.bytes.toArray()
        }
        body(.sample(sample))
      }
    }
  }

  /// Makes a sample of an access unit in annex B form; nil for one that can't be used.
  mutating func take(_ unit: borrowing Span<UInt8>, capturedAt: WallTime) -> Output? {
    guard case .sample(let bytes, let isSync, let format) = stream.receive(unit) else { return nil }
    return Output(capturedAt: capturedAt, bytes: bytes, isSync: isSync, format: format)
  }
}
