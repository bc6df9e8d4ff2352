// A received Opus stream → AAC frames on media time, without a hole (RFC 7587, ISO/IEC 14496-3).

import Media
import RTP
import Transcoding
import Wire

/// The sound of a room on its way from packets to a rendition.
///
/// Frames follow each other without a gap as long as the stream does: a lost packet is made up for, and
/// the two clocks, of samples and of media time, are kept together by a few samples now and then.
struct SoundFeed {
  var clock = MediaClock(clockRate: OpusFormat.sampleRate)
  /// Its rendition; nil before the first frame.
  var place: Int?
  /// When frame 0 begins, in samples since the epoch; nil until the next packet says.
  private(set) var anchor: Int64?
  /// Frames out since the anchor.
  private var frameCount: Int64 = 0
  private var lastReportAt: Instant?
  private let decoder: OpusDecoder
  private let encoder: AACEncoder
  private var waiting: [Int64: (timestamp: RTPTimestamp, payload: [UInt8])] = [:]
  private var nextSequence: Int64?
  /// The timestamp that would follow without a pause.
  private var expected: RTPTimestamp?
  /// Decoded and not encoded yet, interleaved.
  private var pending: [Int16] = []
  private var decoded: [Int16] = []

  static let channelCount = 2
  /// Enough for speech and music of a show; Opus from a browser has 32 to 64 kbit/s.
  static let bitsPerSecond = 96_000
  /// Packets to see behind a hole: a repair of sound takes no more than 200 ms.
  static let waitPackets = 10
  /// Packets kept at most: a second.
  static let waitingMax = 50
  /// A pause of up to this is filled with silence; after a longer one the stream begins anew.
  static let silenceMax = 48_000
  /// Silence made at once: ten seconds.
  static let fillMax = 480_000
  /// How far the clocks may be apart before samples are left out or repeated.
  static let driftMax = TimeSpan.milliseconds(20)
  /// Samples left out or repeated in one packet: 2.5 ms.
  static let driftStep = 120

  init() throws(CodecError) {
    decoder = try OpusDecoder(channelCount: SoundFeed.channelCount)
    encoder = try AACEncoder(
      channelCount: SoundFeed.channelCount, bitsPerSecond: SoundFeed.bitsPerSecond)
  }

  /// Takes a report once; true when the clock jumped.
  mutating func receive(_ report: SenderReport, arrival: Instant) -> Bool {
    guard arrival != lastReportAt else { return false }
    lastReportAt = arrival
    let hasJumped = clock.receive(report, arrival: arrival)
    if hasJumped { restart() }
    return hasJumped
  }

  /// Where what was written ends, in samples since the epoch; nil before the first.
  var writtenEnd: Int64? {
    guard let anchor else { return earlierEnd }
    return anchor + frameCount * Int64(AACEncoder.samplesPerFrame)
      + Int64(pending.count / SoundFeed.channelCount)
  }
  /// Of what was written before the anchor.
  private var earlierEnd: Int64?
  /// What was written last is silence of our own, however long.
  private var isFilled = false

  /// Says where the sound before this one ended.
  mutating func continues(at end: Int64?) { earlierEnd = end }

  /// Adds silence up to `instant`, because nothing has come.
  mutating func fill(until instant: TimeSpan, _ body: (Int64, [UInt8]) -> Void) {
    let target = SoundFeed.samples(instant)
    guard let end = writtenEnd, target - end >= Int64(AACEncoder.samplesPerFrame) else { return }
    if anchor == nil || target - end > Int64(SoundFeed.fillMax) {
      // A process that stood still leaves a gap.
      anchor = max(end, target - Int64(SoundFeed.fillMax))
      frameCount = 0
      pending.removeAll(keepingCapacity: true)
    }
    guard let from = writtenEnd else { return }
    pending += repeatElement(0, count: Int(target - from) * SoundFeed.channelCount)
    expected = nil
    isFilled = true
    encode(body)
  }

  /// The next packet is at the time its clock says, whatever came before.
  mutating func restart() {
    earlierEnd = writtenEnd
    isFilled = false
    anchor = nil
    pending.removeAll(keepingCapacity: true)
    expected = nil
  }

