// One clock for all encodings of a track, and when on the wall each tick was captured.

package import Wire

/// Maps every encoding's RTP timestamps onto one track clock (DESIGN section 3, "Track clock").
///
/// The clock runs with the first encoding seen. Another encoding's offset is guessed from arrival
/// until sender reports of both are there; then it moves towards the right value by at most
/// `correctionMax` a frame, so that no viewer's timestamps jump.
package struct TrackClock: Sendable {
  private struct Source: Sendable {
    var lastTimestamp: UInt32
    /// The extended timestamp of the last packet.
    var extended: Int64
    /// Ticks = extended timestamp + this.
    var offset: Int64
    /// Where the reports say the offset should be.
    var wantedOffset: Int64?
    var report: Report?
    /// The frame being received and its ticks: all its packets get the same.
    var frame: UInt32
    var frameTicks: Int64
    /// Frames noted in `frames` since the source began.
    var frameCount = 0
  }

  /// A frame and the ticks its packets got, so that late ones get the same whatever was corrected since.
  private struct Frame: Sendable {
    var timestamp: UInt32 = 0
    var ticks: Int64 = 0
  }

  /// A sender report: the publisher's NTP time and the extended RTP timestamp of the same instant.
  private struct Report: Sendable {
    var time: WallTime
    var extended: Int64
  }

  /// A report of an encoding no packet of which has come.
  private struct EarlyReport: Sendable {
    var time: WallTime
    var timestamp: RTPTimestamp
    var captureOffset: TimeSpan
    var steadyOffset: TimeSpan
  }

  /// A tick and when it was captured, on the server's wall clock.
  package struct Anchor: Sendable, Equatable {
    package var ticks: Int64
    package var mediaTime: WallTime
    /// The same instant on a clock that runs as evenly as the publisher's own, close to the server's: for
    /// sender reports to viewers. Nil before the publisher's first report.
    package var reportTime: WallTime?
  }

  private let clockRate: Int64
  private var sources: [Source?]
  /// FFmpeg sends a report before its first packet and the next one 5 s later.
  private var early: [EarlyReport?]
  /// Each encoding's last frames, one ring of `framesMax` after the other.
  private var frames: [Frame]
  private var reference: Int?
  /// The newest relation between ticks and media time; nil before the first packet.
  package private(set) var anchor: Anchor?
  private var hasReport = false
  /// The last packet in order, of any encoding.
  private var newest: (ticks: Int64, arrival: Instant)?

  /// Frames whose ticks are remembered: a second, as long as a packet is asked for again.
  private static let framesMax = 32
  /// 1 ms at 90 kHz: far below what an eye or a jitter buffer notices.
  package static let correctionMax: Int64 = 90

  /// The longest time between an early report and the first packet for it to be about the same stream.
  static let earlyMax = TimeSpan.seconds(10)

  /// A clock of `clockRate` ticks per second.
  package init(clockRate: Int) {
    self.clockRate = Int64(clockRate)
    sources = Array(repeating: nil, count: ForwardingLimits.encodingsMax)
    early = Array(repeating: nil, count: ForwardingLimits.encodingsMax)
    frames = Array(
      repeating: Frame(), count: ForwardingLimits.encodingsMax * TrackClock.framesMax)
  }

  /// The ticks of a packet of `encoding` with RTP `timestamp`.
  package mutating func ticks(
    of timestamp: RTPTimestamp, encoding: Int, arrival: Instant, wall: WallTime
  ) -> Int64 {
    guard var source = sources[encoding] else {
      return begin(encoding, timestamp, arrival: arrival, wall: wall)
    }
    if timestamp.rawValue == source.frame { return source.frameTicks }
    let distance = timestamp.distance(from: RTPTimestamp(source.lastTimestamp))
    let extended = source.extended + Int64(distance)
    guard distance > 0 else {
      if let known = ticks(ofFrame: timestamp, encoding, source.frameCount) { return known }
      let ticks = extended + source.offset
      source.frameCount = note(timestamp, ticks, encoding, source.frameCount)
      sources[encoding] = source
      return ticks
    }
    source.extended = extended
    source.lastTimestamp = timestamp.rawValue
    if let wanted = source.wantedOffset {
      let error = wanted - source.offset
      source.offset += max(-TrackClock.correctionMax, min(TrackClock.correctionMax, error))
    }
    source.frame = timestamp.rawValue
    source.frameTicks = extended + source.offset
    source.frameCount = note(timestamp, source.frameTicks, encoding, source.frameCount)
    sources[encoding] = source
    newest = (source.frameTicks, arrival)
    if !hasReport && encoding == reference {
      anchor = Anchor(ticks: source.frameTicks, mediaTime: wall)
    }
    return source.frameTicks
  }

  /// The first packet of an encoding: its ticks are where the reference is by arrival.
  private mutating func begin(
    _ encoding: Int, _ timestamp: RTPTimestamp, arrival: Instant, wall: WallTime
  ) -> Int64 {
    let extended = Int64(timestamp.rawValue) + 1 << 32
    var ticks = extended
    if let newest {
      ticks = newest.ticks + Int64((arrival - newest.arrival).seconds * Double(clockRate))
    } else {
      anchor = Anchor(ticks: ticks, mediaTime: wall)
    }
    if reference == nil { reference = encoding }
    newest = (ticks, arrival)
    sources[encoding] = Source(
      lastTimestamp: timestamp.rawValue, extended: extended, offset: ticks - extended,
      wantedOffset: nil, report: nil, frame: timestamp.rawValue, frameTicks: ticks,
      frameCount: note(timestamp, ticks, encoding, 0))
    takeEarlyReport(of: encoding, timestamp)
    return ticks
  }

  private mutating func takeEarlyReport(of encoding: Int, _ first: RTPTimestamp) {
    guard let known = early[encoding] else { return }
    early[encoding] = nil
    let distance = Int64(first.distance(from: known.timestamp).magnitude)
    guard distance <= Int64(TrackClock.earlyMax.seconds) * clockRate else { return }
    report(
      encoding: encoding, time: known.time, timestamp: known.timestamp,
      captureOffset: known.captureOffset, steadyOffset: known.steadyOffset)
  }

  /// Remembers a frame's ticks; the count with it.
  private mutating func note(
    _ timestamp: RTPTimestamp, _ ticks: Int64, _ encoding: Int, _ count: Int
  ) -> Int {
    frames[encoding * TrackClock.framesMax + count % TrackClock.framesMax] = Frame(
      timestamp: timestamp.rawValue, ticks: ticks)
    return count &+ 1
  }

  private func ticks(ofFrame timestamp: RTPTimestamp, _ encoding: Int, _ count: Int) -> Int64? {
    let start = encoding * TrackClock.framesMax
    for index in start..<(start + min(count, TrackClock.framesMax))
    where frames[index].timestamp == timestamp.rawValue {
      return frames[index].ticks
    }
    return nil
  }

  /// Forgets an encoding whose SSRC changed: its timestamps start anywhere, its ticks go on.
  package mutating func reset(encoding: Int) {
    sources[encoding] = nil
    early[encoding] = nil
    if reference == encoding { reference = sources.indices.first { sources[$0] != nil } }
  }

  /// Takes a sender report of `encoding`; one that comes before the first packet counts with that packet.
  ///
  /// - Parameters:
  ///   - time: the publisher's NTP time as wall time, uncorrected.
  ///   - captureOffset: what to add to the publisher's clock to get the server's.
  ///   - steadyOffset: the same, but never corrected (`PublisherClock.steadyOffset`).
  package mutating func report(
    encoding: Int, time: WallTime, timestamp: RTPTimestamp, captureOffset: TimeSpan,
    steadyOffset: TimeSpan
  ) {
    guard var source = sources[encoding] else {
      early[encoding] = EarlyReport(
        time: time, timestamp: timestamp, captureOffset: captureOffset, steadyOffset: steadyOffset)
      return
    }
    let distance = timestamp.distance(from: RTPTimestamp(source.lastTimestamp))
    let report = Report(time: time, extended: source.extended + Int64(distance))
    source.report = report
    sources[encoding] = source
    guard let reference, let anchorSource = sources[reference] else { return }
    if encoding == reference {
      hasReport = true
      anchor = Anchor(
        ticks: report.extended + source.offset, mediaTime: time + captureOffset,
        reportTime: time + steadyOffset)
      for index in sources.indices where index != reference { align(index) }
    } else if anchorSource.report != nil {
      align(encoding)
    }
  }

  /// Sets where an encoding's offset belongs, from its own report and the reference's.
  private mutating func align(_ encoding: Int) {
    guard let reference, let base = sources[reference], let baseReport = base.report,
      let report = sources[encoding]?.report
    else { return }
    let elapsed = (report.time - baseReport.time).seconds * Double(clockRate)
    let ticks = baseReport.extended + base.offset + Int64(elapsed.rounded())
    sources[encoding]?.wantedOffset = ticks - report.extended
  }

  /// When `ticks` were captured, by the server's wall clock; nil before the first packet.
  package func mediaTime(of ticks: Int64) -> WallTime? {
    guard let anchor else { return nil }
    let (whole, part) = (ticks - anchor.ticks).quotientAndRemainder(dividingBy: clockRate)
    return anchor.mediaTime
      + TimeSpan(nanoseconds: whole &* 1_000_000_000 &+ part * 1_000_000_000 / clockRate)
  }
}
