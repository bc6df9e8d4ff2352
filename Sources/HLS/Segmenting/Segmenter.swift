// One rendition's samples → parts and segments (RFC 8216bis sections 3, 4.4.4.9 and 6.2.1).

package import Wire

/// A sample on the room's timeline.
package struct TimedSample: Hashable, Sendable {
  /// Ticks since the epoch, of its presentation; without B-frames also of its decoding.
  package var time: Int64
  package var bytes: [UInt8]
  /// Whether a decoder can begin here.
  package var isSync: Bool
  /// What is encrypted of it, once it is.
  package internal(set) var subsamples: [Subsample] = []

  package init(time: Int64, bytes: [UInt8], isSync: Bool) {
    self.time = time
    self.bytes = bytes
    self.isSync = isSync
  }
}

/// Cuts one rendition.
///
/// Time runs without a hole: what has samples is a part with media, what has none is a gap. A part is
/// at most the part target long and, unless it is the last of its segment, at least 85 % of it; where
/// frames do not fall so, the nearest one is moved by less than half the distance between two. A
/// segment begins at the first keyframe from its planned cut on, or without one when waiting longer
/// would make it longer than the target duration allows.
package struct Segmenter: Sendable {
  package private(set) var format: TrackFormat
  private let timing: HLSTiming
  private let epoch: WallTime
  private let ticks: Ticks
  /// nil: samples stay in the clear.
  private let cipher: SampleCipher?
  /// Ticks of the longest and of the shortest part, and of how far a frame is moved.
  private let longest: Int64
  private let shortest: Int64
  private let pullMax: Int64
  private let patience: Int64

  /// Media Sequence Number of the open segment.
  package private(set) var sequence: Int
  private var segmentStart: Int64
  private var nextIndex = 0
  private var nextNumber = 0
  private var fragmentNumber: UInt32 = 0
  /// Where the open part begins; everything before it is out.
  package private(set) var partStart: Int64
  /// Samples of the open part, at the times they are given.
  private var open: [TimedSample] = []
  private var openByteCount = 0
  private var lastInterval: Int64 = 0
  private var waitingMessages: [EventMessage] = []
  /// Samples moved in time, for whoever wonders about jitter.
  package private(set) var retimedCount: UInt64 = 0
  /// Samples discarded: behind what is out, beyond `HLSLimits`, or not to be encrypted.
  package private(set) var discardedCount: UInt64 = 0

  /// A rendition whose first segment is `sequence` of the plan; it begins at `start` (ticks). With a `cipher`
  /// nothing of a sample gets into a part before it is encrypted.
  package init(
    _ format: TrackFormat, timing: HLSTiming, epoch: WallTime, sequence: Int, start: Int64,
    cipher: SampleCipher? = nil, plan: inout CutPlan, into output: inout [OnSegmenter]
  ) {
    self.format = format
    self.cipher = cipher
    self.timing = timing
    self.epoch = epoch
    ticks = Ticks(timescale: format.timescale)
    longest = ticks.floor(timing.part)
    shortest = ticks.count(timing.shortestPart)
    pullMax = ticks.count(HLSLimits.pullMax)
    patience = ticks.count(HLSLimits.framePatience)
    self.sequence = sequence
    segmentStart = start
    partStart = start
    plan.take(sequence)
    output.append(
      .began(
        SegmentStart(
          sequence: sequence, start: start, isDiscontinuity: false,
          discontinuityCount: plan.cut(sequence).discontinuityCount, format: format)))
  }

  /// Puts a message in front of the part its time is in, or of the next one when that is out. While
  /// there are only gaps it waits; the oldest give way.
  package mutating func append(_ message: EventMessage) {
    if waitingMessages.count >= HLSLimits.messagesWaitingMax { waitingMessages.removeFirst() }
    waitingMessages.append(message)
  }

  // MARK: Samples

  /// Takes the next sample in order.
  ///
  /// - Parameter format: given with a sync sample when the coding changes: a new segment begins here,
  ///   a discontinuity if the plan allows.
  package mutating func append(
    _ sample: TimedSample, format changed: TrackFormat? = nil, plan: inout CutPlan,
    into output: inout [OnSegmenter]
  ) {
    var sample = sample
    let earliest = open.last.map { $0.time + 1 } ?? partStart
    guard sample.time - partStart <= ticks.count(HLSLimits.jumpMax) else {
      discardedCount &+= 1
      return
    }
    if sample.time < earliest {
      // Later than it was waited for, or a clock corrected backwards: a picture is shown as soon as
      // possible, sound of the past never.
      let isUsable = sample.isSync || earliest - sample.time <= ticks.timescale
      guard format.isVideo, isUsable else {
        discardedCount &+= 1
        return
      }
      sample.time = earliest
      retimedCount &+= 1
    }
    if let changed, changed != format {
      if nextIndex == 0, open.isEmpty, sample.time == segmentStart {
        beginAgain(changed, plan: &plan, into: &output)
      } else {
        _ = plan.force(at: ticks.span(sample.time), after: sequence)
      }
    }
    close(before: &sample, begins: changed, plan: &plan, into: &output)
    // Sound is never moved: after a gap it begins with the frame that ends an allowed part of the gap.
    guard format.isVideo || !open.isEmpty || sample.time == partStart else {
      discardedCount &+= 1
      return
    }
    guard openByteCount + sample.bytes.count <= HLSLimits.partBytesMax,
      cipher?.seal(&sample) ?? true
    else {
      discardedCount &+= 1
      return
    }
    if let last = open.last { lastInterval = sample.time - last.time }
    openByteCount += sample.bytes.count
    open.append(sample)
  }

  /// Closes what ends before `sample`, and moves the sample where that keeps parts in their limits.
  private mutating func close(
    before sample: inout TimedSample, begins changed: TrackFormat?, plan: inout CutPlan,
    into output: inout [OnSegmenter]
  ) {
    // Moved in front of a cut it still begins a segment, as it does in the other renditions.
    let given = sample.time
    while true {
      let distance = sample.time - partStart
      if begins(sample, given: given, changed, &plan), distance <= longest {
        if distance > 0 { closePart(at: sample.time, into: &output) }
        beginSegment(at: sample.time, format: changed, plan: &plan, into: &output)
        return
      }
      if open.isEmpty {
        if !closeGap(before: &sample, plan: &plan, into: &output) { return }
      } else if distance <= longest {
        let isFull = distance >= shortest && distance + max(1, lastInterval) > longest
        if isFull { finishPart(at: sample.time, plan: &plan, into: &output) }
        if !isFull || partStart == sample.time { return }
      } else {
        closeLong(before: &sample, plan: &plan, into: &output)
      }
    }
  }

  /// Whether a segment begins with `sample`, whose time was `given`.
  private func begins(
    _ sample: TimedSample, given: Int64, _ changed: TrackFormat?, _ plan: inout CutPlan
  ) -> Bool {
    guard sample.isSync else { return false }
    if let changed, changed != format { return true }
    return given >= ticks.count(plan.cut(sequence + 1).at) && sample.time > segmentStart
  }

  /// The open part has media and the sample comes after its longest end: ends it where the least is
  /// moved.
  private mutating func closeLong(
    before sample: inout TimedSample, plan: inout CutPlan, into output: inout [OnSegmenter]
  ) {
    let late = sample.time - partStart - longest
    if let last = open.last, open.count > 1 {
      let offset = last.time - partStart
      if offset >= shortest {
        // The frame that was thought to be followed sooner begins the next part.
        moveLast(to: last.time, plan: &plan, into: &output)
        return
      }
      if shortest - offset < late {
        retimedCount &+= 1
        moveLast(to: partStart + shortest, plan: &plan, into: &output)
        return
      }
    }
    let end = partStart + longest
    if late <= pullMax {
      sample.time = end
      retimedCount &+= 1
    }
    finishPart(at: end, plan: &plan, into: &output)
  }

  /// Ends the open part before its last sample, which begins the next at `time`.
  private mutating func moveLast(
    to time: Int64, plan: inout CutPlan, into output: inout [OnSegmenter]
  ) {
    guard var last = open.popLast() else { return }
    openByteCount -= last.bytes.count
    finishPart(at: time, plan: &plan, into: &output)
    last.time = time
    // A keyframe here that could begin a segment would have begun one when it came.
    openByteCount += last.bytes.count
    open.append(last)
  }

  /// The open part has no media: begins it with the sample, or makes a gap before it.
  ///
  /// - Returns: false when the sample now begins the part.
  private mutating func closeGap(
    before sample: inout TimedSample, plan: inout CutPlan, into output: inout [OnSegmenter]
  ) -> Bool {
    let distance = sample.time - partStart
    if distance == 0 || !format.isVideo && distance < shortest { return false }
    if distance <= min(pullMax, shortest / 2) {
      sample.time = partStart
      retimedCount &+= 1
      return false
    }
    if distance < shortest {
      sample.time = partStart + shortest
      retimedCount &+= 1
    }
    finishGap(at: min(sample.time, partStart + longest), plan: &plan, into: &output)
    return true
  }

  // MARK: Time

  /// Says that no sample before `tick` comes any more: parts that can't be filled are closed.
  package mutating func advance(
    to tick: Int64, plan: inout CutPlan, into output: inout [OnSegmenter]
  ) {
    while tick > partStart + longest + patience {
      if open.isEmpty {
        finishGap(at: partStart + longest, plan: &plan, into: &output)
      } else {
        finishPart(at: partStart + longest, plan: &plan, into: &output)
      }
    }
  }

  /// Ends the rendition: what is open becomes its last part.
  package mutating func end(at tick: Int64, plan: inout CutPlan, into output: inout [OnSegmenter]) {
    advance(to: tick, plan: &plan, into: &output)
    if let last = open.last {
      let natural = last.time + max(1, lastInterval)
      closePart(at: min(max(natural, last.time + 1), partStart + longest), into: &output)
    }
    if nextIndex > 0 { output.append(.ended(sequence: sequence)) }
  }

  // MARK: Closing

  /// Ends a part with media at `end`, and the segment with it if it has waited long enough.
  private mutating func finishPart(
    at end: Int64, plan: inout CutPlan, into output: inout [OnSegmenter]
  ) {
    closePart(at: end, into: &output)
    let latest = min(
      ticks.count(plan.cut(sequence + 1).at + HLSLimits.cutPatience),
      segmentStart + ticks.count(timing.segment + HLSTiming.longestExcess))
    if end + longest > latest { beginSegment(at: end, format: nil, plan: &plan, into: &output) }
  }

  /// Ends a gap at `end` or at the planned cut, whichever is first: a gap waits for no keyframe.
  private mutating func finishGap(
    at end: Int64, plan: inout CutPlan, into output: inout [OnSegmenter]
  ) {
    let planned = ticks.count(plan.cut(sequence + 1).at)
    if planned <= partStart, partStart > segmentStart {
      beginSegment(at: partStart, format: nil, plan: &plan, into: &output)
      return
    }
    let cut = planned > partStart && planned < end ? planned : end
    closePart(at: cut, into: &output)
    if cut >= planned { beginSegment(at: cut, format: nil, plan: &plan, into: &output) }
  }

  private mutating func beginSegment(
    at start: Int64, format changed: TrackFormat?, plan: inout CutPlan,
    into output: inout [OnSegmenter]
  ) {
    if nextIndex > 0 { output.append(.ended(sequence: sequence)) }
    sequence += 1
    let cut = plan.cut(sequence)
    plan.take(sequence)
    segmentStart = start
    partStart = start
    nextIndex = 0
    var newFormat: TrackFormat?
    if let changed, changed != format {
      format = changed
      newFormat = changed
    }
    output.append(
      .began(
        SegmentStart(
          sequence: sequence, start: start, isDiscontinuity: cut.isDiscontinuity,
          discontinuityCount: cut.discontinuityCount, format: newFormat)))
  }

  /// The open segment has nothing yet: its coding is another from the start.
  private mutating func beginAgain(
    _ changed: TrackFormat, plan: inout CutPlan, into output: inout [OnSegmenter]
  ) {
    format = changed
    let cut = plan.cut(sequence)
    output.append(
      .began(
        SegmentStart(
          sequence: sequence, start: segmentStart, isDiscontinuity: cut.isDiscontinuity,
          discontinuityCount: cut.discontinuityCount, format: changed)))
  }

  /// Writes the open samples as a part that ends at `end`.
  private mutating func closePart(at end: Int64, into output: inout [OnSegmenter]) {
    let isGap = open.isEmpty
    let isIndependent = open.first?.isSync ?? false
    var part = Part(
      sequence: sequence, index: nextIndex, number: nextNumber, start: partStart,
      duration: end - partStart, isIndependent: isIndependent, isGap: isGap, keyframeByteCount: 0,
      sampleCount: open.count, bytes: [])
    if !isGap {
      var writer = BoxWriter(capacity: openByteCount + 512)
      // A keyframe that begins a segment has a fragment of its own, so that the I-frame playlist can
      // name a range of bytes that is whole.
      let standsAlone = isIndependent && format.isVideo && nextIndex == 0 && open.count > 1
      if standsAlone {
        writeFragment(0..<1, end: end, to: &writer)
        part.keyframeByteCount = writer.bytes.count
        writeFragment(1..<open.count, end: end, to: &writer)
      } else {
        writeFragment(0..<open.count, end: end, to: &writer)
        if isIndependent, nextIndex == 0 { part.keyframeByteCount = writer.bytes.count }
      }
      part.bytes = writer.bytes
    }
    output.append(.part(part))
    nextIndex += 1
    nextNumber += 1
    partStart = end
    open.removeAll(keepingCapacity: true)
    openByteCount = 0
  }

  private mutating func writeFragment(
    _ range: Range<Int>, end: Int64, to writer: inout BoxWriter
  ) {
    fragmentNumber &+= 1
    var samples: [FragmentSample] = []
    samples.reserveCapacity(range.count)
    for index in range {
      let next = index + 1 < open.count ? open[index + 1].time : end
      samples.append(
        FragmentSample(
          bytes: open[index].bytes,
          duration: UInt32(truncatingIfNeeded: max(1, next - open[index].time)),
          isSync: open[index].isSync, subsamples: open[index].subsamples))
    }
    let start = open[range.lowerBound].time
    var fragment = MovieFragment(
      sequenceNumber: fragmentNumber, baseDecodeTime: UInt64(max(0, start)), samples: samples)
    fragment.beginsSegment = nextIndex == 0 && range.lowerBound == 0
    if range.lowerBound == 0 {
      fragment.capturedAt = epoch + ticks.span(start)
      fragment.messages = waitingMessages.filter { $0.time < UInt64(max(0, end)) }
      waitingMessages.removeAll { $0.time < UInt64(max(0, end)) }
    }
    fragment.write(timescale: ticks.timescale, to: &writer)
  }
}