  /// Takes a packet in any order; gives frames with the tick at which each begins.
  ///
  /// - Parameter sequence: extended.
  mutating func receive(
    _ sequence: Int64, timestamp: RTPTimestamp, payload: borrowing Span<UInt8>, epoch: WallTime,
    _ body: (_ tick: Int64, _ frame: [UInt8]) -> Void
  ) {
    guard !payload.isEmpty, sequence >= nextSequence ?? sequence,
      waiting.count < SoundFeed.waitingMax
    else { return }
    waiting[sequence] = (timestamp, payload.toArray())
    if nextSequence == nil { nextSequence = sequence }
    while let next = nextSequence {
      if let packet = waiting.removeValue(forKey: next) {
        nextSequence = next + 1
        take(packet.timestamp, packet.payload, epoch, body)
      } else if let newest = waiting.keys.max(), newest - next >= Int64(SoundFeed.waitPackets) {
        nextSequence = waiting.keys.min()
      } else {
        return
      }
    }
  }

  private mutating func take(
    _ timestamp: RTPTimestamp, _ payload: [UInt8], _ epoch: WallTime,
    _ body: (Int64, [UInt8]) -> Void
  ) {
    guard let capturedAt = clock.advance(to: timestamp) else { return }
    fill(before: timestamp, payload)
    let position = SoundFeed.samples(capturedAt - epoch)
    guard (try? decoder.decode(payload.span, into: &decoded)) != nil else { return }
    let length = decoded.count / SoundFeed.channelCount
    expected = RTPTimestamp(timestamp.rawValue &+ UInt32(truncatingIfNeeded: length))
    if anchor == nil {
      anchor = position
      frameCount = 0
      pending.removeAll(keepingCapacity: true)
    }
    guard joins(position) else { return }
    keepTogether(position)
    pending += decoded
    encode(body)
  }

  /// Makes up for what is missing between the last packet and this one.
  private mutating func fill(before timestamp: RTPTimestamp, _ next: [UInt8]) {
    guard let expected, anchor != nil else { return }
    let missing = Int(Int32(bitPattern: timestamp.rawValue &- expected.rawValue))
    guard missing > 0 else { return }
    guard missing <= SoundFeed.silenceMax else {
      restart()
      return
    }
    if missing == OpusFormat.samplesPerPacket,
      (try? decoder.recover(before: next.span, into: &decoded)) != nil
    {
      pending += decoded
    } else {
      pending += repeatElement(0, count: missing * SoundFeed.channelCount)
    }
  }

  /// Puts the end of a silence of ours where sound begins again; false for sound that is of the silence.
  private mutating func joins(_ position: Int64) -> Bool {
    guard isFilled, let end = writtenEnd else { return true }
    guard position >= end - SoundFeed.samples(SoundFeed.driftMax) else { return false }
    isFilled = false
    let missing = min(max(0, position - end), Int64(SoundFeed.fillMax))
    pending += repeatElement(0, count: Int(missing) * SoundFeed.channelCount)
    return true
  }

  /// Leaves samples of `decoded` out, or repeats some, when it is not where it should be.
  private mutating func keepTogether(_ position: Int64) {
    guard let anchor else { return }
    let written =
      anchor + frameCount * Int64(AACEncoder.samplesPerFrame)
      + Int64(pending.count / SoundFeed.channelCount)
    let off = position - written
    guard abs(off) > SoundFeed.samples(SoundFeed.driftMax) else { return }
    let step = min(SoundFeed.driftStep * SoundFeed.channelCount, decoded.count / 2)
    if off > 0 {
      decoded += decoded.suffix(step)
    } else {
      decoded.removeLast(step)
    }
  }

  private mutating func encode(_ body: (Int64, [UInt8]) -> Void) {
    let size = AACEncoder.samplesPerFrame * SoundFeed.channelCount
    var used = 0
    while pending.count - used >= size, let anchor {
      // What comes out now decodes to what was given one frame ago.
      let tick = anchor + frameCount * Int64(AACEncoder.samplesPerFrame) - Int64(encoder.priming)
      frameCount += 1
      let frames = pending.span.extracting(used..<(used + size))
      try? encoder.encode(frames) { body(tick, $0) }
      used += size
    }
    pending.removeFirst(used)
  }

  private static func samples(_ span: TimeSpan) -> Int64 {
    // 48,000 samples are 10^9 ns; the nearest one.
    (span.nanoseconds * 6 + 62_500) / 125_000
  }
}
